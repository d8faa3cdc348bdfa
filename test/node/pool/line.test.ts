import { expect } from "chai";
import { SYSTEM_CLOCK } from "../../../node/clock.ts";
import { Line } from "../../../node/pool/line.ts";
import type { PooledOperation, PooledSigned } from "../../../node/pool/operation.ts";
import { Pool } from "../../../node/pool/pool.ts";
import { Projection } from "../../../node/pool/projection.ts";
import { Verdicts, type VerdictParts } from "../../../node/sequencer/verdicts.ts";
import type { Account } from "../../../protocol/account.ts";
import type { Term } from "../../../protocol/operations.ts";
import { LONG, seeded } from "../../support/random.ts";

const TRIALS = LONG ? 20_000 : 400;
const ACCOUNTS = 4;
const TIME = 1000;
const random = seeded("node/line");
const below = (limit: number): number => Number(random.below(BigInt(limit)));

/** As what was accepted: only the fields that decide. */
function operation(sequence: number, from: number, to: number, amount: number, nonce: number, term: Term) {
  const signed = { from, to, token: 0, amount: BigInt(amount), fee: 1n, nonce, ...term };
  const accepted = {
    kind: to === 0 ? "withdrawal" : "transfer",
    operation: { ...signed, publicKey: { y: BigInt(from) } },
  };
  return { sequence, id: `${sequence}`, accepted, status: "pending" } as unknown as PooledSigned;
}

const state = (balances: readonly number[]) => ({
  account: (index: number): Account | undefined =>
    balances[index] === undefined
      ? undefined
      : { pubKeyY: BigInt(index), l1Address: 1n, token: 0, balance: BigInt(balances[index]), nonce: 0 },
});

/** What arrives in any order, with gaps and doubles of nonces, of accounts that have too little until others pay them. */
const arrivals = (): readonly PooledSigned[] =>
  Array.from({ length: 1 + below(14) }, (_, i) =>
    operation(i + 1, 1 + below(ACCOUNTS), below(ACCOUNTS + 2), below(12), below(4), randomTerm()),
  );

/** Good at once in most cases; else expired, or not due. */
function randomTerm(): Term {
  if (below(8) === 0) return { validUntil: TIME - 1 };
  return below(4) > 0 ? { validUntil: TIME + below(3) } : { validFrom: TIME - 1 + below(4) };
}

function lineOf(base: ReturnType<typeof state>, operations: readonly PooledOperation[]) {
  const projection = new Projection(base);
  const line = new Line(projection, TIME);
  for (const pooled of operations) line.add(pooled);
  return { line, projection };
}

describe("node: what waits, in line", () => {
  it("is ready in an order in which it can be done, held for a reason that holds, or early, and never two of these", () => {
    let [ready, held, late, early] = [0, 0, 0, 0];
    for (let trial = 0; trial < TRIALS; trial++) {
      const base = state(Array.from({ length: ACCOUNTS + 1 }, () => below(20)));
      const all = arrivals();
      const { line, projection } = lineOf(base, all);
      const done = new Projection(base);
      for (const { accepted } of line.ready as readonly PooledSigned[]) {
        done.require(accepted, TIME);
        done.apply(accepted);
      }
      const ids = [...line.ready.map(({ id }) => id), ...line.held.keys(), ...line.early.keys()];
      expect(ids.toSorted()).to.deep.equal(all.map(({ id }) => id).toSorted());
      for (const { pooled, reason } of line.held.values()) {
        const now = projection.objection((pooled as PooledSigned).accepted, TIME);
        expect(now, `operation ${pooled.id} of ${JSON.stringify(ids)} could be done`).to.not.equal(undefined);
        // Of what another took the nonce of, the reason is the one that it had then.
        const { from, nonce } = (pooled as PooledSigned).accepted.operation;
        if (nonce >= (projection.account(from)?.nonce ?? 0)) expect(reason.code).to.equal(now!.code);
      }
      // What is early lacks nothing but time, and those before it, and money that may still come.
      for (const [id, { pooled, due, behind }] of line.early) {
        const { from, nonce, validFrom = 0 } = pooled.accepted.operation;
        const before = behind === undefined ? undefined : line.early.get(behind)!;
        expect(due, id)
          .to.equal(Math.max(before?.due ?? 0, validFrom))
          .and.to.be.above(TIME);
        expect(nonce).to.equal((before?.pooled.accepted.operation.nonce ?? done.account(from)!.nonce - 1) + 1);
        const rich = { ...done.account(from)!, balance: 10n ** 6n, nonce };
        const then = new Projection({ account: (index) => (index === from ? rich : done.account(index)) });
        then.require(pooled.accepted, due);
        early++;
      }
      for (let index = 0; index <= ACCOUNTS; index++) {
        expect(projection.account(index)).to.deep.equal(done.account(index));
        const own = (line.ready as readonly PooledSigned[]).filter(({ accepted }) => accepted.operation.from === index);
        expect(line.signed(index)).to.equal(own.length);
      }
      expect(line.signed()).to.equal(line.ready.length);
      [ready, held] = [ready + line.ready.length, held + line.held.size];
      if (line.ready.some(({ sequence }, i) => i > 0 && sequence < line.ready[i - 1]!.sequence)) late++;
    }
    // Something of everything.
    expect(Math.min(ready, held, 20 * late, 4 * early)).to.be.above(TRIALS / 2);
  });

  it("is not changed by what is held, or early", () => {
    for (let trial = 0; trial < TRIALS; trial++) {
      const base = state(Array.from({ length: ACCOUNTS + 1 }, () => below(20)));
      const all = arrivals();
      const { line } = lineOf(base, all);
      const rest = all.filter(({ id }) => !line.held.has(id) && !line.early.has(id));
      expect(lineOf(base, rest).line.ready.map(({ id }) => id)).to.deep.equal(line.ready.map(({ id }) => id));
    }
  });

  it("holds 5,000 at most: of more, the oldest are rejected", async () => {
    const pool = Pool.inMemory(1, "0x00");
    const held = new Map(
      Array.from({ length: 5_003 }, (_, i) => {
        const pooled = operation(i, 1, 2, 1, 7, { validUntil: 2 ** 40 - 1 });
        return [pooled.id, { pooled, reason: { code: "NONCE_WRONG", message: "nonce is 7" } }] as const;
      }),
    );
    const none = { account: () => undefined };
    const store = { final: 0, batchAt: () => undefined, stored: () => none, state: () => ({ root: 0n }) };
    const parts = {
      store,
      pool,
      mempool: { held, heldUntil: () => undefined },
      clock: SYSTEM_CLOCK,
    } as unknown as VerdictParts;
    const verdicts = new Verdicts(parts);
    for (let block = 1; block < 4; block++) expect((await verdicts.look(block)).size).to.equal(0);
    const rejected = await verdicts.look(4);
    expect([...rejected.keys()]).to.deep.equal(["0", "1", "2"]);
    expect(rejected.get("0")!.code).to.equal("MEMPOOL_FULL");
    expect(rejected.get("0")!.message).to.include("more than 5000 operations are held").and.include("NONCE_WRONG");
    held.delete("0");
    held.delete("1");
    held.delete("2");
    expect((await verdicts.look(5)).size).to.equal(0);
    pool.close();
  });
});
