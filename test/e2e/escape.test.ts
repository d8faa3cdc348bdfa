import { expect } from "chai";
import { network } from "hardhat";
import { deploySheaf, ETH, type Sheaf, type Wallet } from "../../fixture/index.ts";
import { expectCode } from "../support/errors.ts";

// The way from a rollup that works to one that nobody runs, with real proofs throughout.
describe("escape", function () {
  // The first run builds circuits and keys.
  this.timeout(600_000);
  let sheaf: Sheaf;
  let wallets: Record<"alice" | "bob" | "carol" | "dave" | "stranger", Wallet>;

  before(async () => {
    const { provider } = await network.create();
    sheaf = await deploySheaf(provider);
    const names = ["alice", "bob", "carol", "dave", "stranger"] as const;
    const entries = await Promise.all(names.map(async (name) => [name, await sheaf.wallet(name)] as const));
    wallets = Object.fromEntries(entries) as typeof wallets;
    await sheaf.deposit(wallets.alice, ETH, 9_000n);
    await sheaf.deposit(wallets.carol, ETH, 77n);
    await sheaf.transfer(wallets.alice, wallets.carol, ETH, 1_234n);
    await sheaf.proveAndSubmit();
  });
  after(() => sheaf.close());

  it("lets a stranger serve the queue when the operator has stopped", async () => {
    const { alice, bob, stranger } = wallets;
    await sheaf.forceWithdrawal(alice, ETH);
    await sheaf.deposit(bob, ETH, 500n);
    expect(await sheaf.rollup.isOverdue()).to.equal(false);
    await sheaf.passDeadline();
    expect(await sheaf.rollup.isOverdue()).to.equal(true);
    const [report] = await sheaf.proveAndSubmit(undefined, stranger);
    expect(report).to.include({ number: 2, l1Operations: 2 });
    expect(await sheaf.pull(alice, ETH)).to.equal(7_766n);
    expect(sheaf.balance(bob, ETH)).to.equal(500n);
  });

  it("freezes when nobody serves it any more, and everybody leaves", async () => {
    const { bob, carol, dave, stranger } = wallets;
    await sheaf.forceWithdrawal(carol, ETH);
    await sheaf.deposit(dave, ETH, 40n);
    await sheaf.freeze(stranger);

    expect(await sheaf.exit(carol, ETH)).to.equal(1_311n);
    expect(await sheaf.exit(bob, ETH)).to.equal(500n);
    expect(await sheaf.refund(dave)).to.deep.equal(new Map([[ETH, 40n]]));
    expect(await sheaf.pull(carol, ETH)).to.equal(1_311n);
    expect(await sheaf.pull(bob, ETH)).to.equal(500n);
    expect(await sheaf.pull(dave, ETH)).to.equal(40n);
  });

  it("lets nobody leave twice", async () => {
    const { rollup } = sheaf;
    await expect(sheaf.exit(wallets.carol, ETH)).to.be.revertedWithCustomError(rollup, "AlreadyExited");
    await expect(sheaf.refund(wallets.dave)).to.be.revertedWithCustomError(rollup, "AlreadyRefunded");
    await expectCode("ACCOUNT_NOT_FOUND", () => sheaf.exit(wallets.stranger, ETH));
  });

  it("takes no deposit any more, and says so as the contract does", async () => {
    await expect(sheaf.deposit(wallets.dave, ETH, 1n)).to.be.revertedWithCustomError(sheaf.rollup, "RollupFrozen");
  });

  it("has no batch made any more, and says so", async () => {
    await expectCode("ROLLUP_FROZEN", () => sheaf.proveAndSubmit());
  });

  it("leaves empty books, and the burned fees", async () => {
    const { rollup } = sheaf;
    expect(await sheaf.exit(wallets.alice, ETH)).to.equal(0n);
    expect(await rollup.tokenTotal(ETH)).to.equal(0n);
    for (const { address } of Object.values(wallets)) {
      expect(await rollup.withdrawable(ETH, address)).to.equal(0n);
    }
    // Two operations at a time were queued, three times: each first one's fee and each second one's.
    const [first, second] = [2n * 10n ** 14n, 3n * 10n ** 14n];
    const held = await rollup.runner!.provider!.getBalance(rollup);
    expect(held).to.equal(3n * (first + second));
  });
});
