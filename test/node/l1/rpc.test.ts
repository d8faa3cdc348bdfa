import { expect } from "chai";
import { httpRpc, RpcError, type HttpOptions } from "../../../node/l1/rpc.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { RpcServer, type Call, type Trouble } from "../../support/chain/rpc-server.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { contentOf, follow, newStorePath, rpcOf } from "../../support/node/stores.ts";

const SWIFT: HttpOptions = { attempts: 3, pause: 1 };
/** For a server that is silent: the answer after that must come within the time. */
const IMPATIENT: HttpOptions = { ...SWIFT, timeout: 1000 };
const json = (value: unknown): string => JSON.stringify({ jsonrpc: "2.0", id: 1, ...(value as object) });

describe("node: JSON-RPC over HTTP", () => {
  let server: RpcServer | undefined;
  afterEach(() => server?.close());

  const serve = async (trouble: (call: Call) => Trouble) => {
    server = await RpcServer.start((method, params) => Promise.resolve({ method, params }), trouble);
    return server;
  };

  const TROUBLES: readonly [string, Trouble, ErrorCode][] = [
    ["a dropped connection", "drop", "NETWORK_UNREACHABLE"],
    ["a connection that drops half-way", "half", "NETWORK_UNREACHABLE"],
    ["no answer at all", "silence", "NETWORK_UNREACHABLE"],
    ["a gateway's error", { status: 502, body: "<html>Bad gateway</html>" }, "NETWORK_UNREACHABLE"],
    ["a rate limit", { status: 429, body: "slow down" }, "RPC_RATE_LIMITED"],
    [
      "a rate limit in JSON-RPC",
      {
        status: 200,
        body: json({ error: { code: -32005, message: "daily request count exceeded, request rate limited" } }),
      },
      "RPC_RATE_LIMITED",
    ],
    ["a web page", { status: 200, body: "<html>Welcome</html>" }, "RPC_MALFORMED"],
    ["JSON that is no answer", { status: 200, body: "{}" }, "RPC_MALFORMED"],
  ];
  for (const [what, trouble, code] of TROUBLES) {
    it(`gets over ${what}, and ends with ${code} where it lasts`, async () => {
      const options = trouble === "silence" ? IMPATIENT : SWIFT;
      const { url, calls } = await serve(({ number }) => (number < 2 ? trouble : undefined));
      expect(await httpRpc(url, options)("eth_test", [1])).to.deep.equal({ method: "eth_test", params: [1] });
      expect(calls).to.have.length(3);

      await server!.close();
      const lasting = await serve(() => trouble);
      await expectCode(code, () => httpRpc(lasting.url, options)("eth_test", []));
      expect(lasting.calls).to.have.length(3);
    });
  }

  it("waits as long as a rate limit asks for", async () => {
    const limited = { status: 429, headers: { "retry-after": "1" }, body: "" };
    const { url } = await serve(({ number }) => (number === 0 ? limited : undefined));
    const start = performance.now();
    await httpRpc(url, SWIFT)("eth_test", []);
    expect(performance.now() - start).to.be.at.least(990);
  });

  it("does not wait for an hour", async () => {
    const { url, calls } = await serve(() => ({ status: 429, headers: { "retry-after": "3600" }, body: "" }));
    await expectCode("RPC_RATE_LIMITED", () => httpRpc(url, SWIFT)("eth_test", []));
    expect(calls).to.have.length(1);
  });

  it("hands a node's error on at once, whatever the HTTP status", async () => {
    for (const status of [200, 400, 500]) {
      const { url, calls } = await serve(() => ({ status, body: json({ error: { code: -32601, message: "none" } }) }));
      const error: unknown = await httpRpc(url, SWIFT)("eth_test", []).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RpcError);
      expect(error).to.deep.include({ code: -32601, message: "none" });
      expect(calls).to.have.length(1);
      await server!.close();
    }
  });

  it("sends the URL's name and password as the standard has it", async () => {
    const { url, calls } = await serve(() => undefined);
    await httpRpc(url.replace("http://", "http://me%40home:pass%2Fword@"), SWIFT)("eth_test", []);
    const [scheme, code] = calls[0]!.request.headers.authorization!.split(" ");
    expect([scheme, Buffer.from(code!, "base64").toString()]).to.deep.equal(["Basic", "me@home:pass/word"]);
  });

  it("fails where nobody listens, and for what is no URL", async () => {
    const { url } = await serve(() => undefined);
    await server!.close();
    server = undefined;
    await expectCode("NETWORK_UNREACHABLE", () => httpRpc(url, SWIFT)("eth_test", []));
    for (const wrong of ["nowhere", "ftp://example.org", "file:///etc/passwd"]) {
      await expectCode("FIELD_INVALID", () => httpRpc(wrong));
    }
  });

  it("carries a whole restore through drops, errors, silence and rate limits", async () => {
    const world = await FollowedRollup.create();
    await world.fund();
    const troubles: readonly Trouble[] = ["drop", { status: 429, body: "" }, "half", { status: 503, body: "" }];
    const { url } = (server = await RpcServer.start(rpcOf(world), ({ number }) =>
      number === 11 ? "silence" : number % 3 === 0 ? troubles[(number / 3) % 4] : undefined,
    ));
    const [rough, smooth] = [newStorePath(), newStorePath()];
    const rpc = httpRpc(url, { attempts: 5, pause: 1, timeout: 2000 });
    (await follow(world, { path: rough, rpc, mostBlocks: 5 })).close();
    (await follow(world, { path: smooth })).close();
    expect(contentOf(rough)).to.deep.equal(contentOf(smooth));
    await world.close();
  });

  it("leaves a store as it was when the connection ends for good", async () => {
    const world = await FollowedRollup.create();
    await world.fund();
    const path = newStorePath();
    (await follow(world, { path })).close();
    const before = contentOf(path);
    await world.busy(6, "while the connection was bad");
    for (const method of ["eth_getLogs", "eth_getTransactionByBlockHashAndIndex", "eth_call"]) {
      const { url } = (server = await RpcServer.start(rpcOf(world), (call) =>
        call.method === method ? "drop" : undefined,
      ));
      await expectCode("NETWORK_UNREACHABLE", () => follow(world, { path, rpc: httpRpc(url, SWIFT) }));
      await server.close();
      expect(contentOf(path)).to.deep.equal(before);
    }
    await world.close();
  });
});
