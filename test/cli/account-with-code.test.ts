import { expect } from "chai";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { runProgram } from "../support/cli.ts";
import { FollowedRollup, placeOf } from "../support/node/followed-rollup.ts";
import { rpcOf } from "../support/node/stores.ts";
import { OPERATOR } from "../support/node/submitter.ts";

describe("an account with code, which no batch is taken from", function () {
  this.timeout("3m");
  let world: FollowedRollup;
  let server: RpcServer;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.forceWithdrawal("alice", placeOf("alice", 0), 0);
    await world.passDeadline();
    server = await RpcServer.start(rpcOf(world));
  });
  after(async () => {
    await server.close();
    await world.close();
  });

  const codeAt = (address: string, code: string) => rpcOf(world)("hardhat_setCode", [address, code]);

  async function refusalOf(command: string, ...more: readonly string[]): Promise<string> {
    const args = [command, "--rpc", server.url, "--rollup", world.address, "--keys", "nowhere", ...more];
    const env = { ...process.env, SHEAF_PRIVATE_KEY: OPERATOR.privateKey };
    const { exitCode, stderr } = await runProgram(process.execPath, ["cli/main.ts", ...args], { env });
    expect(exitCode, stderr).to.equal(1);
    return stderr;
  }

  it("is told so before anything is proven: it delegates to a contract (EIP-7702)", async () => {
    await codeAt(OPERATOR.address, `0xef0100${world.address.slice(2)}`);
    expect(await refusalOf("node", "--data", ":memory:", "--log-format", "text")).to.match(
      /error ACCOUNT_HAS_CODE: .*EIP-7702/,
    );
    expect(await refusalOf("propose", "--store", ":memory:")).to.match(/error ACCOUNT_HAS_CODE: .*EIP-7702/);
    await codeAt(OPERATOR.address, "0x");
    // Without the code the next thing is missed.
    expect(await refusalOf("propose", "--store", ":memory:")).to.match(/error FILE_UNREADABLE/);
  });

  it("is told so before anything is proven: the operator is a contract", async () => {
    const { rollup, signers, tokenContract } = world.chain;
    await rollup.connect(signers["operator"]).setOperator(tokenContract);
    expect(await refusalOf("node", "--data", ":memory:", "--log-format", "text")).to.match(
      /error ACCOUNT_HAS_CODE: the rollup's operator/,
    );
  });
});
