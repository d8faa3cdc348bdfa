import { expect } from "chai";
import { NodeClient } from "../../../api/client.ts";
import { transaction } from "../../../api/schemas.ts";
import { addressOf } from "../../../node/follow/addresses.ts";
import { makeNodeServer } from "../../../node/http/server.ts";
import { LARGEST_AMOUNT_BITS } from "../../../protocol/constants.ts";
import { expectCode } from "../../support/errors.ts";
import { ApiWorld, collect, VALID_UNTIL } from "../../support/node/api-world.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { keyOf } from "../../support/protocol/world.ts";

describe("operations over HTTP", () => {
  let api: ApiWorld;
  before(async () => (api = await ApiWorld.create()));
  after(() => api.close());
  beforeEach(() => api.start());
  afterEach(() => api.stop());

  it("are taken in once, and found by id, account and status", async () => {
    const operation = api.transfer("alice");
    const submitted = await api.client.submit(operation);
    expect(submitted).to.include({ kind: "transfer", status: "pending", from: 9, to: 64, token: 0, amount: 1_000n });
    expect(submitted).to.include({ fee: 20n, nonce: operation.nonce, validUntil: VALID_UNTIL });
    expect(await api.client.submit(operation)).to.deep.equal({ ...submitted, known: true });
    expect(await api.client.transaction(submitted.id)).to.deep.equal(submitted);
    const taken = await api.client.submit(api.withdrawal("alice"));
    expect(taken).to.include({ kind: "withdrawal", token: 1, amount: 31n }).and.not.to.have.property("to");
    const { items } = await api.client.transactions({ status: "pending", account: 9 });
    expect(items).to.deep.equal([submitted]);
    const both = await api.client.transactions({ limit: 2 });
    expect(both.items).to.deep.equal([taken, submitted]);
    const { balance, nonce, pending } = await api.client.account(9);
    expect(pending).to.deep.equal({ balance: balance - 1_020n, nonce: nonce + 1 });
    expect((await api.client.state()).pending).to.equal(2);
  });

  it("are kept until they are due, and the payer is told so, and what waits behind them", async () => {
    const { timestamp } = api.node.store.lastBatch!;
    const validFrom = timestamp + 3600;
    const first = await api.client.submit(api.transfer("alice", { validFrom }));
    expect(first).to.deep.include({ status: "pending", validFrom, waitsUntil: validFrom });
    expect(first).to.not.have.any.keys("validUntil", "waitsBehind", "held");
    const second = await api.client.submit(api.transfer("alice"));
    expect(second).to.deep.include({ validUntil: VALID_UNTIL, waitsUntil: validFrom, waitsBehind: first.id });
    expect(await api.client.transaction(second.id)).to.deep.equal(second);
    const { balance, nonce, pending } = await api.client.account(9);
    expect(pending).to.deep.equal({ balance: balance - 2_040n, nonce: nonce + 2, waitsUntil: validFrom });
    expect(await api.client.state()).to.include({ pending: 2, early: 2 });
    expect(await api.metrics())
      .to.match(/sheaf_node_early 2/)
      .and.to.match(/sheaf_node_held 0/);
  });

  it("are refused with a coded reason", async () => {
    const wrong: [() => object, string, number][] = [
      [() => api.transfer("alice", { nonce: 77 }), "NONCE_WRONG", 422],
      [() => api.transfer("alice", { amount: 10n ** 30n }), "BALANCE_INSUFFICIENT", 422],
      [() => api.transfer("alice", { validUntil: 1 }), "OPERATION_EXPIRED", 422],
      [() => api.transfer("alice", { to: 77 }), "ACCOUNT_NOT_FOUND", 404],
      [() => ({ ...api.transfer("alice"), amount: 1_001n }), "SIGNATURE_INVALID", 422],
      [() => ({ ...api.transfer("alice"), fee: 123_456_789n }), "AMOUNT_NOT_REPRESENTABLE", 422],
      [() => ({ ...api.transfer("alice"), amount: 2n ** 128n }), "FIELD_INVALID", 400],
      [() => ({ ...api.transfer("alice"), to: 0 }), "FIELD_INVALID", 400],
      [() => ({ ...api.transfer("alice"), extra: 1 }), "FIELD_INVALID", 400],
      [() => ({ ...api.transfer("alice"), validFrom: 1 }), "FIELD_INVALID", 400],
      [() => without("validUntil", api.transfer("alice")), "FIELD_INVALID", 400],
      [() => api.transfer("alice", { validFrom: 2 ** 40 - 1 }), "EARLY_TOO_LONG", 422],
    ];
    for (const [make, code, status] of wrong) {
      const answer = await api.post("/transactions", make());
      expect([answer.status, answer.body["code"]], JSON.stringify(answer.body)).to.deep.equal([status, code]);
      expect(answer.body).to.have.keys("code", "message", "fix");
    }
    expect((await api.post("/transactions", { ...api.transfer("alice"), amount: 1_001 })).body["message"]).to.match(
      /amount/,
    );
    expect((await api.client.transactions({ status: "pending", account: 9 })).items).to.deep.equal([]);
    expect(await api.metrics()).to.match(/sheaf_node_refused_total\{reason="NONCE_WRONG"\} 1/);
  });

  it("are shown in their batch, which says how far its proof is", async () => {
    const { id } = await api.client.submit(api.transfer("alice"));
    const number = api.node.makeBatch();
    api.node.emit({ type: "progress", number, phase: "witness", fraction: 0.25 });
    expect(await api.client.transaction(id)).to.include({ status: "batched", batch: number });
    const batch = await api.client.batch(number);
    expect(batch).to.include({ status: "batched", transfers: 1, withdrawals: 0, fees: 20n });
    expect(batch.progress).to.deep.equal({ phase: "witness", fraction: 0.25 });
    expect((await api.client.batches({ limit: 1 })).items).to.deep.equal([batch]);
    expect((await api.client.transactions({ batch: number })).items.map((each) => each.id)).to.deep.equal([id]);
  });

  it("are rejected for good", async () => {
    const { id } = await api.client.submit(api.transfer("alice"));
    const reason = { code: "OPERATION_EXPIRED", message: "valid until yesterday" } as const;
    api.node.pool.transaction(() => api.node.pool.operations.reject(id, reason));
    expect(await api.client.transaction(id)).to.deep.include({ status: "rejected", reason });
    expect((await api.client.transactions({ status: "rejected" })).items.map((each) => each.id)).to.deep.equal([id]);
    expect((await api.client.transactions({ limit: 200 })).items.map((each) => each.id)).not.to.include(id);
  });

  it("tell of themselves as they change", async () => {
    const { id } = await api.client.submit(api.transfer("alice"));
    const stop = new AbortController();
    const all = collect(api.client.events(stop.signal));
    const own = collect(api.client.transactionEvents(id));
    await own.has(1);
    await all.has(1);
    const number = api.node.makeBatch();
    await own.has(2);
    api.node.emit({ type: "progress", number, phase: "proof", fraction: 0.5 });
    api.node.emit({ type: "state" });
    api.node.pool.transaction(() => api.node.pool.operations.reject(id, { code: "NONCE_WRONG", message: "taken" }));
    const changes = await own.end();
    expect(changes.map(({ status }) => status)).to.deep.equal(["pending", "batched", "rejected"]);
    await all.has(6);
    stop.abort();
    const [first, ...seen] = await all.end();
    expect(first).to.have.property("type", "state");
    expect(seen.map(({ type }) => type)).to.deep.equal(["transaction", "batch", "progress", "state", "transaction"]);
    expect(seen[1]).to.deep.include({ type: "batch" }).and.to.have.nested.property("data.number", number);
    expect(seen[2]).to.deep.equal({ type: "progress", data: { batch: number, phase: "proof", fraction: 0.5 } });
    expect(seen[3]).to.deep.equal({ type: "state", data: await api.client.state() });
    expect(seen[4]).to.deep.equal({ type: "transaction", data: await api.client.transaction(id) });
  });

  /** Of all accounts, in the order in which they are listed. */
  async function indexes(limit = 1): Promise<readonly number[]> {
    const all: number[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await api.client.accounts({ limit, ...(after !== undefined && { after }) });
      all.push(...page.items.map(({ index }) => index));
      after = page.next;
    }
    return all;
  }

  it("opens accounts, and shows them before L1 has them", async () => {
    const owner = { pubKeyY: keyOf("newcomer").publicKey.y, l1Address: addressOf(0xabcn).toLowerCase(), token: 0 };
    const { index, status } = await api.client.openAccount(owner);
    expect(status).to.equal("pending");
    expect(await api.client.openAccount(owner)).to.deep.equal({ index, status });
    const account = { ...owner, index, balance: 0n, nonce: 0, pending: { balance: 0n, nonce: 0 }, final: false };
    expect(await api.client.account(index)).to.deep.equal(account);
    expect((await api.client.accounts({ pubKeyY: owner.pubKeyY })).items).to.deep.equal([account]);
    const stored = [...api.rollup.state.accounts().keys()];
    expect(await indexes()).to.deep.equal([...stored, index].sort((a, b) => a - b));
    expect(await indexes(), "page by page").to.deep.equal(await indexes(200));
    expect(await api.client.transaction(`creation-${index}`)).to.include({
      kind: "creation",
      to: index,
      status: "pending",
    });
    expect((await api.client.accountProof(index)).account).to.be.null;
    const known = api.node.store.stored().account(9)!;
    const alice = { pubKeyY: known.pubKeyY, l1Address: addressOf(known.l1Address), token: 0 };
    expect(await api.client.openAccount(alice)).to.deep.equal({ index: 9, status: "verified" });
    await expectCode("TOKEN_UNKNOWN", () => api.client.openAccount({ ...alice, token: 2 }));
  });
});

