import { expect } from "chai";
import { buildBatch } from "../../protocol/batch.ts";
import { evaluateWords } from "../../protocol/challenge.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { termOf } from "../../protocol/operations.ts";
import { SIGNING_DOMAIN, TRANSFER, TRANSFER_PAYLOAD } from "../../protocol/packing.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { replayBatch } from "../../protocol/replay.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import type { AccountUpdate, RollupState } from "../../protocol/state.ts";
import type { CircuitInput, SignalValue } from "../../protocol/witness.ts";
import { readWords } from "../../protocol/words.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { withReductions } from "../support/circuits/forged-batch.ts";
import { flipped } from "../support/protocol/flipped.ts";
import { SmallRollup, TOKEN } from "../support/protocol/small-rollup.ts";
import { keyOf } from "../support/protocol/world.ts";

const SIZE = BATCH_SIZES[0]!;
const { transfers, accounts, l1Operations, withdrawals, segments, nodes } = SIZE;
const FIRST_TRANSFER = "transfers[0, 1]";
const HOLDINGS = {
  alice: { index: 1, balance: 1000n, nonce: 3 },
  bob: { index: 2, balance: 200n },
  operator: { index: 6, balance: 60n },
};

/** A batch as a circuit's input and as published, which are changed together; and a node that has not seen it. */
class Draft {
  readonly before = new SmallRollup(HOLDINGS).state;
  readonly after: RollupState;
  readonly request: BatchRequest;
  readonly #input: Record<string, SignalValue>;
  words: Uint8Array;

  constructor(wish: Parameters<SmallRollup["request"]>[0]) {
    const rollup = new SmallRollup(HOLDINGS);
    this.request = rollup.request(wish);
    const batch = buildBatch(rollup.state, SIZE, this.request);
    this.after = rollup.state;
    this.#input = { ...batch.input };
    this.words = batch.words;
  }

