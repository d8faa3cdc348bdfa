import { join } from "node:path";
import { expect } from "chai";
import { describeExits } from "../../cli/exit.ts";
import { leaveRollup } from "../../cli/exit.ts";
import { describePulled, pullOnL1 } from "../../cli/pull.ts";
import { walletStatus } from "../../cli/status.ts";
import type { HoldingsOnL1 } from "../../cli/support/holdings.ts";
import { forceOnL1 } from "../../cli/withdraw.ts";
import { keysOfMnemonic } from "../../wallet/index.ts";
import { createWalletFile } from "../../wallet/wallet-file.ts";
import { takeTokens } from "../support/chain/rollup.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { expectFailure, expectSuccess, sheaf } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";
import { newFolder } from "../support/folders.ts";
import { FollowedRollup, PEOPLE, placeOf } from "../support/node/followed-rollup.ts";
import { newStorePath, rpcOf } from "../support/node/stores.ts";

const WORDS = "test test test test test test test test test test test junk";
const VARIABLE = "SHEAF_TEST_L1_ALONE";
/** What `./sheaf exit` and `refund` print. */
interface Exits {
  readonly account: string;
  readonly exits: readonly { readonly place: number; readonly amount: string; readonly done?: true }[];
  readonly refunds: readonly { readonly amount: string; readonly transaction?: string }[];
}
/** Nobody listens there: whoever asks it fails. */
const DEAD_NODE = "http://127.0.0.1:9";

