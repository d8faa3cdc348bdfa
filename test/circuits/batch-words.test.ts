import { expect } from "chai";
import type { Batch } from "../../protocol/batch.ts";
import { evaluateWords } from "../../protocol/challenge.ts";
import { EVALUATION_WORDS } from "../../protocol/constants.ts";
import { Fr } from "../../protocol/field.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import type { SignalValue } from "../../protocol/witness.ts";
import { wordsOf } from "../../protocol/words.ts";
import { CheatingProver } from "../support/circuits/cheating-prover.ts";
import { loadTemplate, type TestCircuit } from "../support/circuits/circuit.ts";
import { batchOn, changed, withReductions, withSlots } from "../support/circuits/forged-batch.ts";
import {
  ALICE,
  CAROL,
  CIRCUIT,
  DOMAIN,
  EMPTY_SLOTS,
  idleRequest,
  none,
  OPERATOR,
  request,
  single,
  SIZE,
  state,
  TIME,
  transfer,
} from "../support/circuits/forged-scenario.ts";
import { expectForgery } from "../support/circuits/guards.ts";
import { keyOf } from "../support/protocol/world.ts";
import { LONG, sliceOf } from "../support/random.ts";

// What an operator could publish besides what he proves, if a guard of the header, the rows or the words were missing.