describe("a node and its API", () => {
  it("follows a transfer through a real node, up to L1", async () => {
    const own = await NodeWorld.create();
    const { node, rollup } = own;
    await own.fund();
    const app = await makeNodeServer({ node, rpc: rpcOf(rollup) });
    const client = new NodeClient(await app.listen({ host: "127.0.0.1", port: 0 }));
    const { kind, operation } = own.sign("alice", "bob", 12n, { fee: 3n });
    if (kind !== "transfer") throw new Error("That is no transfer");
    const { id } = await client.submit({ kind, ...operation });
    const changes = collect(client.transactionEvents(id));
    await own.settle();
    const last = (await changes.end()).at(-1)!;
    expect(last).to.include({ id, status: "verified", amount: 12n, fee: 3n, from: operation.from, to: operation.to });
    const { rollup: contract } = rollup.chain;
    const number = Number(await contract.batchNumber());
    expect(last.batch).to.equal(number);
    const batch = await client.batch(number);
    expect(batch).to.include({ status: "verified", root: await contract.stateRoot(), transfers: 1, provedInMs: 3 });
    expect(batch.l1?.transaction).to.equal(last.l1Transaction);
    expect((await client.account(operation.from)).nonce).to.equal(operation.nonce + 1);
    await app.close();
    await own.close();
  });
});

it("a transaction's amount in the API may pass any balance, as only a batch's net counts", () => {
  const { amount } = transaction.shape;
  const most = 2n ** BigInt(LARGEST_AMOUNT_BITS) - 1n;
  expect(amount.parse(String(most))).to.equal(most);
  expect(amount.safeParse(String(most + 1n)).success).to.equal(false);
});

function without(key: string, operation: object): object {
  return Object.fromEntries(Object.entries(operation).filter(([name]) => name !== key));
}
