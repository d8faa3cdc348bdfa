import { blobInput } from "../../../protocol/blob.ts";
import { buildExit } from "../../../protocol/exit.ts";
import { seeded } from "../random.ts";
import { BASES, type Base } from "./batch-bases.ts";
import { otherEvaluations } from "./blob-forgeries.ts";
import { splitWord } from "./blob-reductions.ts";
import type { TemplateOptions } from "./circuit.ts";
import { BOB, CIRCUIT, SIZE, state } from "./forged-scenario.ts";
import { otherBits, otherInverses, otherPaths, otherSignatures, type Forgery, type Scene } from "./isolating.ts";
import { otherRows } from "./isolating-rows.ts";

/** A circuit that a cheating prover attacks. */
export interface Target {
  readonly circuit: TemplateOptions;
  /** What he starts from: between them, everything that a constraint speaks of is in use somewhere. */
  readonly bases: readonly (() => Base)[];
  /** What he tries beside other values of single wires. */
  readonly forgeries: readonly ((scene: Scene) => Iterable<Forgery>)[];
}

/** A batch with two rows of every kind at least. */
export const BATCH: Target = {
  circuit: CIRCUIT,
  bases: BASES,
  forgeries: [
    ...[otherBits, otherInverses, otherPaths, otherRows, otherSignatures],
    (scene) =>
      otherEvaluations(scene, {
        ...{ prefix: "polynomial.", quotient: "blobQuotient", remainder: "blobRemainder", words: SIZE.transfers / 2 },
      }),
  ],
};

export const EXIT: Target = {
  circuit: { include: "exit.circom", template: "Exit()", public: ["root", "account", "balance"] },
  bases: [
    () => ({
      ...{ name: "Bob leaves", input: buildExit(state, BOB).input },
      adapted: ["root", "account"],
    }),
  ],
  forgeries: [otherBits, otherPaths],
};

/** A blob's polynomial of so many words. */
export const evaluationOfWords = (words: number): Target => ({
  circuit: { include: "blob.circom", template: `BlobEvaluation(${words})`, public: ["z"] },
  bases: [
    () => {
      const random = seeded("targets/blob");
      const word = Array.from({ length: words }, () => random.below(2n ** 248n));
      const z = random.below(2n ** 250n);
      const { blobQuotient: quotient, blobRemainder: remainder } = blobInput(word, z);
      return {
        ...{ name: "any words", input: { z, word: word.map(splitWord), quotient, remainder } },
        ...{ adapted: [], outputs: ["value"] },
      };
    },
  ],
  forgeries: [
    otherBits,
    (scene) => otherEvaluations(scene, { prefix: "", quotient: "quotient", remainder: "remainder", words }),
  ],
});

/** Every template is in one of these; a polynomial of eight words is in groups, which that of the batch is not. */
export const TARGETS: readonly Target[] = [BATCH, EXIT, evaluationOfWords(8)];
