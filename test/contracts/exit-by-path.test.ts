import { expect } from "chai";
import { keccak256 } from "ethers";
import { HASHER_CREATION_CODE } from "../../l1/generated/hasher.ts";
import type { Account } from "../../protocol/account.ts";
import { FIELD_ORDER, TREE_ARITY, TREE_LEVELS } from "../../protocol/constants.ts";
import { EXIT_ACCOUNT } from "../../protocol/packing.ts";
import { RollupState } from "../../protocol/state.ts";
import { creationCode, hasherCode } from "../../scripts/generate/hasher/hasher.ts";
import { pathCall } from "../../wallet/exit.ts";
import type { PathCall } from "../../wallet/l1-rollup.ts";
import { LONG, seeded } from "../support/random.ts";
import {
  createBench,
  nextBatch,
  pathArguments,
  PROOF,
  submit,
  type Bench,
  type Proof,
} from "../support/chain/rollup.ts";

const INDEX = 70_001;
const LAST = 2 ** 32 - 1;

// Against roots of real trees: what is hashed here is what the state machine hashed.
describe("Rollup: exit by path", () => {
  const random = seeded("contracts/exit-by-path");
  let bench: Bench;
  let state: RollupState;
  let call: PathCall;

  const account = (l1Address: string, changes: Partial<Account> = {}): Account => {
    return { pubKeyY: random.field(), l1Address: BigInt(l1Address), token: 1, balance: 9_001n, nonce: 7, ...changes };
  };

  beforeEach(async () => {
    bench = await createBench();
    const { alice, bob, mallory } = bench;
    state = new RollupState();
    state.update(INDEX, account(bob.address));
    state.update(INDEX + 1, account(alice.address, { token: 0, balance: 5n }));
    state.update(INDEX - 8, account(alice.address, { nonce: 0 }));
    state.update(1, account(mallory.address, { pubKeyY: FIELD_ORDER - 1n, balance: 2n ** 128n - 1n, token: 0xffff }));
    state.update(LAST, account(`0x${"ff".repeat(20)}`, { pubKeyY: 0n, balance: 0n, nonce: LAST }));
    call = pathCall(state, INDEX);
  });

  /** Ends the rollup with the state's root as its last. */
  async function freeze(): Promise<void> {
    const { rollup, alice, networkHelpers } = bench;
    await submit(bench, await nextBatch(bench, { newRoot: state.root }));
    await rollup.connect(alice).requestWithdrawal(5, 0, { value: await rollup.queueFee() });
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await rollup.freeze();
  }

  const deployHasher = () => bench.rollup.connect(bench.mallory).deployHasher(HASHER_CREATION_CODE);

  async function frozenWithHasher(): Promise<void> {
    await freeze();
    await deployHasher();
  }

  const exitByPath = (call: PathCall) => bench.rollup.connect(bench.mallory).exitByPath(...pathArguments(call));

  async function exitByProof([index, token, l1Address, balance]: PathCall) {
    const packed = EXIT_ACCOUNT.pack({ index, token, l1Address: BigInt(l1Address) });
    await bench.exitVerifier.expect([...PROOF] as Proof, [state.root, packed, balance]);
    return bench.rollup.exit(index, token, l1Address, balance, [...PROOF] as Proof);
  }

  const refused = (sent: Promise<unknown>, error: string, note?: string) =>
    expect(sent, note).to.be.revertedWithCustomError(bench.rollup, error);

  /** Nothing is sent: a node takes much longer over a transaction that fails. */
  const refusedByPath = (call: PathCall, error: string) =>
    refused(
      bench.rollup.connect(bench.mallory).exitByPath.staticCall(...pathArguments(call)),
      error,
      call.slice(0, 6).join(),
    );

  /** The call with another part. */
  const changed = (place: number, value: unknown): PathCall => call.with(place, value as never) as PathCall;
  const withSibling = (level: number, place: number, value: bigint): PathCall =>
    changed(6, call[6].with(level, call[6][level]!.with(place, value)));

  describe("the hasher", () => {
    it("is deployed by anyone, once, in a frozen rollup or not, where the rollup says that it is", async () => {
      const { rollup, ethers } = bench;
      const address = await rollup.hasher();
      expect(await ethers.provider.getCode(address)).to.equal("0x");
      await deployHasher();
      expect(await ethers.provider.getCode(address)).to.equal(`0x${hasherCode().toString("hex")}`);
      await refused(deployHasher(), "FailedDeployment");
    });

    it("has one code, of the constants that circomlibjs has", async () => {
      expect(HASHER_CREATION_CODE).to.equal(`0x${creationCode(hasherCode()).toString("hex")}`);
      const { rollup, ethers } = bench;
      const address = ethers.getCreate2Address(
        await rollup.getAddress(),
        `0x${"00".repeat(32)}`,
        keccak256(HASHER_CREATION_CODE),
      );
      expect(await rollup.hasher()).to.equal(address);
    });

    it("is no contract of another code", async () => {
      const last = HASHER_CREATION_CODE.length - 2;
      const others = [
        "0x",
        `${HASHER_CREATION_CODE}00`,
        HASHER_CREATION_CODE.slice(0, last),
        `${HASHER_CREATION_CODE.slice(0, last)}${HASHER_CREATION_CODE.endsWith("00") ? "01" : "00"}`,
        // Whatever it is called with, it gives 1.
        "0x6960015f5260205ff35f5260096017f3",
      ];
      for (const code of others) await refused(bench.rollup.deployHasher(code), "WrongHasher");
    });

    it("has to be there", async () => {
      await freeze();
      await refusedByPath(call, "AddressEmptyCode");
      await deployHasher();
      await exitByPath(call);
    });
  });

  it("credits the account's L1 address, whoever calls, as an exit by a proof does", async () => {
    const { rollup, bob, token } = bench;
    await token.mint(bench.alice, 9_001n);
    await token.connect(bench.alice).approve(rollup, 9_001n);
    await rollup.connect(bench.alice).deposit(1, 9_001n, 1n, bob, bob, { value: 10n ** 18n });
    await frozenWithHasher();
    expect(await rollup.hasExited(INDEX)).to.equal(false);
    const sent = exitByPath(call);
    await expect(sent).to.emit(rollup, "Exited").withArgs(INDEX, 1, bob.address, 9_001n);
    await expect(sent).to.emit(rollup, "WithdrawalCredited").withArgs(1, bob.address, 9_001n);
    expect(await rollup.hasExited(INDEX)).to.equal(true);
    expect(await rollup.withdrawable(1, bob)).to.equal(9_001n);
    expect(await rollup.tokenTotal(1)).to.equal(9_001n);
    await expect(rollup.withdraw(1, bob)).to.changeTokenBalance(bench.ethers, token, bob, 9_001n);
  });

  it("takes every account of the state, at the ends of all ranges too", async () => {
    await frozenWithHasher();
    for (const index of state.accounts().keys()) {
      await exitByPath(pathCall(state, index));
      expect(await bench.rollup.hasExited(index), `${index}`).to.equal(true);
    }
  });

  it("takes accounts of random states", async () => {
    const indexes = Array.from({ length: LONG ? 100 : 4 }, () => Number(1n + random.below(2n ** 32n - 1n)));
    for (const index of indexes) {
      const l1Address = `0x${random
        .below(2n ** 160n)
        .toString(16)
        .padStart(40, "0")}`;
      const [balance, nonce] = [random.below(2n ** 100n), Number(random.below(2n ** 32n))];
      state.update(index, account(l1Address, { balance, nonce, token: Number(random.below(2n ** 16n)) }));
    }
    await frozenWithHasher();
    for (const index of indexes) await exitByPath(pathCall(state, index));
  });

  it("is not there before the rollup is frozen", async () => {
    await submit(bench, await nextBatch(bench, { newRoot: state.root }));
    await deployHasher();
    await refusedByPath(call, "NotFrozen");
  });

  it("happens once a leaf, by either way and in either order", async () => {
    await frozenWithHasher();
    await exitByPath(call);
    await refusedByPath(call, "AlreadyExited");
    await refused(exitByProof(call), "AlreadyExited");
    const other = pathCall(state, INDEX + 1);
    await exitByProof(other);
    await refused(exitByProof(other), "AlreadyExited");
    await refusedByPath(other, "AlreadyExited");
    expect(await bench.rollup.withdrawable(1, call[2])).to.equal(9_001n);
    expect(await bench.rollup.withdrawable(0, other[2])).to.equal(5n);
  });

  it("takes no leaf with another part, nor one at another index", async () => {
    await frozenWithHasher();
    const changes: readonly PathCall[] = [
      ...[INDEX + 1, INDEX - 1, INDEX + 8, INDEX ^ (1 << 30), 0, LAST].map((index) => changed(0, index)),
      ...[0, 2, 0xffff].map((token) => changed(1, token)),
      changed(2, bench.mallory.address),
      ...[9_000n, 9_002n, 0n, 2n ** 128n - 1n].map((balance) => changed(3, balance)),
      ...[0n, call[4] - 1n, FIELD_ORDER - 1n].map((pubKeyY) => changed(4, pubKeyY)),
      ...[6, 8, 0].map((nonce) => changed(5, nonce)),
      // The parts of the packed element, each as much too large as another is too small.
      changed(0, INDEX + 2).with(1, 0) as PathCall,
      changed(1, 2).with(5, 6) as PathCall,
      // Its neighbour's place.
      pathCall(state, INDEX + 1).with(3, 9_001n) as PathCall,
    ];
    for (const forged of changes) await refusedByPath(forged, "WrongPath");
    expect(await bench.rollup.hasExited(INDEX)).to.equal(false);
    await exitByPath(call);
  });

  it("takes no path with another node, nor an account of another state", async () => {
    await frozenWithHasher();
    for (let level = 0; level < TREE_LEVELS; level++) {
      const place = Number(random.below(BigInt(TREE_ARITY - 1)));
      const node = call[6][level]![place]!;
      const forged = withSibling(level, place, (node + 1n) % FIELD_ORDER);
      await refusedByPath(forged, "WrongPath");
    }
    const swapped = changed(6, call[6].with(0, call[6][0]!.toReversed()));
    await refusedByPath(swapped, "WrongPath");
    const later = state.fork();
    later.update(INDEX, { ...later.account(INDEX)!, balance: 9_002n });
    await refusedByPath(pathCall(later, INDEX), "WrongPath");
  });

  it("takes no path of another length", async () => {
    await frozenWithHasher();
    // A path that begins a level higher or lower: what it is too short by is filled with zeros.
    const levels = call[6];
    const zeros = new Array<bigint>(TREE_ARITY - 1).fill(0n);
    for (const siblings of [
      [...levels.slice(1), zeros],
      [zeros, ...levels.slice(0, -1)],
    ]) {
      await refusedByPath(changed(6, siblings), "WrongPath");
    }
    const { rollup, mallory, ethers } = bench;
    const data = rollup.interface.encodeFunctionData("exitByPath", pathArguments(call) as never);
    const to = await rollup.getAddress();
    const short = data.slice(0, -64 * (TREE_ARITY - 1));
    await expect(mallory.sendTransaction({ to, data: short })).to.be.revertedWithoutReason(ethers);
  });

  it("takes no number that is out of range, though it may stand for the right one", async () => {
    await frozenWithHasher();
    const { rollup, mallory, ethers } = bench;
    await refusedByPath(changed(4, call[4] + FIELD_ORDER), "KeyNotInField");
    await refusedByPath(pathCall(state, LAST).with(4, FIELD_ORDER) as PathCall, "KeyNotInField");
    const place = call[6][0]!.findIndex((node) => node !== 0n);
    for (const node of [call[6][0]![place]! + FIELD_ORDER, FIELD_ORDER, 2n ** 256n - 1n]) {
      await refusedByPath(withSibling(0, place, node), "NodeNotInField");
    }
    const last = call[6][TREE_LEVELS - 1]!.at(-1)!;
    await refusedByPath(withSibling(TREE_LEVELS - 1, TREE_ARITY - 2, last + FIELD_ORDER), "NodeNotInField");
    // Index, token, address, balance and nonce with a bit more than they have.
    const data = rollup.interface.encodeFunctionData("exitByPath", pathArguments(call) as never);
    for (const [word, bits] of [
      [0, 32],
      [1, 16],
      [2, 160],
      [3, 128],
      [5, 32],
    ] as const) {
      const start = 10 + 64 * word;
      const value = BigInt(`0x${data.slice(start, start + 64)}`) + 2n ** BigInt(bits);
      const dirty = data.slice(0, start) + value.toString(16).padStart(64, "0") + data.slice(start + 64);
      const sent = mallory.sendTransaction({ to: await rollup.getAddress(), data: dirty });
      await expect(sent, `${word}`).to.be.revertedWithoutReason(ethers);
    }
  });

  it("does not happen within a payout", async () => {
    const { rollup, ethers, owner, networkHelpers, bob } = bench;
    const token = await ethers.deployContract("ReentrantToken");
    await rollup.connect(owner).registerToken(token);
    await token.mint(rollup, 100n);
    state.update(9, account(bob.address, { token: 2, balance: 7n }));
    call = pathCall(state, INDEX);
    await frozenWithHasher();
    await exitByPath(pathCall(state, 9));
    await networkHelpers.setStorageAt(
      await rollup.getAddress(),
      ethers.solidityPackedKeccak256(["uint256", "uint256"], [2, 7]),
      7n,
    );
    await token.arm(rollup, rollup.interface.encodeFunctionData("exitByPath", pathArguments(call) as never));
    await refused(rollup.withdraw(2, bob), "ReentrancyGuardReentrantCall");
  });
});
