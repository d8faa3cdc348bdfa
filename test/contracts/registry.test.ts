import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { EMPTY_NODES } from "../../protocol/tree.ts";
import { createBench, EXIT_HASHES, HASHES, nextBatch, SIZES, submit, type Bench } from "../support/chain/rollup.ts";

describe("Rollup: tokens, operator and batch sizes", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });

  it("starts empty, with ETH as token 0", async () => {
    const { rollup, ethers } = bench;
    expect(await rollup.stateRoot()).to.equal(EMPTY_NODES.at(-1));
    expect(await rollup.tokenAddress(0)).to.equal(ethers.ZeroAddress);
    expect(await rollup.batchNumber()).to.equal(0n);
    expect(await rollup.lastTimestamp()).to.equal(0n);
    expect(await rollup.batchChain()).to.equal(ethers.ZeroHash);
  });

  it("gives tokens their ids in order", async () => {
    const { rollup, token, owner, ethers } = bench;
    const second = await ethers.deployContract("NoReturnToken");
    await expect(rollup.connect(owner).registerToken(second))
      .to.emit(rollup, "TokenRegistered")
      .withArgs(2, await second.getAddress());
    expect(await rollup.tokenCount()).to.equal(3n);
    expect(await rollup.tokenAddress(1)).to.equal(await token.getAddress());
    expect(await rollup.tokenAddress(2)).to.equal(await second.getAddress());
  });

  it("refuses a token twice, an address without code, and anyone but the owner", async () => {
    const { rollup, token, owner, mallory } = bench;
    const registry = rollup.connect(owner);
    await expect(registry.registerToken(token)).to.be.revertedWithCustomError(rollup, "TokenAlreadyRegistered");
    await expect(registry.registerToken(mallory)).to.be.revertedWithCustomError(rollup, "NotAContract");
    await expect(rollup.connect(mallory).registerToken(rollup)).to.be.revertedWithCustomError(
      rollup,
      "OwnableUnauthorizedAccount",
    );
  });

  it("lets the owner alone name the operator, and never nobody", async () => {
    const { rollup, owner, mallory, ethers } = bench;
    await expect(rollup.connect(owner).setOperator(mallory))
      .to.emit(rollup, "OperatorChanged")
      .withArgs(mallory.address);
    expect(await rollup.operator()).to.equal(mallory.address);
    await expect(rollup.connect(owner).setOperator(ethers.ZeroAddress)).to.be.revertedWithCustomError(
      rollup,
      "ZeroAddress",
    );
    await expect(rollup.connect(mallory).setOperator(mallory)).to.be.revertedWithCustomError(
      rollup,
      "OwnableUnauthorizedAccount",
    );
  });

  it("lets the owner alone stop deposits, and nothing else", async () => {
    const { rollup, owner, alice, mallory } = bench;
    const value = 10n ** 18n;
    const deposit = () => rollup.connect(alice).deposit(0, 5n, 6n, alice, alice, { value });
    await expect(rollup.connect(mallory).setDepositsPaused(true)).to.be.revertedWithCustomError(
      rollup,
      "OwnableUnauthorizedAccount",
    );
    await expect(rollup.connect(owner).setDepositsPaused(true)).to.emit(rollup, "DepositsPaused").withArgs(true);
    expect(await rollup.depositsPaused()).to.equal(true);
    await expect(deposit()).to.be.revertedWithCustomError(rollup, "DepositsArePaused");
    await rollup.connect(alice).requestWithdrawal(5, 0, { value });
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(alice.address), amount: 0n }];
    await submit(bench, await nextBatch(bench, { withdrawals }));
    await rollup.connect(owner).setDepositsPaused(false);
    await deposit();
  });

  it("changes owners in two steps", async () => {
    const { rollup, owner, alice } = bench;
    await rollup.connect(owner).transferOwnership(alice);
    expect(await rollup.owner()).to.equal(owner.address);
    await rollup.connect(alice).acceptOwnership();
    expect(await rollup.owner()).to.equal(alice.address);
  });

  it("keeps the sizes and the hashes of their files", async () => {
    const { rollup, acceptAll } = bench;
    expect(await rollup.batchSizeCount()).to.equal(2n);
    const size = await rollup.batchSize(0);
    expect(size.verifier).to.equal(await acceptAll.getAddress());
    expect([size.transfers, size.l1Operations, size.withdrawals]).to.deep.equal([4n, 3n, 2n]);
    expect([size.circuitHash, size.keyHash]).to.deep.equal([HASHES.circuitHash, HASHES.keyHash]);
    await expect(rollup.batchSize(2)).to.be.revertedWithCustomError(rollup, "UnknownBatchSize");
    expect(await rollup.jointVerifier()).to.equal(await bench.jointVerifier.getAddress());
    const { verifier, circuitHash, keyHash } = await rollup.exitCircuit();
    expect(verifier).to.equal(await bench.exitVerifier.getAddress());
    expect([circuitHash, keyHash]).to.deep.equal([EXIT_HASHES.circuitHash, EXIT_HASHES.keyHash]);
  });

  it("refuses a deployment without sizes, with too many, with one that cannot serve, or without a verifier", async () => {
    const { rollup, acceptAll, owner, operator, ethers, mallory } = bench;
    const verifier = await acceptAll.getAddress();
    const size = { ...SIZES[0], verifier, ...HASHES };
    const deploy = (
      sizes: object[],
      exitCircuit: object = bench.exitCircuit,
      joint: string = verifier,
      opener: string = ZeroAddress,
    ) => ethers.deployContract("Rollup", [owner.address, operator.address, sizes, exitCircuit, joint, opener]);
    const refusal = (sizes: object[], error: string) =>
      expect(deploy(sizes)).to.be.revertedWithCustomError(rollup, error);
    await refusal([], "WrongNumberOfBatchSizes");
    await refusal(
      Array.from({ length: 7 }, () => size),
      "WrongNumberOfBatchSizes",
    );
    await refusal([size, { ...size, l1Operations: 0 }], "InvalidBatchSize");
    await refusal([size, { ...size, transfers: 5 }], "InvalidBatchSize");
    await refusal([size, { ...size, verifier: mallory.address }], "NotAContract");
    await expect(deploy([size], { ...bench.exitCircuit, verifier: mallory.address })).to.be.revertedWithCustomError(
      rollup,
      "NotAContract",
    );
    await expect(deploy([size], bench.exitCircuit, mallory.address)).to.be.revertedWithCustomError(
      rollup,
      "NotAContract",
    );
    await expect(deploy([size], bench.exitCircuit, verifier, mallory.address)).to.be.revertedWithCustomError(
      rollup,
      "NotAContract",
    );
    await deploy(Array.from({ length: 6 }, () => size));
    const withBlobs = await deploy([size], bench.exitCircuit, verifier, verifier);
    expect(await withBlobs.blobOpener()).to.equal(verifier);
    expect(await rollup.blobOpener()).to.equal(ZeroAddress);
  });

  it("has room for the sizes of the protocol", () => {
    expect(BATCH_SIZES.length).to.be.lessThanOrEqual(6);
    for (const size of BATCH_SIZES) expect(size.l1Operations).to.be.greaterThan(0);
  });
});
