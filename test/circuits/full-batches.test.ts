import type { Account } from "../../protocol/account.ts";
import { domainOf } from "../../protocol/challenge.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { signTransfer, signWithdrawal } from "../../protocol/operations.ts";
import type { BatchRequest } from "../../protocol/request.ts";
import type { RollupState } from "../../protocol/state.ts";
import { BatchCircuit } from "../support/circuits/batch-circuit.ts";
import { stateOf } from "../support/circuits/forged-batch.ts";
import { keyOf } from "../support/protocol/world.ts";
import { LONG } from "../support/random.ts";

const SIZE = BATCH_SIZES.find(({ transfers }) => transfers === 64)!;
const DOMAIN = domainOf(31_337n, 0x5ea_fn);
const TIME = 1_700_000_000;

// Minutes to compile: only with `SHEAF_LONG=1`.
if (LONG) {
  describe("circuits: full batches of 64", function () {
    this.timeout("60m");
    const circuit = new BatchCircuit(SIZE);
    // In 59 segments with 76 nodes above them, as many as there are, segment 0 with its unused slots among them.
    const places = Array.from({ length: 59 }, (_, i) => (i % 2) * 2 ** 24 + i * 2 ** 11 + 2 * i + 1);
    const owner = (index: number, balance: bigint): Account => ({
      ...{ pubKeyY: keyOf(`owner ${index}`).publicKey.y, l1Address: BigInt(index) + 7n, token: 5, balance, nonce: 3 },
    });
    const crowd = (balance: bigint): RollupState =>
      stateOf(Object.fromEntries(places.map((index) => [index, owner(index, balance)])));
    /** Transfers by places in the list, in the order of nonces, after a withdrawal of each of the first accounts. */
    const full = (pairs: readonly (readonly [number, number])[], amount: bigint): BatchRequest => {
      const nonces = new Map<number, number>();
      const next = (from: number): number => {
        const nonce = nonces.get(from) ?? 3;
        nonces.set(from, nonce + 1);
        return nonce;
      };
      const signed = (from: number, fee: bigint) => ({
        from,
        token: 5,
        amount,
        fee,
        nonce: next(from),
        validUntil: TIME + 100,
      });
      const withdrawals = places.slice(0, SIZE.withdrawals).map((from) => {
        return signWithdrawal(keyOf(`owner ${from}`), DOMAIN, signed(from, 2n));
      });
      const transfers = pairs.map(([payer, payee]) => {
        const from = places[payer]!;
        return signTransfer(keyOf(`owner ${from}`), DOMAIN, { ...signed(from, 1n), to: places[payee]! });
      });
      return {
        ...{ domain: DOMAIN, batchNumber: 3, timestamp: TIME, token: 5, feeAccount: places.at(-1)! },
        ...{ beneficiary: 0n, l1Operations: [], withdrawals, transfers },
      };
    };
    const rows = Array.from({ length: SIZE.transfers }, (_, row) => row);
    const last = places.length - 1;
    const shapes: Readonly<Record<string, () => [RollupState, BatchRequest]>> = {
      "all to one": () => [
        crowd(500n),
        full(
          rows.map((row) => [row % last, last]),
          11n,
        ),
      ],
      "one to all": () => [
        crowd(5000n),
        full(
          rows.map((row) => [0, 1 + (row % last)]),
          13n,
        ),
      ],
      "a ring": () => [
        crowd(30n),
        full(
          rows.map((row) => [row % (last + 1), (row + 1) % (last + 1)]),
          7n,
        ),
      ],
      "pairs, back and forth": () => [
        crowd(99n),
        full(
          rows.map((row) => [row % 58, (row % 58) ^ 1]),
          3n,
        ),
      ],
    };
    for (const [name, prepare] of Object.entries(shapes)) {
      it(`prove ${name}`, () => circuit.expectProven(...prepare()));
    }
  });
}
