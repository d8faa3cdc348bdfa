import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { NodeClient, type NodeEvent, type Transaction } from "../../api/client.ts";
import { addressOf } from "../../node/addresses.ts";
import { makeNodeServer, type NodeServerOptions } from "../../node/http/server.ts";
import { leafOf } from "../../protocol/account.ts";
import { decodeWords } from "../../protocol/decode.ts";
import { SheafError } from "../../protocol/errors.ts";
import { signTransfer, signWithdrawal, type Transfer } from "../../protocol/operations.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { expectCode } from "../support/errors.ts";
import { FOLLOWED_SIZES, FollowedRollup, placeOf } from "../support/followed-rollup.ts";
import { NodeWorld } from "../support/node-world.ts";
import { TestNode } from "../support/served-node.ts";
import { rpcOf } from "../support/stores.ts";
import { keyOf } from "../support/world.ts";

const VALID_UNTIL = 2 ** 40 - 2;

describe("node over HTTP", () => {
  let world: FollowedRollup;
  let node: TestNode;
  let app: FastifyInstance;
  let client: NodeClient;
  let url: string;

  before(async () => {
    world = await FollowedRollup.create();
    await world.batch({ creations: ["alice"] });
    await world.fund();
    await world.busy(12, "node/http");
    await world.batch({ token: 1, spends: [{ from: "alice", amount: 41n, fee: 3n }] });
    await world.deposit("bob", 0, 99n);
    await world.forceWithdrawal("carol", placeOf("carol", 1), 1);
  });
  after(() => world.close());

  const start = async (options: Partial<NodeServerOptions> = {}): Promise<void> => {
    node = await TestNode.of(world);
    app = await makeNodeServer({ node, rpc: rpcOf(world), ...options });
    url = await app.listen({ host: "127.0.0.1", port: 0 });
    client = new NodeClient(url);
  };
  const stop = async (): Promise<void> => {
    await app.close();
    node.close();
  };

  const transfer = (name: string, change: Partial<Transfer> = {}) => {
    const from = placeOf(name, 0);
    const { nonce } = node.projected(from)!;
    const fields = { from, to: placeOf("bob", 0), token: 0, amount: 1_000n, fee: 20n, nonce, validUntil: VALID_UNTIL };
    return { kind: "transfer" as const, ...signTransfer(keyOf(name), node.domain, { ...fields, ...change }) };
  };
  const withdrawal = (name: string) => {
    const from = placeOf(name, 1);
    const { nonce } = node.projected(from)!;
    const fields = { from, token: 1, amount: 31n, fee: 2n, nonce, validUntil: VALID_UNTIL };
    return { kind: "withdrawal" as const, ...signWithdrawal(keyOf(name), node.domain, fields) };
  };

  describe("operations", () => {
    beforeEach(() => start());
    afterEach(stop);

    it("are taken in once, and found by id, account and status", async () => {
      const operation = transfer("alice");
      const submitted = await client.submit(operation);
      expect(submitted).to.include({ kind: "transfer", status: "pending", from: 9, to: 64, token: 0, amount: 1_000n });
      expect(submitted).to.include({ fee: 20n, nonce: operation.nonce, validUntil: VALID_UNTIL });
      expect(await client.submit(operation)).to.deep.equal(submitted);
      expect(await client.transaction(submitted.id)).to.deep.equal(submitted);
      const taken = await client.submit(withdrawal("alice"));
      expect(taken).to.include({ kind: "withdrawal", token: 1, amount: 31n }).and.not.to.have.property("to");
      const { items } = await client.transactions({ status: "pending", account: 9 });
      expect(items).to.deep.equal([submitted]);
      const both = await client.transactions({ limit: 2 });
      expect(both.items).to.deep.equal([taken, submitted]);
      const { balance, nonce, pending } = await client.account(9);
      expect(pending).to.deep.equal({ balance: balance - 1_020n, nonce: nonce + 1 });
      expect((await client.state()).pending).to.equal(2);
    });

    it("are refused with a coded reason", async () => {
      const wrong: [() => object, string, number][] = [
        [() => transfer("alice", { nonce: 77 }), "NONCE_WRONG", 422],
        [() => transfer("alice", { amount: 10n ** 30n }), "BALANCE_INSUFFICIENT", 422],
        [() => transfer("alice", { validUntil: 1 }), "OPERATION_EXPIRED", 422],
        [() => transfer("alice", { to: 77 }), "ACCOUNT_NOT_FOUND", 404],
        [() => ({ ...transfer("alice"), amount: 1_001n }), "SIGNATURE_INVALID", 422],
        [() => ({ ...transfer("alice"), fee: 123_456_789n }), "AMOUNT_NOT_REPRESENTABLE", 422],
        [() => ({ ...transfer("alice"), amount: 2n ** 128n }), "FIELD_INVALID", 400],
        [() => ({ ...transfer("alice"), to: 0 }), "FIELD_INVALID", 400],
        [() => ({ ...transfer("alice"), extra: 1 }), "FIELD_INVALID", 400],
      ];
      for (const [make, code, status] of wrong) {
        const answer = await post("/transactions", make());
        expect([answer.status, answer.body["code"]], JSON.stringify(answer.body)).to.deep.equal([status, code]);
        expect(answer.body).to.have.keys("code", "message", "fix");
      }
      expect((await post("/transactions", { ...transfer("alice"), amount: 1_001 })).body["message"]).to.match(/amount/);
      expect((await client.transactions({ status: "pending", account: 9 })).items).to.deep.equal([]);
      expect(await metrics()).to.match(/sheaf_node_refused_total\{reason="NONCE_WRONG"\} 1/);
    });

    it("are shown in their batch, which says how far its proof is", async () => {
      const { id } = await client.submit(transfer("alice"));
      const number = node.makeBatch();
      node.emit({ type: "progress", number, phase: "witness", fraction: 0.25 });
      expect(await client.transaction(id)).to.include({ status: "batched", batch: number });
      const batch = await client.batch(number);
      expect(batch).to.include({ status: "batched", transfers: 1, withdrawals: 0, fees: 20n });
      expect(batch.progress).to.deep.equal({ phase: "witness", fraction: 0.25 });
      expect((await client.batches({ limit: 1 })).items).to.deep.equal([batch]);
      expect((await client.transactions({ batch: number })).items.map((each) => each.id)).to.deep.equal([id]);
    });

    it("are rejected for good", async () => {
      const { id } = await client.submit(transfer("alice"));
      const reason = { code: "OPERATION_EXPIRED", message: "valid until yesterday" } as const;
      node.pool.transaction(() => node.pool.operations.reject(id, reason));
      expect(await client.transaction(id)).to.deep.include({ status: "rejected", reason });
      expect((await client.transactions({ status: "rejected" })).items.map((each) => each.id)).to.deep.equal([id]);
      expect((await client.transactions({ limit: 200 })).items.map((each) => each.id)).not.to.include(id);
    });

    it("tell of themselves as they change", async () => {
      const { id } = await client.submit(transfer("alice"));
      const stop = new AbortController();
      const all = collect(client.events(stop.signal));
      const own = collect(client.transactionEvents(id));
      await own.has(1);
      await all.has(1);
      const number = node.makeBatch();
      await own.has(2);
      node.emit({ type: "progress", number, phase: "proof", fraction: 0.5 });
      node.emit({ type: "state" });
      node.pool.transaction(() => node.pool.operations.reject(id, { code: "NONCE_WRONG", message: "taken" }));
      const changes = await own.end();
      expect(changes.map(({ status }) => status)).to.deep.equal(["pending", "batched", "rejected"]);
      await all.has(6);
      stop.abort();
      const [first, ...seen] = await all.end();
      expect(first).to.have.property("type", "state");
      expect(seen.map(({ type }) => type)).to.deep.equal(["transaction", "batch", "progress", "state", "transaction"]);
      expect(seen[1]).to.deep.include({ type: "batch" }).and.to.have.nested.property("data.number", number);
      expect(seen[2]).to.deep.equal({ type: "progress", data: { batch: number, phase: "proof", fraction: 0.5 } });
      expect(seen[3]).to.deep.equal({ type: "state", data: await client.state() });
      expect(seen[4]).to.deep.equal({ type: "transaction", data: await client.transaction(id) });
    });
  });

  describe("what L1 has", () => {
    before(() => start());
    after(stop);

    it("is told by /state and /config", async () => {
      const { rollup } = world.chain;
      const [head, tail] = (await rollup.queueBounds()).map(Number);
      const { deadline } = await rollup.queueEntry(head!);
      expect(await client.state()).to.deep.equal({
        ...{ chainId: 31337, rollup: world.address, isFrozen: false, pending: 0 },
        ...{ root: await rollup.stateRoot(), batch: Number(await rollup.batchNumber()) },
        ...{ block: node.store.cursor.number, accounts: world.state.accounts().size },
        queue: { head, tail, deadline: Number(deadline) },
      });
      const config = await client.config();
      expect(config).to.include({ chainId: 31337, rollup: world.address, domain: world.domain });
      expect(config.sizes.map(({ transfers }) => transfers)).to.deep.equal([4, 2]);
    });

    it("is in its accounts", async () => {
      const all = await pages((after) => client.accounts({ limit: 2, ...after }), "after");
      const state = world.state.accounts();
      expect(all.map(({ index }) => index)).to.deep.equal([...state.keys()]);
      for (const { index, pending, final, l1Address, ...account } of all) {
        expect({ ...account, l1Address: BigInt(l1Address) }).to.deep.equal(state.get(index));
        expect(final).to.be.true;
        expect(pending).to.deep.equal({ balance: account.balance, nonce: account.nonce });
      }
      const { pubKeyY, l1Address } = state.get(placeOf("alice", 0))!;
      const alices = [9, 2 ** 32 - 1];
      const indexes = async (query: object) => (await client.accounts(query)).items.map(({ index }) => index);
      expect(await indexes({ pubKeyY })).to.deep.equal(alices);
      expect(await indexes({ l1Address: addressOf(l1Address) })).to.deep.equal(alices);
      expect(await indexes({ pubKeyY, token: 1 })).to.deep.equal([alices[1]]);
      expect(await indexes({ pubKeyY: 5n })).to.deep.equal([]);
      await expectCode("ACCOUNT_NOT_FOUND", () => client.account(77));
    });

    it("is proven by Merkle proofs, of older batches too", async () => {
      for (const [index, batch] of [
        [9, undefined],
        [2 ** 32 - 1, undefined],
        [64, 3],
        [77, undefined],
        [9, 0],
      ] as const) {
        const proof = await client.accountProof(index, batch);
        const account = proof.account && { ...proof.account, l1Address: BigInt(proof.account.l1Address) };
        expect(proof.batch).to.equal(batch ?? node.store.lastBatch!.number);
        expect(account ?? undefined).to.deep.equal(node.store.state(proof.batch).account(index));
        let [hash, place] = [leafOf(index, account ?? undefined), index];
        for (const siblings of proof.siblings) {
          hash = poseidon(siblings.toSpliced(place % 8, 0, hash));
          place = Math.floor(place / 8);
        }
        expect(hash).to.equal(proof.root).and.to.equal(node.store.state(proof.batch).root);
      }
      await expectCode("BATCH_UNKNOWN", () => client.accountProof(9, 10_000));
    });

    it("is in its batches", async () => {
      const all = await pages((before) => client.batches({ limit: 3, ...before }), "before");
      expect(all.map(({ number }) => number)).to.deep.equal(all.map((_, i) => all.length - i));
      expect(all).to.have.lengthOf(node.store.lastBatch!.number);
      for (const batch of all) {
        const { size, words, transaction, root, timestamp } = node.store.batch(batch.number)!;
        const published = decodeWords(FOLLOWED_SIZES[size]!, words);
        const receipt = await world.chain.connection.ethers.provider.getTransactionReceipt(transaction);
        expect(batch).to.deep.equal({
          ...{
            number: batch.number,
            status: "verified",
            size: { id: size, transfers: FOLLOWED_SIZES[size]!.transfers },
          },
          ...{ oldRoot: published.oldRoot, root, timestamp, token: published.token, calldataBytes: words.length },
          l1Operations: published.l1Operations.length,
          withdrawals: published.withdrawals.length,
          transfers: published.transfers.length,
          fees: [...published.withdrawals, ...published.transfers].reduce((sum, { fee }) => sum + fee, 0n),
          l1: {
            ...{ transaction, block: receipt!.blockNumber, gasUsed: Number(receipt!.gasUsed) },
            gasPrice: receipt!.gasPrice,
          },
        });
        expect(await client.batch(batch.number)).to.deep.equal(batch);
      }
      await expectCode("BATCH_UNKNOWN", () => client.batch(10_000));
    });

    it("is in its transactions, those that wait in the queue first", async () => {
      const all = await pages((before) => client.transactions({ limit: 3, ...before }), "before");
      expect(new Set(all.map(({ id }) => id))).to.have.lengthOf(all.length);
      const [head, tail] = (await world.chain.rollup.queueBounds()).map(Number) as [number, number];
      const waiting = all.filter(({ status }) => status === "pending");
      expect(waiting.map(({ id }) => id)).to.deep.equal(
        Array.from({ length: tail - head }, (_, i) => `queue-${tail - 1 - i}`),
      );
      expect(all.slice(0, waiting.length)).to.deep.equal(waiting);
      const rows = all.slice(waiting.length).map(({ batch, row }) => [batch, row]);
      const stored = node.store.history.list({ limit: 10_000 });
      expect(rows).to.deep.equal(stored.map(({ batch, row }) => [batch, row]));
      for (const each of all) expect(await client.transaction(each.id)).to.deep.equal(each);
      const kinds = new Set(all.map(({ kind }) => kind));
      expect(kinds).to.include.all.keys("transfer", "withdrawal", "deposit", "forcedWithdrawal", "creation");
      const { items } = await client.transactions({ account: 64, token: 0, status: "pending" });
      expect(items.map(({ kind, amount }) => [kind, amount])).to.deep.include(["deposit", 99n]);
      await expectCode("TRANSACTION_UNKNOWN", () => client.transaction(`0x${"ab".repeat(32)}`));
      await expectCode("TRANSACTION_UNKNOWN", () => client.transaction("queue-9999"));
    });

    it("is in the credits of an L1 address", async () => {
      const { address } = world.chain.signers["alice"]!;
      const { items } = await client.withdrawals({ l1Address: address });
      for (const { token, withdrawable, credits } of items) {
        expect(withdrawable).to.equal(await world.chain.rollup.withdrawable(token, address));
        for (const { batch, amount } of credits) {
          const published = node.store.history.of(batch).filter(({ kind }) => /ithdrawal/.test(kind));
          expect(published.map((row) => row.amount)).to.include(amount);
        }
      }
      expect(items.find(({ token }) => token === 1)?.credits[0]?.amount).to.equal(41n);
      expect((await client.withdrawals({ l1Address: `0x${"12".repeat(20)}` })).items).to.deep.equal([]);
    });

    it("says of its tokens what their contracts say", async () => {
      const [eth, test] = await pages((after) => client.tokens({ limit: 1, ...after }), "after");
      expect(eth).to.deep.equal({ id: 0, address: `0x${"00".repeat(20)}`, symbol: "ETH", decimals: 18 });
      expect(test).to.include({ id: 1, address: node.store.tokens()[1], symbol: "TEST" });
    });

    it("has fees of a known token", async () => {
      expect(await client.fees(1)).to.include({ token: 1, gasPrice: 7n, fee: 6_400n, minimum: 5n });
      await expectCode("TOKEN_UNKNOWN", () => client.fees(2));
    });
  });

  it("opens accounts, and shows them before L1 has them", async () => {
    await start();
    const owner = { pubKeyY: keyOf("newcomer").publicKey.y, l1Address: addressOf(0xabcn).toLowerCase(), token: 0 };
    const { index, status } = await client.openAccount(owner);
    expect(status).to.equal("pending");
    expect(await client.openAccount(owner)).to.deep.equal({ index, status });
    const account = { ...owner, index, balance: 0n, nonce: 0, pending: { balance: 0n, nonce: 0 }, final: false };
    expect(await client.account(index)).to.deep.equal(account);
    expect((await client.accounts({ pubKeyY: owner.pubKeyY })).items).to.deep.equal([account]);
    expect(await client.transaction(`creation-${index}`)).to.include({
      kind: "creation",
      to: index,
      status: "pending",
    });
    expect((await client.accountProof(index)).account).to.be.null;
    const known = node.store.stored().account(9)!;
    const alice = { pubKeyY: known.pubKeyY, l1Address: addressOf(known.l1Address), token: 0 };
    expect(await client.openAccount(alice)).to.deep.equal({ index: 9, status: "verified" });
    await expectCode("TOKEN_UNKNOWN", () => client.openAccount({ ...alice, token: 2 }));
    await stop();
  });

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

  describe("guards", () => {
    afterEach(stop);

    it("limits the requests of a client", async () => {
      await start({ limits: { requests: { max: 5, perSeconds: 600 } } });
      for (let i = 0; i < 5; i++) await client.config();
      const error = await expectCode("RATE_LIMITED", () => client.config());
      expect(error.message).to.match(/5 requests in 600 s/);
    });

    it("believes nobody but a proxy that it trusts who a client is", async () => {
      const limits = { requests: { max: 1, perSeconds: 600 } };
      const statuses = async (): Promise<readonly number[]> => {
        const ask = (ip: string) => app.inject({ url: "/config", headers: { "x-forwarded-for": ip } });
        return [(await ask("192.0.2.1")).statusCode, (await ask("192.0.2.2")).statusCode];
      };
      await start({ limits });
      expect(await statuses()).to.deep.equal([200, 429]);
      await stop();
      await start({ limits, trustProxy: true });
      expect(await statuses()).to.deep.equal([200, 200]);
    });

    it("limits the streams of a client", async () => {
      await start({ limits: { streams: 1 } });
      const { id } = await client.submit(transfer("alice"));
      const stop = new AbortController();
      const first = collect(client.transactionEvents(id, stop.signal));
      await first.has(1);
      await expectCode("SERVICE_BUSY", () => client.events().next());
      stop.abort();
      await first.end();
    });

    it("has no head of a stream, which would have no end", async () => {
      await start();
      expect((await fetch(`${url}/events`, { method: "HEAD" })).status).to.equal(404);
      expect((await fetch(`${url}/state`, { method: "HEAD" })).status).to.equal(200);
    });

    it("takes no large body", async () => {
      await start({ limits: { bodyBytes: 2_000 } });
      const { status, body } = await post("/transactions", { ...transfer("alice"), extra: "x".repeat(3_000) });
      expect([status, body["code"]]).to.deep.equal([413, "BODY_TOO_LARGE"]);
      expect(await client.submit(transfer("alice"))).to.include({ status: "pending" });
    });

    it("lets pages of any origin ask, or of those that are named", async () => {
      await start();
      const origin = "https://wallet.example";
      const header = async (path: string, init: RequestInit = {}): Promise<string | null> => {
        const response = await fetch(`${url}${path}`, { ...init, headers: { origin, ...init.headers } });
        await response.body?.cancel();
        return response.headers.get("access-control-allow-origin");
      };
      expect(await header("/state")).to.equal("*");
      expect(await header("/events")).to.equal("*");
      expect(await header("/nowhere")).to.equal("*");
      const preflight = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } };
      expect(await header("/transactions", preflight)).to.equal("*");
      await stop();
      await start({ origins: ["https://other.example"] });
      expect(await header("/state")).to.be.null;
    });

    it("lets nothing of the machine out with an error", async () => {
      await start();
      node.quote = () => Promise.reject(new Error(`secret at ${import.meta.filename}`));
      const response = await fetch(`${url}/fees`);
      expect(response.status).to.equal(500);
      const text = await response.text();
      expect(JSON.parse(text)).to.have.keys("code", "message", "fix").and.to.include({ code: "UNEXPECTED" });
      expect(text).not.to.match(/secret|\.ts|node_modules| at /);
    });

    it("names what is missing", async () => {
      await start();
      expect(await client.health()).to.deep.equal({ status: "ok", missing: [] });
      await stop();
      const away = (): Promise<never> => Promise.reject(new SheafError("NETWORK_UNREACHABLE", "nobody there"));
      await start({ rpc: away, checks: [() => ({ what: "keys", why: "there are none" })] });
      const { status, missing } = await client.health();
      expect([status, missing.map(({ what }) => what)]).to.deep.equal(["down", ["L1", "keys"]]);
      expect((await fetch(`${url}/health`)).status).to.equal(503);
      expect((await fetch(`${url}/tokens`)).status).to.equal(503);
      expect((await client.batch(1)).l1).to.have.keys("transaction", "block");
    });

    it("counts what happens", async () => {
      await start({ waitingSignatures: () => 17 });
      await client.submit(transfer("alice"));
      node.makeBatch();
      await client.state();
      const text = await metrics();
      expect(text).to.match(/sheaf_node_operations_total\{kind="transfer",status="pending",reason=""\} 1/);
      expect(text).to.match(/sheaf_node_operations_total\{kind="transfer",status="batched",reason=""\} 1/);
      expect(text).to.match(/sheaf_node_batches_total\{size="0",status="batched"\} 1/);
      expect(text).to.match(/sheaf_node_signatures_waiting 17/);
      expect(text).to.match(/sheaf_node_queue_length 2/);
      expect(text).to.match(/sheaf_node_lag_blocks 0/);
    });
  });

  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();

  async function post(path: string, value: object) {
    const body = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}` : each));
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }
});

/** All items of a list, page by page. */
async function pages<Item>(
  ask: (cursor: object) => Promise<{ items: Item[]; next: string | null }>,
  name: "before" | "after",
): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: object = {}; ;) {
    const { items, next } = await ask(cursor);
    all.push(...items);
    if (next === null) return all;
    cursor = { [name]: next };
  }
}

/** Reads a stream of events in the background. */
function collect<T extends NodeEvent | Transaction>(events: AsyncGenerator<T>) {
  const seen: T[] = [];
  let wake = (): void => undefined;
  const ended = (async () => {
    for await (const event of events) {
      seen.push(event);
      wake();
    }
  })().catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
  });
  return {
    has: async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise<void>((done) => (wake = done));
    },
    end: async (): Promise<readonly T[]> => {
      await ended;
      return seen;
    },
  };
}