describe("a wallet's commands that ask L1 alone", function () {
  this.timeout("3m");
  let world: FollowedRollup;
  let server: RpcServer;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    server = await RpcServer.start(rpcOf(world));
    process.env["SHEAF_NODE"] = DEAD_NODE;
  });
  after(async () => {
    for (const name of [VARIABLE, "SHEAF_NODE", "SHEAF_RPC", "SHEAF_ROLLUP"]) delete process.env[name];
    await server.close();
    await world.close();
  });

  const store = newStorePath();
  const place = () => ({ rpc: server.url, rollup: world.address });
  /** The options of a command that is somebody's. */
  function choice(name: string) {
    process.env[VARIABLE] = keysOfMnemonic(WORDS, 1 + PEOPLE.indexOf(name)).l1.privateKey;
    return { signer: VARIABLE, store, wallet: newStorePath(), ...place(), wait: false, timeout: 60 };
  }
  const force = (name: string, token = "ETH") => forceOnL1(token, choice(name), place());
  const pull = (name: string, token = "ETH") => pullOnL1(token, choice(name));
  const queueLength = async () => Number((await world.chain.rollup.queueBounds()).tail);

  it("queue nothing for a freeze where the key files are not there that are needed after it", async () => {
    choice("alice");
    const leaving = { ...place(), store, key: VARIABLE, freeze: true } as const;
    await expectCode("FILE_UNREADABLE", () => leaveRollup({ ...leaving, keys: newStorePath() }));
    expect(await queueLength()).to.equal(PEOPLE.length * 2);
  });

  it("pull what L1 has, say what stays credited, and that somebody else was first", async () => {
    await expectCode("NOTHING_TO_PULL", () => pull("dave"));
    await world.forceWithdrawal("carol", placeOf("carol", 0), 0);
    await world.batch({ token: 1, spends: [{ from: "dave", amount: 100n }] });
    const { rollup, tokenContract: token, connection } = world.chain;
    await takeTokens(connection, { rollup, token, amount: (await token.balanceOf(rollup)) - 60n });
    const part = await pull("dave", "TEST");
    expect(part).to.deep.include({ token: 1, amount: 60n, left: 40n }).and.to.have.property("transaction");
    expect(describePulled(part).join()).to.include("stay credited");
    await expectCode("NOTHING_TO_PULL", () => pull("dave", "TEST"));
    await token.mint(rollup, 10n ** 15n);
    await world.pull("dave", 1);
    const late = await pull("dave", "TEST");
    expect(late).to.deep.include({ amount: 40n, left: 0n }).and.not.to.have.property("transaction");
    expect(describePulled(late).join()).to.include("nothing is left to pull");
  });

  it("demand a balance once, and again only where a deposit came after it", async () => {
    const place = await queueLength();
    const first = await force("alice");
    expect(first).to.deep.include({ id: `queue-${place}`, status: "pending" });
    expect(first.deadline).to.equal(Number((await world.chain.rollup.queueEntry(place)).deadline));
    const second = await force("alice");
    expect(second).to.include({ id: first.id }).and.not.to.have.property("l1Transaction");
    expect(await queueLength()).to.equal(place + 1);
    await world.deposit("alice", 0, 7n);
    expect(await force("alice")).to.have.property("id", `queue-${place + 2}`);
    await expectCode("TOKEN_UNKNOWN", () => force("alice", "DOGE"));
    await expectCode("BALANCE_INSUFFICIENT", () => force("carol"));
  });

  it("tell what there is, waits and can be pulled, where the node that is known does not answer", async () => {
    const { rpc, rollup: address, ...options } = choice("alice");
    // Not by options: then the node would not even be tried.
    Object.assign(process.env, { SHEAF_RPC: rpc, SHEAF_ROLLUP: address });
    const { result, describe } = await walletStatus(options);
    const { waiting, rollup, block } = result as HoldingsOnL1;
    expect(waiting.map(({ kind, amount }) => [kind, amount])).to.deep.equal([
      ["forcedWithdrawal", 0n],
      ["deposit", 7n],
      ["forcedWithdrawal", 0n],
    ]);
    expect(block).to.equal(await world.chain.networkHelpers.time.latestBlock());
    expect(rollup).to.deep.include({ address: world.address, frozen: false });
    expect(rollup.queue).to.deep.equal({
      ...{ waiting: 3, deadline: waiting[0]!.deadline },
      freezeTime: Number(await world.chain.rollup.freezeTime()),
    });
    expect(describe().join("\n"))
      .to.match(/^from L1 alone, up to block \d+/)
      .and.to.include("0.000000000000000007 ETH");
  });

  it("demand nothing of a rollup that is frozen, and give back what it has of a deposit", async () => {
    const { rollup, tokenContract: token, connection, signers } = world.chain;
    const { address } = signers["operator"]!;
    await rollup.deposit(0, 5n, 1n, address, address, { value: 5n + (await rollup.queueFee()) });
    await world.deposit("bob", 0, 11n);
    await world.deposit("dave", 1, 9n);
    await world.freeze();
    await expectCode("ROLLUP_FROZEN", () => force("bob"));
    await takeTokens(connection, { rollup, token, amount: await token.balanceOf(rollup) });
    const { refundAddress: account } = (await rollup.queryFilter(rollup.filters.DepositQueued)).at(-1)!.args;
    const refund = () => leaveRollup({ ...place(), store, key: VARIABLE, account });
    const [first, step] = [await refund(), { place: 1, token: 1 }];
    expect(first.refunds).to.have.length(1);
    expect(first.pulls).to.deep.equal([{ ...step, amount: 0n, left: 9n }]);
    expect(describeExits(first).join()).to.include("0.000000000000000009 TEST stay credited");
    await token.mint(rollup, 9n);
    const [again] = (await refund()).pulls;
    expect(again)
      .to.include({ ...step, amount: 9n })
      .and.to.have.property("transaction");
    expect((await refund()).pulls).to.deep.equal([{ ...step, amount: 9n, done: true }]);
    // There is no account to be opened any more, which that code would tell of.
    await expectCode("NOTHING_TO_LEAVE", () =>
      leaveRollup({ ...place(), store, key: VARIABLE, account: world.address }),
    );
  });

  it("give a wallet back what is its own while another account pays, without its password", async () => {
    const { rollup, signers, connection } = world.chain;
    const [wallet, bob] = [join(newFolder(), "wallet.json"), signers["bob"]!];
    await createWalletFile(wallet, WORDS, "a password", {});
    const { signer: key } = choice("bob");
    const at = ["--rpc", server.url, "--rollup", world.address, "--store", store];
    const refund = ["refund", ...at, "--wallet", wallet, "--key", key, "--json"];
    const dry = JSON.parse(await expectSuccess([...refund, "--dry-run"])) as Exits;
    const paid = JSON.parse(await expectSuccess(refund)) as Exits;
    for (const { account, refunds } of [dry, paid]) {
      expect([account, refunds.map(({ amount }) => amount)]).to.deep.equal([signers["operator"]!.address, ["5"]]);
    }
    const sent = await connection.ethers.provider.getTransaction(paid.refunds[0]!.transaction!);
    expect([sent!.from, sent!.to]).to.deep.equal([bob.address, await rollup.getAddress()]);
    expect(await expectFailure("L1_KEY_MISSING", refund.with(-2, "SHEAF_NOT_THERE"))).to.include("SHEAF_NOT_THERE");
  });

  it("find that somebody else pulled what they had credited, or were asked to pull, a moment before", async () => {
    const { rollup } = world.chain;
    const { refundAddress: account } = (await rollup.queryFilter(rollup.filters.DepositQueued)).at(-2)!.args;
    const rpc = rpcOf(world);
    const of = (name: "withdraw" | "withdrawable", owner: string): string =>
      rollup.interface.encodeFunctionData(name as "withdraw", [0, owner]);
    /** L1 by a node for which somebody pulls an owner's ether before it answers the n-th question about that. */
    const overtaken = (owner: string, n: number) =>
      RpcServer.start(async (method, params) => {
        const data = (params[0] as { readonly data?: string } | undefined)?.data;
        const isAbout = data === of("withdraw", owner) || data === of("withdrawable", owner);
        if (isAbout && --n === 0) await (await rollup.withdraw(0, owner)).wait();
        return rpc(method, params);
      });
    const first = await overtaken(account, 1);
    const { refunds, pulls } = await leaveRollup({ ...place(), rpc: first.url, store, key: VARIABLE, account });
    await first.close();
    expect(refunds[0]).to.include({ token: 0, amount: 11n }).and.to.have.property("transaction");
    expect(pulls).to.deep.equal([{ place: 0, token: 0, amount: 11n, done: true }]);

    await world.exit(placeOf("alice", 0));
    const { balance } = world.state.account(placeOf("alice", 0))!;
    // The first question is what there is to pull.
    const second = await overtaken(world.chain.signers["alice"]!.address, 2);
    const pulled = await pullOnL1("ETH", { ...choice("alice"), rpc: second.url });
    await second.close();
    expect(pulled).to.include({ amount: balance, left: 0n }).and.not.to.have.property("transaction");
  });

  it("leave without a proof and any file: whoever is first deploys the hasher, and hears what that costs", async () => {
    const { rollup, signers, tokenContract: token, connection } = world.chain;
    await token.mint(rollup, 10n ** 15n);
    const leaving = (name: string, ...more: readonly string[]) => {
      const { signer: key } = choice(name);
      const at = ["exit", "--rpc", server.url, "--rollup", world.address, "--store", store, "--key", key, "--json"];
      return [...at, ...more];
    };
    const codeOfHasher = async () => connection.ethers.provider.getCode(await rollup.hasher());
    expect(await expectFailure("USAGE", leaving("bob"))).to.include("--without-proof");
    await expectFailure("USAGE", leaving("bob", "--without-proof", "--keys", store));

    const leave = { ...place(), store, key: VARIABLE, withoutProof: true } as const;
    const dry = await leaveRollup({ ...leave, dryRun: true });
    expect(await codeOfHasher()).to.equal("0x");
    const [ether, test] = [placeOf("bob", 0), placeOf("bob", 1)];
    const amounts = [ether, test].map((index) => world.state.account(index)!.balance);
    expect(dry.exits.map(({ place, amount }) => [place, amount])).to.deep.equal([
      [ether, amounts[0]],
      [test, amounts[1]],
    ]);

    const { exitCode, stdout, stderr } = await sheaf(leaving("bob", "--without-proof"));
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.match(/deployment, once for everybody, takes about 4,\d{3},\d{3} gas, now 0\.\d+ ETH/);
    expect(await codeOfHasher()).to.have.length.above(40_000);
    const { exits } = JSON.parse(stdout) as Exits;
    for (const [i, index] of [ether, test].entries()) {
      expect(exits[i])
        .to.include({ place: index, amount: String(amounts[i]) })
        .and.to.have.property("transaction");
      expect(await rollup.hasExited(index)).to.equal(true);
      expect(await rollup.withdrawable(i, signers["bob"]!)).to.equal(0n);
    }
    await expect(world.exit(ether)).to.be.revertedWithCustomError(rollup, "AlreadyExited");

    const nonce = await signers["carol"]!.getNonce();
    choice("carol");
    expect((await leaveRollup(leave)).exits.map(({ place }) => place)).to.deep.equal([placeOf("carol", 1)]);
    // To leave, and to be paid that and what was demanded: nothing is deployed again.
    expect(await signers["carol"]!.getNonce()).to.equal(nonce + 3);
    expect(await rollup.hasExited(placeOf("carol", 1))).to.equal(true);
    choice("bob");
    expect((await leaveRollup(leave)).exits.map(({ done }) => done)).to.deep.equal([true, true]);
  });
});
