import { expect } from "chai";
import { RpcError } from "../../../node/rpc.ts";
import { operatorCheck } from "../../../node/http/health.ts";
import { L1 } from "../../../node/l1.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { ApiWorld, collect } from "../../support/api-world.ts";
import { expectCode } from "../../support/errors.ts";
import { rpcOf } from "../../support/stores.ts";

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
    await api.start({ limits: { streams: 1 } });
    const { id } = await api.client.submit(api.transfer("alice"));
    const stop = new AbortController();
    const first = collect(api.client.transactionEvents(id, stop.signal));
    await first.has(1);
    await expectCode("SERVICE_BUSY", () => api.client.events().next());
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
    expect(await api.client.health()).to.deep.equal({ status: "ok", missing: [] });
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
    expect(await api.client.health()).to.deep.equal({ status: "ok", missing: [] });
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
    expect(calls).to.equal(items.length).and.to.be.greaterThan(4);
    expect(most).to.be.within(2, 4);
    await api.client.batches({ limit: 200 });
    expect(calls).to.equal(items.length);
    await Promise.all([1, 2, 3, 4].flatMap(() => [api.client.health(), api.metrics()]));
    expect(calls, "the newest block").to.equal(items.length + 1);
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
});
