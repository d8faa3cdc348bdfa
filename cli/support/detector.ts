import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { sendToRollup } from "../../l1/send.ts";
import type { BlobFinder } from "../../node/blobs/finder.ts";
import type { L1 } from "../../node/l1/l1.ts";
import { knownSize, sizeWithRows } from "../../node/provable-sizes.ts";
import type { Store } from "../../node/store/store.ts";
import type { Alarm } from "../../node/watch/alarms.ts";
import {
  callOf,
  contradictionIn,
  contradictionOf,
  FREEZE,
  objectionTo,
  trueBatch,
  type Contradiction,
} from "../../node/watch/contradiction.ts";
import { findRefused, type RefusedBatch } from "../../node/watch/refused-batch.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { toJson, writeAllWhole } from "../../prover/files/whole-files.ts";
import { coded } from "./failure.ts";
import { proofWith, publishedKeys } from "./keys.ts";
import { sayMining, type L1Account } from "./l1-account.ts";

export interface DetectorParts {
  readonly l1: L1;
  readonly blobs: BlobFinder;
  /** Folder or URL of the rollup's published key files; without them nothing is proven. */
  readonly keys?: string | undefined;
  /** Pays for the freeze; without it nothing is sent. */
  readonly payer?: L1Account | undefined;
}

/**
 * What a watch does about a batch that L1 took and that does not follow: finds it, proves what its words lead to, keeps the
 * two proofs that contradict each other in a file, and freezes the rollup by them if it was told to.
 */
export class Detector {
  readonly #parts: DetectorParts;

  constructor(parts: DetectorParts) {
    this.#parts = parts;
  }

  /**
   * Says what was found, and again whenever it has come further: a proof takes a while. What fails is said too, and is tried
   * again with the next look.
   *
   * @param store as far as L1 is right
   */
  async *pursue(store: Store): AsyncGenerator<Alarm> {
    let found = "";
    const alarm = (text: string): Alarm => ({ kind: "batch-refused", message: `${found}${text}` });
    try {
      const refused = await findRefused(this.#parts.l1, store, { blobs: this.#parts.blobs });
      // The node has thought better of it.
      if (refused === undefined) return;
      const { number, transaction, fault } = refused;
      found = `batch ${number}, in transaction ${transaction}, does not follow: ${fault.message}; `;
      for await (const text of this.#contradict(store, refused)) yield alarm(text);
    } catch (error) {
      const { code, message } = coded(error);
      yield alarm(code === "CONTRADICTION_IMPOSSIBLE" ? `${message}. ${ERRORS[code]}` : `${code}: ${message}`);
    }
  }

  async *#contradict(store: Store, refused: RefusedBatch): AsyncGenerator<string> {
    const { l1, keys, payer } = this.#parts;
    if ((await l1.call("isFrozen", [], "latest"))[0] === true) return yield "the rollup is frozen: leave";
    const path = `${store.path}.contradiction-${refused.number}.json`;
    let contradiction = await kept(path, refused);
    if (contradiction === undefined) {
      trueBatch(refused, sizeWithRows(refused.size, `${refused.size.id}`));
      if (keys === undefined) return yield "two proofs can show it, which freezes the rollup: name --keys";
      yield "the proof that contradicts it is being made";
      contradiction = await made(keys, refused);
      await keep(path, store, refused, contradiction);
    }
    const objection = await objectionTo(l1, contradiction);
    if (objection !== undefined) {
      yield `but L1 does not freeze by the proofs in ${path}: ${objection}. Compare L1's node with another one`;
      return;
    }
    if (payer === undefined) {
      yield `the proofs in ${path} show it: anyone may freeze the rollup by them, as this command does with --contradict`;
      return;
    }
    yield `the proofs in ${path} show it: the rollup is being frozen`;
    const { hash } = await sendToRollup(payer.signer, l1.rollup, FREEZE, [...contradiction], sayMining);
    yield `transaction ${hash} has frozen the rollup by the proofs in ${path}: leave`;
  }
}

async function made(source: string, refused: RefusedBatch): Promise<Contradiction> {
  const { name, keys } = await publishedKeys(source, refused.size);
  const batch = trueBatch(refused, knownSize(name, refused.size));
  return contradictionOf(refused, batch, await proofWith(`proof ${name}`, keys, batch.input));
}

/** What an earlier look has proven; `undefined` if there is none, or it is about another batch. */
async function kept(path: string, { submission }: RefusedBatch): Promise<Contradiction | undefined> {
  try {
    const { calldata } = JSON.parse(await readFile(path, "utf8")) as { readonly calldata: string };
    const contradiction = contradictionIn(calldata);
    const known = callOf([submission.size, submission, contradiction[2]]);
    return known === calldata ? contradiction : undefined;
  } catch {
    // It is made again.
    return undefined;
  }
}

/** Throws `FILE_UNWRITABLE`. */
async function keep(path: string, store: Store, refused: RefusedBatch, contradiction: Contradiction): Promise<void> {
  const { number: batch, transaction } = refused;
  const evidence = {
    ...{ chainId: store.chainId, rollup: store.rollup, batch, transaction },
    call: FREEZE,
    calldata: callOf(contradiction),
  };
  await writeAllWhole(dirname(path), { [basename(path)]: toJson(evidence) });
}
