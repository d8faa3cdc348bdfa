import { inspect } from "node:util";
import { expect } from "chai";
import { Wallet } from "ethers";
import { openL1Account, openL1Wallet } from "../../cli/support/l1-account.ts";
import { chainIdOf, openNetwork } from "../../deploy/environment.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { expectCode } from "../support/errors.ts";
import { FollowedRollup } from "../support/node/followed-rollup.ts";
import { rpcOf } from "../support/node/stores.ts";
import { altered, OPERATOR } from "../support/node/submitter.ts";

describe("an L1 account that signs for itself", () => {
  const VARIABLE = "SHEAF_TEST_L1_KEY";
  const KEY = `0x${"5a".repeat(32)}`;
  let world: FollowedRollup;
  before(async () => (world = await FollowedRollup.create()));
  after(() => world.close());
  afterEach(() => delete process.env[VARIABLE]);

  it("is the one whose key is named, or a local node's first", async () => {
    const server = await RpcServer.start(rpcOf(world));
    expect((await openL1Wallet(server.url, VARIABLE)).address).to.equal(OPERATOR.address);
    process.env[VARIABLE] = KEY;
    expect((await openL1Wallet(server.url, VARIABLE)).address).to.equal(new Wallet(KEY).address);
    await server.close();
  });

  it("is found on a node that has no time at first, in whatever way it says so", async () => {
    process.env[VARIABLE] = KEY;
    for (const error of [
      { code: -32005, message: "limit exceeded" },
      { code: -32000, message: "too many requests" },
    ]) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, error });
      const server = await RpcServer.start(rpcOf(world), ({ number }) =>
        number < 2 ? { status: 200, headers: { "content-type": "application/json" }, body } : undefined,
      );
      const { connection } = await openNetwork(server.url, VARIABLE, true);
      expect(await chainIdOf(connection)).to.equal(31337);
      expect(server.calls.length).to.be.at.least(3);
      await connection.close();
      await server.close();
    }
  });

  it("is nobody else's where the user names a key that is not there", async () => {
    const server = await RpcServer.start(rpcOf(world));
    await expectCode("L1_KEY_MISSING", () => openL1Wallet(server.url, VARIABLE, true));
    const missing = await expectCode("L1_KEY_MISSING", () => openL1Account(server.url, VARIABLE, true));
    expect(missing.message).to.equal(`${VARIABLE} is neither in Hardhat's keystore nor in the environment`);
    const { connection } = await openNetwork(server.url, VARIABLE, true);
    await expectCode("DEPLOYER_KEY_MISSING", () => chainIdOf(connection));
    await connection.close();
    await server.close();
    await expectCode("NETWORK_UNREACHABLE", () => openL1Wallet(server.url, VARIABLE));
  });

  it("is the one of the key, not a node's, on a node of this machine without accounts", async () => {
    const none = altered(rpcOf(world), (method, answer) => (method === "eth_accounts" ? [] : answer()));
    const server = await RpcServer.start(none);
    const { connection } = await openNetwork(server.url, VARIABLE);
    expect(connection.networkConfig).to.have.property("accounts").that.is.an("array");
    await connection.close();
    await server.close();
  });

  it("is nobody's where a local node has other accounts, or the key is none", async () => {
    const others = altered(rpcOf(world), (method, answer) => (method === "eth_accounts" ? [] : answer()));
    const server = await RpcServer.start(others);
    await expectCode("L1_KEY_MISSING", () => openL1Wallet(server.url, VARIABLE));
    for (const [key, open] of [
      ["0x5a", openL1Wallet],
      [`0x${"00".repeat(32)}`, openL1Account],
      [KEY.slice(0, -1), openL1Account],
      [`${KEY.slice(0, -1)}g`, openL1Wallet],
    ] as const) {
      process.env[VARIABLE] = key;
      const wrong = await expectCode("L1_KEY_MISSING", () => open(server.url, VARIABLE));
      expect(wrong.message).to.match(new RegExp(`^${VARIABLE} does not hold a private key`));
      expect(inspect(wrong, { depth: 9 })).not.to.include(key.slice(2, 40));
    }
    await server.close();
  });
});
