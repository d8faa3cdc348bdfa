import { expect } from "chai";
import { BrowserProvider, getBytes } from "ethers";
import { network } from "hardhat";
import { addTestToken, deploySheaf, ETH, type Sheaf, type Wallet } from "../../fixture/index.ts";
import { packBatches, type PackedBatch } from "../../l1/packed-batches.ts";
import { signTransfer } from "../../protocol/operations.ts";
import { nodesLimit } from "../support/chain/batch-limits.ts";
import { minedOn, replayed } from "../support/chain/replayed-chain.ts";
import { expectCode } from "../support/errors.ts";

type SubmitBatchArguments = [bigint, bigint[], bigint, string, string[], string];

describe("fixture", function () {
  // The first run builds circuit and keys.
  this.timeout(600_000);
  let provider: Awaited<ReturnType<typeof network.create>>["provider"];
  let sheaf: Sheaf;
  let token: number;
  let alice: Wallet;
  let carol: Wallet;
  /** Of L1, before two batches in a row. */
  let snapshot: string;
  before(async () => {
    ({ provider } = await network.create());
    sheaf = await deploySheaf(provider);
    token = await addTestToken(sheaf, "Test token", "TEST");
    [alice, carol] = [await sheaf.wallet("alice"), await sheaf.wallet("carol")];
    await sheaf.deposit(alice, token, 9_000n);
  });
  after(() => sheaf.close());

  it("moves an ERC-20, and lets its owner out by force", async () => {
    await sheaf.transfer(alice, carol, token, 1_234n);
    const [report] = await sheaf.proveAndSubmit();
    expect(report).to.include({ number: 1, token, l1Operations: 2, transfers: 1, withdrawals: 0, accountsTouched: 2 });
    expect(sheaf.balance(alice, token)).to.equal(7_766n);

    await sheaf.forceWithdrawal(carol, token);
    await sheaf.proveAndSubmit();
    expect(await sheaf.pull(carol, token)).to.equal(1_234n);
    expect(await sheaf.balanceOnL1(carol, token)).to.equal(1_234n);
    expect(sheaf.balance(carol, token)).to.equal(0n);
  });

  it("goes the same way by the rules of both forks in another EVM, within a node's gas limits", async () => {
    const mined = await minedOn(new BrowserProvider(provider));
    for (const fork of ["osaka", "amsterdam"] as const) {
      const limitOf = nodesLimit(fork);
      const outcomes = await replayed(mined, fork, { limitOf });
      for (const [hash, { error }] of outcomes) expect(error, hash).to.equal(undefined);
    }
    expect(mined.filter((transaction) => nodesLimit("osaka")(transaction) !== undefined)).to.have.length(2);
  });

  it("proves for a beneficiary: whoever copies the proof from the mempool has none", async () => {
    const { rollup } = sheaf;
    const [event] = await rollup.queryFilter(rollup.filters.BatchSubmitted(1n));
    const { from, data } = await event!.getTransaction();
    const args = rollup.interface.decodeFunctionData("submitBatch", data).toArray(true);
    expect(args.at(-1)).to.equal(event!.args.beneficiary);
    // As if sent for another right before the batch was mined.
    const sent = (beneficiary: string): Promise<unknown> => {
      const call = rollup.interface.encodeFunctionData("submitBatch", args.with(-1, beneficiary) as never);
      return rollup.runner!.provider!.call({ from, to: rollup.target, data: call, blockTag: event!.blockNumber - 1 });
    };
    const copier = await carol.signer.getAddress();
    await expect(sent(copier)).to.be.revertedWithCustomError(rollup, "InvalidProof");
    await sent(event!.args.beneficiary);
  });

  it("keeps a transfer until it is good, and then proves it", async () => {
    const { node } = sheaf;
    await sheaf.deposit(carol, token, 1n);
    await sheaf.proveAndSubmit();
    const [from, to] = [alice, carol].map(({ owner }) => node.find(owner, token)!) as [number, number];
    const { timestamp } = (await sheaf.rollup.runner!.provider!.getBlock("latest"))!;
    const validFrom = timestamp + 86_400;
    const fields = { from, to, token, amount: 3n, fee: 0n, nonce: node.reserved(from)!.nonce, validFrom };
    const before = sheaf.balance(carol, token);
    const { id } = await node.submit({ kind: "transfer", operation: signTransfer(alice.key, node.domain, fields) });
    expect(await sheaf.proveAndSubmit()).to.deep.equal([]);
    expect(node.early.get(id)!.due).to.equal(validFrom);
    expect(sheaf.balance(carol, token)).to.equal(before);
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [validFrom] });
    await provider.request({ method: "evm_mine" });
    for (let look = 0; look < 4; look++) await node.look();
    const [report] = await sheaf.proveAndSubmit();
    expect(report).to.include({ transfers: 1 });
    expect(sheaf.balance(carol, token)).to.equal(before + 3n);
    expect(node.pool.operations.find(id)!.status).to.equal("verified");
  });

  it("says why an operation cannot be executed", async () => {
    await expectCode("ACCOUNT_NOT_FOUND", () => sheaf.withdraw(carol, ETH, 1n));
    await sheaf.withdraw(alice, token, 9_001n);
    await expectCode("BALANCE_INSUFFICIENT", () => sheaf.proveAndSubmit());
  });

  it("takes payments in whichever order, if one pays for the other, and goes on after a proof that failed", async () => {
    await sheaf.deposit(carol, token, 1n);
    // Each looks at L1, where there is something new.
    const looks = [alice, carol].map((wallet) =>
      expectCode("ACCOUNT_NOT_FOUND", () => sheaf.withdraw(wallet, ETH, 1n)),
    );
    await Promise.all(looks);
    snapshot = (await provider.request({ method: "evm_snapshot" })) as string;
    await sheaf.transfer(carol, alice, token, 5n);
    await sheaf.transfer(alice, carol, token, 7n);
    const reports = [...(await sheaf.proveAndSubmit())];
    await sheaf.withdraw(carol, token, 3n);
    const failure = await sheaf
      .proveAndSubmit(() => Promise.reject(new Error("no proof")))
      .catch((error: unknown) => error);
    expect(failure).to.have.property("message", "no proof");
    reports.push(...(await sheaf.proveAndSubmit()));
    const rows = reports.map(({ number, l1Operations, ...done }) => [
      ...[number, l1Operations, done.transfers, done.withdrawals],
    ]);
    expect(rows).to.deep.equal([
      [5, 1, 2, 0],
      [6, 0, 0, 1],
    ]);
    expect([sheaf.balance(alice, token), sheaf.balance(carol, token)]).to.deep.equal([7_761n, 4n]);
    expect(await sheaf.proveAndSubmit()).to.deep.equal([]);
    await Promise.all([sheaf.close(), sheaf.close()]);
  });

  it("has proofs that L1 takes together too, and not if their parts are exchanged", async () => {
    const { rollup } = sheaf;
    const root = await rollup.stateRoot();
    const events = await rollup.queryFilter(rollup.filters.BatchSubmitted());
    const sent = await Promise.all(events.slice(-2).map((event) => event.getTransaction()));
    const batches = sent.map(({ data }): PackedBatch => {
      const args = rollup.interface.decodeFunctionData("submitBatch", data).toArray(true);
      const [size, proof, c, words, refundAddresses, beneficiary] = args as SubmitBatchArguments;
      return { size: Number(size), proof, c, words: getBytes(words), refundAddresses, beneficiary };
    });
    await provider.request({ method: "evm_revert", params: [snapshot] });
    expect(await rollup.stateRoot()).not.to.equal(root);
    const operator = await new BrowserProvider(provider).getSigner(sent[0]!.from);
    const submit = (all: readonly PackedBatch[]) => rollup.connect(operator).submitBatches(packBatches(all));
    const [one, other] = batches as [PackedBatch, PackedBatch];
    const exchanged = [
      { ...one, proof: [...one.proof.slice(0, 6), ...other.proof.slice(6)] },
      { ...other, proof: [...other.proof.slice(0, 6), ...one.proof.slice(6)] },
    ];
    await expect(submit(exchanged)).to.be.revertedWithCustomError(rollup, "InvalidProof");
    await submit(batches);
    expect(await rollup.stateRoot()).to.equal(root);
  });
});