describe("circuits: forged words of batches", () => {
  let circuit: TestCircuit;
  let batch: Batch;
  let idle: Batch;
  before(async () => {
    circuit = await loadTemplate(CIRCUIT);
    batch = batchOn(state, SIZE, request);
    idle = batchOn(state, SIZE, idleRequest);
  });

  const expectChanges = async (
    changes: Record<string, bigint>,
    guards: readonly string[],
    base = batch,
  ): Promise<bigint[]> => expectForgery(circuit, changed(base.input, changes), guards);

  it("accepts the honest batches", async () => {
    for (const { input, publicSignals, published } of [batch, idle]) {
      const witness = await circuit.witness(input);
      expect(circuit.violated(witness)).to.be.empty;
      expect(["c", "y"].map((name) => circuit.get(witness, name))).to.deep.equal([publicSignals.c, publicSignals.y]);
      expect(circuit.get(witness, "newRoot")).to.equal(published.newRoot);
      // Keys and indexes meet under a second challenge: with alpha in its place, or a constant, they could be traded.
      expect(circuit.get(witness, "beta")).to.equal(poseidon([publicSignals.alpha]));
    }
  });

  describe("rows and header", () => {
    it("no transfer row behind a gap", async () => {
      const reversed = (name: string, value: SignalValue): SignalValue =>
        /^transfer/.test(name) ? (value as readonly SignalValue[]).toReversed() : value;
      const { input } = batchOn(state, SIZE, single);
      const swapped = Object.fromEntries(Object.entries(input).map(([name, value]) => [name, reversed(name, value)]));
      await expectForgery(circuit, withReductions(swapped), ["transfer[2].active, transfer[3].active"]);
    });
    // batchNumber | timestamp | token: a sum, in which a part out of its range makes up for another.
    it("batch number: the words do not say another token than was moved", async () => {
      const word = circuit.get(await circuit.witness(batch.input), "words[3]");
      const batchNumber = Fr.sub(17n, Fr.div(2n ** 80n, 2n ** 136n));
      const forged = await expectChanges({ batchNumber }, ["RangeCheck.bit[*], batchNumber"]);
      expect(circuit.get(forged, "words[3]")).to.equal(word - 2n ** 80n);
    });
    it("timestamp: the words do not say another batch number or time", async () => {
      const word = circuit.get(await circuit.witness(idle.input), "words[3]");
      const changes = { timestamp: BigInt(TIME) + 2n ** 40n, batchNumber: 16n };
      const forged = await expectChanges(changes, ["RangeCheck.bit[*], timestamp"], idle);
      expect(circuit.get(forged, "words[3]")).to.equal(word);
    });
    it("token: an account does not open as one of another token and an earlier nonce", async () => {
      // 5 + 2^16 with nonce 1 is the leaf of 5 with nonce 2; the words take the 2^16 for a second.
      const token = 5n + 2n ** 16n;
      const payload =
        BigInt(CAROL) + 11n * 2n ** 32n + 1n * 2n ** 48n + 4000n * 2n ** 80n + BigInt(TIME + 9) * 2n ** 208n;
      const { r8, s } = keyOf("carol").sign(poseidon([DOMAIN + 1n + token * 2n ** 232n, payload]));
      const honest = batchOn(state, SIZE, none);
      const forged = await expectChanges(
        {
          ...{ token, timestamp: BigInt(TIME) - 1n, "withdrawalNonce[0]": 1n },
          ...{ "slotNonce[0][0]": 1n, "slotNonce[0][1]": 2n, "slotNonce[1][0]": 11n, "slotNonce[1][1]": 11n },
          ...{ "withdrawalR8x[0]": r8.x, "withdrawalR8y[0]": r8.y, "withdrawalS[0]": s },
        },
        ["RangeCheck.bit[*], token"],
        honest,
      );
      expect(circuit.get(forged, "words[3]")).to.equal(circuit.get(await circuit.witness(honest.input), "words[3]"));
    });
    it("a batch that moves nothing names no token and no fee account", async () => {
      const input = withSlots(state, SIZE, idleRequest, EMPTY_SLOTS, OPERATOR);
      await expectForgery(circuit, { ...input, token: 5n }, ["idle, token", "feeAccount, idle"]);
      await expectChanges({ token: 5n }, ["idle, token"], idle);
    });
    it("the fee account has its range: the words do not say another token", async () => {
      const word = circuit.get(await circuit.witness(batch.input), "words[3]");
      const feeAccount = BigInt(OPERATOR) + 2n ** 32n;
      const forged = await circuit.forge({ ...batch.input, feeAccount });
      expect(circuit.get(forged, "words[3]")).to.equal(word + 2n ** 80n);
      // Nobody has such an index; without fees, nobody has to.
      const free = batchOn(state, SIZE, { ...idleRequest, transfers: [transfer("alice", ALICE, { fee: 0n })] });
      await expectChanges({ feeAccount }, ["RangeCheck.bit[*], feeAccount"], free);
    });
  });

  describe("publication", () => {
    it("has each word in y, at its own power of alpha", async () => {
      const words = wordsOf(SIZE, batch.published);
      const { alpha } = batch.publicSignals;
      const witness = await circuit.witness(batch.input);
      const y = circuit.wire("y");
      expect(evaluateWords(words, alpha)).to.equal(witness[y]);
      const prover = new CheatingProver(circuit, witness, Object.keys(batch.input), []);
      // Words that are an input's value have its wire; a blob's evaluation has none here.
      const rows = (count: number, first: number, each: number, name: string): [number, string][] =>
        Array.from({ length: count }, (_, row) => [first + each * row, `${name}[${row}]`]);
      const inputs = new Map<number, string>([
        ...[[0, "domain"] as const, [1, "oldRoot"] as const, [2, "newRoot"] as const],
        ...rows(SIZE.l1Operations, 4 + 2, 3, "l1Amount"),
        ...rows(SIZE.withdrawals, 4 + 3 * SIZE.l1Operations + 1, 2, "withdrawalAmount"),
      ]);
      const evaluation = 4 + 3 * SIZE.l1Operations + 2 * SIZE.withdrawals;
      for (const [k, word] of words.entries()) {
        if (k >= evaluation && k < evaluation + EVALUATION_WORDS) continue;
        const pair = k - evaluation - EVALUATION_WORDS;
        const wire = circuit.wire(inputs.get(k) ?? (pair < 0 ? `words[${k}]` : `transfersWord[${pair}]`));
        expect(witness[wire], `word ${k}`).to.equal(word);
        const other = prover.after(new Map([[wire, word + 1n]]));
        expect(Fr.sub(other[y]!, witness[y]!), `word ${k}`).to.equal(Fr.pow(alpha, BigInt(k)));
      }
    });
    it("changes c with each input but what comes after it, and leaves none that could be another", async function () {
      if (LONG) this.timeout("60m");
      const witness = await circuit.witness(batch.input);
      const prover = new CheatingProver(circuit, witness, Object.keys(batch.input), []);
      const [c, y] = [circuit.wire("c"), circuit.wire("y")];
      const siblings = Array.from({ length: circuit.counts.wires }, (_, wire) => wire).filter((wire) =>
        /\.sibling\[\d\]$/.test(circuit.nameOf(wire)),
      );
      const inputs = Object.keys(batch.input).map((name) => circuit.wiresOf(name));
      // Of a signal one element, another one each time.
      for (const wire of [...inputs, siblings].flatMap((wires) => sliceOf(wires, 1))) {
        const name = circuit.nameOf(wire);
        const changes = new Map([[wire, witness[wire]! + 1n]]);
        const other = prover.after(changes);
        const isLater = /^(alpha|z|blob(Quotient|Remainder)\[.*)$/.test(name);
        // The last slot is empty: its leaf is 0 whatever its fields are.
        const isOfNobody = new RegExp(`^slot(PubKeyY|L1Address|Nonce|Balance)\\[${SIZE.accounts - 1}\\]`).test(name);
        expect(other[c] !== witness[c], `c changes with ${name}`).to.equal(!isLater && !isOfNobody);
        const isNoticed = other[c] !== witness[c] || other[y] !== witness[y] || prover.violated(changes).length > 0;
        // What nobody reads: docs/circuits/templates.md.
        const isIdle = isOfNobody && name.startsWith("slotL1Address");
        expect(isNoticed, `${name} is noticed`).to.equal(!isIdle);
      }
    });
  });
});
