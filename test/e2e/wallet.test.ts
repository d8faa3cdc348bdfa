import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { freeze } from "../../fixture/escape.ts";
import { Wallet, type ConnectedWallet } from "../../wallet/index.ts";
import { expectSuccess, runProgram } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";
import { newFolder } from "../support/folders.ts";
import { hardhatAccount, WalletWorld, WORDS } from "../support/wallet/wallet-world.ts";

const ETHER = 10n ** 18n;

describe("wallets, a node and L1, with real proofs", function () {
  this.timeout(600_000);
  let world: WalletWorld;
  let alice: ConnectedWallet;
  let bob: ConnectedWallet;

  before(async () => {
    world = await WalletWorld.start();
    [alice, bob] = (await Promise.all([5, 6].map(connect))) as [ConnectedWallet, ConnectedWallet];
  });
  after(() => world.close());

  const connect = (account: number): Promise<ConnectedWallet> =>
    Wallet.fromMnemonic(WORDS, { account }).connect({ node: world.api.url, rpc: world.provider });

  it("a deposit gets into the rollup", async () => {
    await expectCode("ACCOUNT_NOT_FOUND", () => alice.account());
    const deposit = await alice.deposit({ amount: 2n * ETHER });
    expect(await deposit.wait("verified")).to.include({ kind: "deposit", amount: 2n * ETHER, status: "verified" });
    expect(await alice.balance()).to.equal(2n * ETHER);
  });

  it("somebody without an account is paid, once there is one on L1", async () => {
    const { address } = bob.wallet;
    await expectCode("ACCOUNT_NOT_FOUND", () => alice.transfer({ to: address, amount: ETHER }));
    const { index } = await alice.openAccount(address);
    expect(await bob.account()).to.include({ index, balance: 0n, final: true });
    const left = await alice.balance();
    expect(2n * ETHER - left, "what the opening cost").to.equal((await alice.history().next()).value!.fee);
    expect(left < 2n * ETHER).to.equal(true);

    const statuses: string[] = [];
    const transfer = await alice.transfer({ to: address, amount: ETHER / 4n });
    const { fee } = await transfer.wait("verified", { onChange: ({ status }) => statuses.push(status) });
    expect(statuses.at(-1)).to.equal("verified");
    expect(await bob.balance()).to.equal(ETHER / 4n);
    expect(await alice.balance()).to.equal(left - ETHER / 4n - fee);
    expect(fee).to.be.above(0n);
  });

  it("many payments arrive, in their order, though two lists are sent at once", async () => {
    const pay = (...amounts: bigint[]) =>
      alice.payMany(
        amounts.map((amount) => ({ to: bob.wallet.address, amount })),
        { fee: 5n },
      );
    const sent = (await Promise.all([pay(1n, 2n, 3n), pay(4n, 5n)])).flat();
    const verified = await Promise.all(sent.map((one) => one.wait()));
    expect(verified.map(({ nonce }) => nonce)).to.deep.equal([2, 3, 4, 5, 6]);
    expect(await bob.balance()).to.equal(ETHER / 4n + 15n);
  });

  it("a withdrawal is paid out on L1", async () => {
    const amount = ETHER / 8n + 1n;
    await (await bob.withdraw({ amount, fee: 5n })).wait();
    expect(await bob.withdrawable()).to.equal(amount);
    const before = await world.provider.getBalance(bob.wallet.owner.l1Address);
    const receipt = (await world.provider.getTransactionReceipt((await bob.pull())!))!;
    const after = await world.provider.getBalance(bob.wallet.owner.l1Address);
    expect(after - before + receipt.gasUsed * receipt.gasPrice).to.equal(amount);
  });

  it("what was done is told, the newest first", async () => {
    const kinds: string[] = [];
    for await (const { kind, status } of bob.history()) {
      kinds.push(kind);
      expect(status).to.equal("verified");
    }
    expect(world.failures).to.deep.equal([]);
    expect(kinds).to.deep.equal(["withdrawal", ...Array<string>(6).fill("transfer"), "creation"]);
  });

  it("the command line does the same", async () => {
    const folder = newFolder();
    const file = (name: string): string => join(folder, name);
    writeFileSync(file("words"), WORDS);
    writeFileSync(file("password"), "correct horse");
    const options = ["--wallet", file("wallet.json"), "--password-file", file("password"), "--json"];
    const places = ["--node", world.api.url, "--rpc", world.l1.url];
    await expectSuccess(["wallet", "import", ...options, ...places, "--words-file", file("words")]);
    const deposit = JSON.parse(await expectSuccess(["deposit", "0.5", ...options])) as object;
    expect(deposit).to.include({ kind: "deposit", status: "verified", amount: String(ETHER / 2n) });
    const transfer = JSON.parse(await expectSuccess(["transfer", bob.wallet.address, "0.25", ...options])) as {
      fee: string;
    };
    expect(transfer).to.include({ kind: "transfer", status: "verified", amount: String(ETHER / 4n) });
    const forced = JSON.parse(await expectSuccess(["withdraw", "--force", ...options])) as object;
    expect(forced).to.include({ kind: "forcedWithdrawal", status: "verified" });
    const pulled = JSON.parse(await expectSuccess(["pull", ...options])) as { amount: string };
    expect(BigInt(pulled.amount)).to.equal(ETHER / 4n - BigInt(transfer.fee));
  });

  it("an L1 account's own wallet needs no file", async () => {
    const { privateKey, address } = hardhatAccount(8);
    const places = ["--node", world.api.url, "--rpc", world.l1.url, "--signer", "PAYER_KEY", "--json"];
    const env = { ...process.env, PAYER_KEY: privateKey };
    const main = join(import.meta.dirname, "../../cli/main.ts");
    const run = async (...command: string[]): Promise<object> => {
      const { exitCode, stdout, stderr } = await runProgram(process.execPath, [main, ...command, ...places], { env });
      expect(exitCode, stderr).to.equal(0);
      return JSON.parse(stdout) as object;
    };
    expect(await run("deposit", "0.5")).to.include({ status: "verified" });
    const place = { chainId: 31337, rollup: await world.rollup.getAddress() };
    const wallet = await Wallet.fromSigner(hardhatAccount(8), place);
    expect(await run("status")).to.include({ address: wallet.address, l1Address: address });
    expect(await (await wallet.connect({ node: world.api.url })).balance()).to.equal(ETHER / 2n);
  });

  it("everybody leaves by a proof when nobody runs the rollup any more", async () => {
    const balance = await alice.balance();
    const { circuit, key } = world.exit;
    const keys = { wasm: circuit.wasm, zkey: key.zkey };
    await expectCode("ROLLUP_NOT_FROZEN", () => alice.exit(keys));
    await freeze(world.provider, world.rollup, { signer: await world.provider.getSigner(7) });
    await alice.exit(keys);
    expect(await alice.withdrawable()).to.equal(balance);
    await alice.pull();
    expect(await alice.exitByPath(), "it has left").to.equal(undefined);
    expect(await world.provider.getCode(await world.rollup.hasher())).to.equal("0x");
  });

  it("and by its place in the state where nobody has the files for a proof", async () => {
    const balance = await bob.balance();
    const transaction = await bob.exitByPath();
    expect(transaction).to.match(/^0x/);
    expect(await bob.withdrawable()).to.equal(balance);
    await bob.pull();
    expect(await bob.exitByPath()).to.equal(undefined);
  });
});
