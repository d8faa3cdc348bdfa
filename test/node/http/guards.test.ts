import { expect } from "chai";
import { pino } from "pino";
import { operatorCheck, proverCheck } from "../../../node/http/health.ts";
import { startNodeServer } from "../../../node/http/server.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { RpcError } from "../../../node/l1/rpc.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { Health as ProverHealth } from "../../../prover/service/client.ts";
import { expectCode } from "../../support/errors.ts";
import { ApiWorld, collect } from "../../support/node/api-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { until } from "../../support/until.ts";

describe("guards of the node's API", () => {
  let api: ApiWorld;
  before(async () => (api = await ApiWorld.create()));
  after(() => api.close());
  afterEach(() => api.stop());

  it("limits the requests of a client", async () => {
    await api.start({ limits: { requests: { max: 5, perSeconds: 600 } } });
    for (let i = 0; i < 5; i++) await api.client.config();
    const error = await expectCode("RATE_LIMITED", () => api.client.config());
    expect(error.message).to.match(/5 requests in 600 s/);
  });

  it("believes nobody but a proxy that it trusts who a client is, and of that one nothing but its own word", async () => {
    const limits = { requests: { max: 1, perSeconds: 600 } };
    const statuses = async (...forwarded: string[]): Promise<readonly number[]> => {
      const found: number[] = [];
      for (const chain of forwarded) {
        const { statusCode } = await api.app.inject({ url: "/config", headers: { "x-forwarded-for": chain } });
        found.push(statusCode);
      }
      return found;
    };
    for (const [proxies, found] of [
      [undefined, [200, 429, 429]],
      [["192.0.2.9"], [200, 429, 429]],
      [["loopback"], [200, 200, 429]],
    ] as const) {
      await api.start({ limits, proxies });
      expect(await statuses("192.0.2.1", "192.0.2.2", "192.0.2.3, 192.0.2.2")).to.deep.equal(found);
      await api.stop();
    }
    await api.start();
  });

  it("limits the streams of a client", async () => {
    await api.start({ limits: { streams: { perClient: 1, inAll: 9 } } });
    const { id } = await api.client.submit(api.transfer("alice"));
    const stop = new AbortController();
    const first = collect(api.client.transactionEvents(id, stop.signal));
    await first.has(1);
    await expectCode("SERVICE_BUSY", () => api.client.events().next());
    stop.abort();
    await first.end();
  });

  it("limits the streams of all clients together", async () => {
    await api.start({ limits: { streams: { perClient: 9, inAll: 1 } } });
    const stop = new AbortController();
    const first = collect(api.client.events(stop.signal));
    await first.has(1);
    const { id } = await api.client.submit(api.transfer("alice"));
    const refused = await expectCode("SERVICE_BUSY", () => api.client.transactionEvents(id).next());
    expect(refused.message).to.equal("1 event streams are under way already");
    stop.abort();
    await first.end();
  });

  it("has no head of a stream, which would have no end", async () => {
    await api.start();
    expect((await fetch(`${api.url}/events`, { method: "HEAD" })).status).to.equal(405);
    expect((await fetch(`${api.url}/state`, { method: "HEAD" })).status).to.equal(200);
  });

  it("names the methods of a route, where another one is asked", async () => {
    await api.start();
    const { url } = api;
    const refused = await fetch(`${url}/accounts/9?x=1`, { method: "DELETE" });
    expect([refused.status, refused.headers.get("allow")]).to.deep.equal([405, "GET, HEAD"]);
    expect(await refused.json()).to.include({ code: "METHOD_NOT_ALLOWED" });
    const unknown = await fetch(`${url}/nowhere`, { method: "DELETE" });
    expect([unknown.status, unknown.headers.get("allow")]).to.deep.equal([404, null]);
  });

  it("takes no large body", async () => {
    await api.start({ limits: { bodyBytes: 2_000 } });
    const { status, body } = await api.post("/transactions", { ...api.transfer("alice"), extra: "x".repeat(3_000) });
    expect([status, body["code"]]).to.deep.equal([413, "BODY_TOO_LARGE"]);
    expect(await api.client.submit(api.transfer("alice"))).to.include({ status: "pending" });
  });

  it("lets pages of any origin ask, or of those that are named", async () => {
    await api.start();
    const origin = "https://wallet.example";
    const header = async (path: string, init: RequestInit = {}): Promise<string | null> => {
      const response = await fetch(`${api.url}${path}`, { ...init, headers: { origin, ...init.headers } });
      await response.body?.cancel();
      return response.headers.get("access-control-allow-origin");
    };
    expect(await header("/state")).to.equal("*");
    expect(await header("/events")).to.equal("*");
    expect(await header("/nowhere")).to.equal("*");
    const preflight = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } };
    expect(await header("/transactions", preflight)).to.equal("*");
    await api.stop();
    await api.start({ origins: ["https://other.example"] });
    expect(await header("/state")).to.be.null;
  });

  it("lets nothing of the machine out with an error", async () => {
    await api.start();
    api.node.quote = () => Promise.reject(new Error(`secret at ${import.meta.filename}`));
    const response = await fetch(`${api.url}/fees`);
    expect(response.status).to.equal(500);
    const text = await response.text();
    expect(JSON.parse(text)).to.have.keys("code", "message", "fix").and.to.include({ code: "UNEXPECTED" });
    expect(text).not.to.match(/secret|\.ts|node_modules| at /);
  });

  it("names what is missing", async () => {
    await api.start();
    expect(await api.client.health()).to.deep.include({ status: "ok", missing: [] });
    await api.stop();
    const away = (): Promise<never> => Promise.reject(new SheafError("NETWORK_UNREACHABLE", "nobody there"));
    await api.start({ rpc: away, checks: [() => ({ what: "keys", why: "there are none" })] });
    const { status, missing } = await api.client.health();
    expect([status, missing.map(({ what }) => what)]).to.deep.equal(["down", ["L1", "keys"]]);
    expect((await fetch(`${api.url}/health`)).status).to.equal(503);
    expect((await fetch(`${api.url}/tokens`)).status).to.equal(503);
    expect((await api.client.batch(1)).l1).to.have.keys("transaction", "block");
  });

  it("finds that L1 takes no batches of the node's account", async () => {
    const { operator, bob } = api.rollup.chain.signers;
    const l1 = new L1(rpcOf(api.rollup), api.rollup.address);
    await api.start({ checks: [operatorCheck(l1, operator!.address)] });
    expect(await api.client.health()).to.deep.include({ status: "ok", missing: [] });
    await api.stop();
    await api.start({ checks: [operatorCheck(l1, bob!.address)] });
    const { status, missing } = await api.client.health();
    expect([status, missing.map(({ what }) => what)]).to.deep.equal(["down", ["operator"]]);
    expect(missing[0]!.why).to.include(operator!.address).and.to.include(bob!.address);
  });

  it("does not wait long for an L1 node that says nothing", async () => {
    await api.start({ rpc: () => new Promise(() => undefined) });
    const [batch, health, tokens] = await Promise.all([
      api.client.batch(1),
      api.client.health(),
      fetch(`${api.url}/tokens`),
    ]);
    expect(batch.l1).to.have.keys("transaction", "block");
    expect(health.status).to.equal("down");
    expect(tokens.status).to.equal(503);
  });

  it("does not take a node's refusal for a token's answer: decimals are not to be guessed", async () => {
    let message = "header not found";
    const rpc = rpcOf(api.rollup);
    await api.start({
      rpc: (method, params) =>
        method === "eth_call" ? Promise.reject(new RpcError(-32000, message)) : rpc(method, params),
    });
    await expectCode("RPC_REFUSED", () => api.client.tokens());
    message = "execution reverted";
    expect((await api.client.tokens()).items[1]).to.deep.include({ symbol: "", decimals: 0 });
  });

  it("asks L1 few questions at a time, and each once", async () => {
    const rpc = rpcOf(api.rollup);
    let [calls, running, most] = [0, 0, 0];
    await api.start({
      rpc: async (method, params) => {
        calls++;
        most = Math.max(most, ++running);
        return rpc(method, params).finally(() => running--);
      },
    });
    const { items } = await api.client.batches({ limit: 200 });
    // And two whether the chain charges for more than gas.
    expect(calls)
      .to.equal(items.length + 2)
      .and.to.be.greaterThan(6);
    expect(most).to.be.within(2, 4);
    await api.client.batches({ limit: 200 });
    expect(calls).to.equal(items.length + 2);
    await Promise.all([1, 2, 3, 4].flatMap(() => [api.client.health(), api.metrics()]));
    expect(calls, "the newest block").to.equal(items.length + 3);
  });

  it("counts what happens", async () => {
    await api.start({ waitingSignatures: () => 17 });
    await api.client.submit(api.transfer("alice"));
    api.node.makeBatch();
    await api.client.state();
    const text = await api.metrics();
    expect(text).to.match(/sheaf_node_operations_total\{kind="transfer",status="pending",reason=""\} 1/);
    expect(text).to.match(/sheaf_node_operations_total\{kind="transfer",status="batched",reason=""\} 1/);
    expect(text).to.match(/sheaf_node_batches_total\{size="0",status="batched"\} 1/);
    expect(text).to.match(/sheaf_node_signatures_waiting 17/);
    expect(text).to.match(/sheaf_node_queue_length 2/);
    expect(text).to.match(/sheaf_node_lag_blocks 0/);
  });

  it("does not call a prover service fine that does not answer, or cannot prove", async () => {
    const answers: (() => Promise<ProverHealth>)[] = [
      () => Promise.reject(new SheafError("SERVICE_UNREACHABLE", "nobody listens there")),
      async () => ({ status: "degraded", missing: [{ what: "workers", why: "none" }], programs: [], workers: 0 }),
    ];
    for (const health of answers) {
      await api.start({ checks: [proverCheck({ health })] });
      const { status, missing } = await api.client.health();
      expect([status, missing.map(({ what }) => what)]).to.deep.equal(["degraded", ["prover"]]);
      expect(await api.metrics()).to.match(/^sheaf_node_missing\{what="prover"\} 1$/m);
      await api.stop();
    }
    await api.start({
      checks: [proverCheck({ health: async () => ({ status: "ok", missing: [], programs: [], workers: 1 }) })],
    });
    expect((await api.client.health()).status).to.equal("ok");
  });

  it("does not call work fine that does not go on", async () => {
    await api.start();
    api.node.said.push({ what: "proof of batch 9", why: "PROOF_TIMEOUT: the worker hangs" });
    const { status, missing } = await api.client.health();
    expect(status).to.equal("degraded");
    expect(missing).to.deep.equal([{ what: "work", why: "proof of batch 9: PROOF_TIMEOUT: the worker hangs" }]);
  });

  it("tells the operator of ages, ether, gas, deadlines, transactions, failures, requests and the build", async () => {
    const account = {
      balance: async () => 25n * 10n ** 17n,
      market: async () => ({ baseFee: 7n, priorityFee: 2n }),
    };
    await api.start({ account });
    const sent = { phase: "sent", transaction: "0x1", maxFeePerGas: 5n, priorityFee: 1n } as const;
    api.node.emit({ type: "submission", numbers: { first: 9, last: 11 }, state: sent });
    api.node.emit({
      type: "submission",
      numbers: { first: 9, last: 11 },
      state: { ...sent, transaction: "0x2", replaced: "0x1" },
    });
    api.node.emit({
      type: "submission",
      numbers: { first: 9, last: 11 },
      state: { phase: "failed", transaction: "0x2", gasUsed: 9n },
    });
    api.node.emit({ type: "failure", what: "proof of batch 9, c = 5", error: new Error("no") });
    await api.client.submit(api.transfer("alice"));
    await fetch(`${api.url}/nothing/there`);
    const text = await api.metrics();
    for (const line of [
      "sheaf_node_operator_balance_ether 2.5",
      "sheaf_node_gas_price_wei 9",
      'sheaf_node_transactions_total{event="sent"} 2',
      'sheaf_node_transactions_total{event="replaced"} 1',
      'sheaf_node_transactions_total{event="failed"} 1',
      'sheaf_node_transaction_batches_bucket{le="2"} 0',
      'sheaf_node_transaction_batches_bucket{le="4"} 1',
      'sheaf_node_failures_total{what="proof"} 1',
      'sheaf_node_http_request_seconds_count{method="POST",route="/transactions",status="202"} 1',
      'sheaf_node_http_request_seconds_count{method="GET",route="none",status="404"} 1',
      "sheaf_node_under_way 0",
      "sheaf_node_frozen 0",
    ]) {
      expect(text.split("\n"), text.match(/^sheaf_node_http_request_seconds_count.*$/gm)?.join()).to.include(line);
    }
    expect(text).to.match(/^sheaf_node_build_info\{version="[\d.]+",node="v[\d.]+"\} 1$/m);
    const valueOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)![1]);
    expect(valueOf("sheaf_node_oldest_pending_seconds")).to.be.within(0, 60);
    expect(Math.abs(valueOf("sheaf_node_last_batch_age_seconds"))).to.be.below(1e10);
    const { deadline } = api.node.store.queued(api.node.store.queueBounds.head)!;
    expect(valueOf("sheaf_node_queue_deadline_seconds") - (deadline - Date.now() / 1000)).to.be.within(-60, 60);
  });

  it("keeps metrics out of the API where they have a port of their own", async () => {
    await api.start();
    const server = await startNodeServer({
      ...{ node: api.node, rpc: rpcOf(api.rollup), port: 0 },
      metrics: { host: "127.0.0.1", port: 0 },
    });
    expect(new URL(server.metrics).port).not.to.equal(new URL(server.url).port);
    expect(await (await fetch(server.metrics)).text()).to.include("sheaf_node_pending");
    expect((await fetch(`${server.url}/metrics`)).status).to.equal(404);
    expect((await fetch(new URL("/state", server.metrics))).status).to.equal(404);
    await server.close();
    expect(await fetch(server.metrics).catch(() => "gone")).to.equal("gone");
  });

  it("tells in the log how batches get on, with gas and cost, and all that goes wrong", async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line) as object as never) });
    await api.start({ log });
    await api.client.submit(api.transfer("alice"));
    const number = api.node.makeBatch();
    const submitted = { type: "submission", numbers: { first: number, last: number } } as const;
    const sent = { phase: "sent", transaction: "0x1", maxFeePerGas: 5n * 10n ** 9n, priorityFee: 1n } as const;
    api.node.emit({ ...submitted, state: sent });
    api.node.emit({ ...submitted, state: { phase: "expensive", what: "gas", needed: 9n, cap: 8n } });
    api.node.emit({ ...submitted, state: { phase: "refused", reason: "insufficient funds" } });
    api.node.emit({ ...submitted, state: { phase: "failed", transaction: "0x1", gasUsed: 77n } });
    api.node.emit({ type: "failure", what: `proof of batch ${number}`, error: new SheafError("JOB_FAILED", "no") });
    api.node.emit({ type: "batch", number: 1 });
    await until(() => lines.find(({ msg }) => msg === "batch verified"), "the last line");
    const told = lines.filter(({ msg }) => !/^(GET|POST|Server listening) /.test(String(msg)));
    expect(told.filter(({ msg, kind }) => msg === "operation" && kind === "transfer")).to.have.length(2);
    expect(told.map(({ msg }) => msg).filter((msg) => msg !== "operation")).to.deep.equal([
      "batch made",
      "batch sent",
      "gas costs more than --fee-cap; the batch waits",
      "L1 does not take the batch yet; it is tried again",
      "a transaction with the batch failed on L1",
      `proof of batch ${number} failed; it is tried again`,
      "batch verified",
    ]);
    const byMessage = (message: string) => told.find(({ msg }) => msg === message)!;
    expect(byMessage("batch made")).to.include({ batch: number, transfers: 1 });
    expect(byMessage("batch sent")).to.include({ batch: number, transaction: "0x1", maxFee: "5.0 gwei" });
    expect(byMessage("batch verified")).to.include({ batch: 1 }).and.to.have.property("gasUsed").that.is.above(0);
    expect(byMessage("batch verified")["cost"]).to.match(/^0\.\d+ ETH$/);
  });
});
