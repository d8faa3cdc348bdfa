import { expect } from "chai";
import { buildBatch } from "../../../protocol/batch.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { replayBatch } from "../../../protocol/replay.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import type { RollupState } from "../../../protocol/state.ts";
import { ensureCircuit } from "../../../prover/artifacts/artifacts.ts";
import { openCircuit, type TestCircuit } from "./circuit.ts";
import { challengeFor } from "./forged-batch.ts";
import { expectForgery } from "./guards.ts";

/** The circuit of a batch size, compiled when it is first needed. */
export class BatchCircuit {
  readonly size: BatchSize;
  #circuit: Promise<TestCircuit> | undefined;

  constructor(size: BatchSize) {
    this.size = size;
  }

  /** Builds a batch, lets the circuit prove it, and advances the state as a node does: all three come to one root. */
  async expectProven(state: RollupState, request: BatchRequest): Promise<void> {
    const circuit = await this.#open();
    const operator = state.fork();
    const { input, words, publicSignals } = buildBatch(operator, this.size, request);
    const { root } = operator;
    const witness = await circuit.witness(input);
    expect(circuit.violated(witness)).to.be.empty;
    for (const name of ["c", "y", "alpha", "z"] as const)
      expect(circuit.get(witness, name)).to.equal(publicSignals[name]);
    expect(circuit.get(witness, "newRoot")).to.equal(root);
    replayBatch(state, this.size, words);
    expect(state.root).to.equal(root);
  }

  /** A batch that is right, made as if at another time: these constraints are violated, and no others. */
  async expectUntimely(
    state: RollupState,
    request: BatchRequest,
    timestamp: number,
    guards: readonly string[],
  ): Promise<void> {
    const circuit = await this.#open();
    const { input } = buildBatch(state.fork(), this.size, request);
    const untimely = { ...input, timestamp: BigInt(timestamp) };
    await expectForgery(circuit, { ...untimely, alpha: await challengeFor(circuit, untimely) }, guards);
  }

  #open(): Promise<TestCircuit> {
    return (this.#circuit ??= ensureCircuit(this.size).then(openCircuit));
  }
}