  get input(): CircuitInput {
    return withReductions(this.#input);
  }

  /** Sets a signal, or one element of an array of signals. */
  set(name: string, value: SignalValue, row?: number): this {
    const column = this.#input[name];
    this.#input[name] = row === undefined ? value : (column as SignalValue[]).with(row, value);
    return this;
  }

  /** Signs the first transfer anew, as these 124 bits. */
  sign(packed: bigint): this {
    const { domain, transfers } = this.request;
    const { nonce } = transfers[0]!;
    const { second: validUntil } = termOf(transfers[0]!);
    const payload = TRANSFER_PAYLOAD.pack({ validUntil, nonce, transfer: packed });
    const { r8, s } = keyOf("alice").sign(poseidon([SIGNING_DOMAIN.pack({ late: 0, token: TOKEN, domain }), payload]));
    return this.set("transferR8x", r8.x, 0).set("transferR8y", r8.y, 0).set("transferS", s, 0);
  }

  /** Flips bits of a published word. */
  flip(place: string, bits: bigint): this {
    this.words = flipped(this.words, place, bits);
    return this;
  }

  /** Puts an account update in a slot. */
  slot(row: number, { index, before, after, path }: AccountUpdate): this {
    return this.set("slotIndex", BigInt(index), row)
      .set("slotPubKeyY", before!.pubKeyY, row)
      .set("slotL1Address", before!.l1Address, row)
      .set("slotNonce", [BigInt(before!.nonce), BigInt(after!.nonce)], row)
      .set("slotBalance", [before!.balance, after!.balance], row)
      .set("slotExists", 1n, row)
      .set("slotChildren", path, row);
  }
}

describe("circuits: what the batch circuit accepts, replay accepts", function () {
  let circuit: TestCircuit;
  before(async () => {
    const template = `Batch(${transfers}, ${accounts}, ${l1Operations}, ${withdrawals}, ${segments}, ${nodes})`;
    circuit = await loadTemplate({ include: "batch.circom", template, public: ["alpha", "z"] });
  });

  /** The circuit proves exactly the draft's words, and they lead a node to the same state. */
  async function expectBothAccept({ input, words, before, after }: Draft): Promise<void> {
    const witness = await circuit.witness(input as Parameters<TestCircuit["witness"]>[0]);
    expect(circuit.get(witness, "y")).to.equal(evaluateWords(readWords(SIZE, words), input["alpha"] as bigint));
    replayBatch(before, SIZE, words);
    expect(before.root).to.equal(after.root);
  }

  const transfer = { from: "alice", to: "bob", amount: 110n, fee: 20n };
  const packed = { from: 1, to: 2, amount: 110n, fee: 20n };

  it("a float with a larger exponent than it needs", async () => {
    const draft = new Draft({ feeAccount: "operator", transfers: [transfer] });
    const [amount, fee] = [11n + 2n ** 39n, 2n + 2n ** 11n];
    draft
      .set("transferAmountMantissa", 11n, 0)
      .set("transferAmountExponent", 1n, 0)
      .set("transferFeeMantissa", 2n, 0)
      .set("transferFeeExponent", 1n, 0)
      .sign(TRANSFER.pack({ ...packed, amount, fee }))
      .flip(FIRST_TRANSFER, (((110n ^ amount) << 16n) | (20n ^ fee)) << 124n);
    await expectBothAccept(draft);
  });

  it("a transfer of nothing to index 0, and 0 with an exponent", async () => {
    const draft = new Draft({ transfers: [{ from: "alice", to: "bob" }] });
    draft
      .set("transferTo", 0n, 0)
      .set("transferAmountExponent", 31n, 0)
      .sign(TRANSFER.pack({ from: 1, to: 0, amount: 31n << 39n, fee: 0n }))
      .flip(FIRST_TRANSFER, ((2n << 60n) | (31n << (39n + 16n))) << 124n);
    await expectBothAccept(draft);
  });

  it("a fee account without fees: an empty index", async () => {
    const draft = new Draft({ transfers: [{ ...transfer, fee: 0n }] });
    draft.set("feeAccount", 999n).flip("numbers", 999n << 48n);
    await expectBothAccept(draft);
  });

  it("a fee account without fees: an account of the token", async () => {
    const draft = new Draft({ transfers: [{ ...transfer, fee: 0n }] });
    draft.set("feeAccount", 6n).flip("numbers", 6n << 48n);
    await expectBothAccept(draft);
  });

  it("an account in several slots, on a way that no order of its transfers takes", async () => {
    const draft = new Draft({ transfers: [{ ...transfer, fee: 0n }] });
    const state = draft.before.fork();
    const [alice, bob] = [state.account(1)!, state.account(2)!];
    draft
      .slot(0, state.update(1, { ...alice, balance: 2n ** 128n - 1n, nonce: 100 }))
      .slot(1, state.update(2, { ...bob, balance: 310n }))
      .slot(2, state.update(1, { ...alice, balance: 890n, nonce: 4 }));
    expect(state.root).to.equal(draft.after.root);
    await expectBothAccept(draft);
  });

  it("and no draft that is changed on one side only", async () => {
    const draft = new Draft({ transfers: [{ ...transfer, fee: 0n }] }).flip("numbers", 999n << 48n);
    const witness = await circuit.witness(draft.input as Parameters<TestCircuit["witness"]>[0]);
    const { words, input } = draft;
    expect(circuit.get(witness, "y")).not.to.equal(evaluateWords(readWords(SIZE, words), input["alpha"] as bigint));
  });

  it("and no words with other counts than the circuit's, where they stand for something at all", async () => {
    const paying = new Draft({ feeAccount: "operator", transfers: [transfer, transfer, transfer] });
    const withdrawing = new Draft({ withdrawals: [{ from: "bob", amount: 5n }] });
    const numbers = ({ words }: Draft, bits: bigint): Uint8Array => flipped(words, "numbers", bits);
    const others: readonly (readonly [Draft, Uint8Array])[] = [
      // A transfer more within its word, and one less without its word.
      [paying, numbers(paying, 3n ^ 4n)],
      [paying, numbers(paying, 3n ^ 2n).subarray(0, -31)],
      [withdrawing, Uint8Array.of(...numbers(withdrawing, 1n), ...new Uint8Array(31))],
      // Four transfers as a withdrawal, and the other way round: they are equally long.
      [paying, numbers(paying, (1n << 16n) ^ 3n)],
      [withdrawing, numbers(withdrawing, (1n << 16n) ^ 4n)],
    ];
    for (const [{ input, words }, other] of others) {
      const alpha = input["alpha"] as bigint;
      const y = circuit.get(await circuit.witness(input as Parameters<TestCircuit["witness"]>[0]), "y");
      expect(evaluateWords(readWords(SIZE, words), alpha)).to.equal(y);
      expect(evaluateWords(readWords(SIZE, other), alpha)).not.to.equal(y);
    }
  });
});
