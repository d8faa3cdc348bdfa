import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { HASHER_CREATION_CODE } from "../../l1/generated/hasher.ts";
import { RollupState } from "../../protocol/state.ts";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import { pathCall } from "../../wallet/exit.ts";
import { minedOn, replayed, type Fork, type Mined, type Outcome } from "../support/chain/replayed-chain.ts";
import {
  BENEFICIARY,
  COMMITMENT,
  createBench,
  nextBatch,
  pathArguments,
  PROOF,
  SIZES,
  submit,
  type Bench,
  type Proof,
} from "../support/chain/rollup.ts";
import { transferGas } from "../support/chain/transfer-gas.ts";

/** As Hardhat's network counts, and as @ethereumjs/vm does by the rules of Ethereum's next fork. */
const SNAPSHOTS = {
  osaka: new URL("gas.json", import.meta.url),
  amsterdam: new URL("gas-amsterdam.json", import.meta.url),
};

/** What a transfer of a full batch may cost, the verifier, calldata and the transaction itself included. */
const LIMITS: Readonly<Record<Fork, Readonly<Record<string, number>>>> = {
  osaka: {
    ...{ "a transfer in batch-64": 4_550, "a transfer in batch-320": 1_150 },
    ...{ "a transfer in batch-64, 8 in a call": 1_850, "a transfer in batch-320, 8 in a call": 715 },
  },
  amsterdam: {
    ...{ "a transfer in batch-64": 4_800, "a transfer in batch-320": 1_200 },
    ...{ "a transfer in batch-64, 8 in a call": 1_900, "a transfer in batch-320, 8 in a call": 1_150 },
  },
};

const TITLES: Readonly<Record<Fork, string>> = { osaka: "Osaka", amsterdam: "Glamsterdam" };
const cellsOf = (row: string): readonly string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

// Without the verifier, but for a transfer's share of a full batch: a verifier that accepts everything stands in for it, so that the numbers are the contract's own.
describe("Rollup: gas", function () {
  this.timeout("5m");
  let bench: Bench;
  const measured: Record<string, number> = {};
  const hashes: Record<string, string> = {};
  /** The chain when the rollup was frozen by a contradiction, which was taken back, and at its end. */
  const chains: (readonly Mined[])[] = [];
  let shares: Readonly<Record<Fork, Readonly<Record<string, number>>>>;

  before(async () => {
    bench = await createBench();
    const { rollup, token, alice, bob, mallory, ethers, networkHelpers, acceptAll, expecting, exitVerifier } = bench;
    await networkHelpers.setCode(await expecting.getAddress(), await ethers.provider.getCode(acceptAll));
    await token.mint(alice, 10n ** 9n);
    await token.connect(alice).approve(rollup, 10n ** 9n);
    const value = 10n ** 18n;
    await record("deployment", rollup.deploymentTransaction()!);
    await rollup.connect(alice).deposit(0, 1_000_000n, 5n, alice, bob, { value });
    await record("deposit of ETH", rollup.connect(alice).deposit(0, 1_000_000n, 5n, alice, bob, { value }));
    await rollup.connect(alice).deposit(1, 1_000_000n, 5n, alice, bob, { value });
    await record("deposit of a token", rollup.connect(alice).deposit(1, 1_000_000n, 5n, alice, bob, { value }));
    await record("forced withdrawal", rollup.connect(bob).requestWithdrawal(9, 0, { value }));

    const deposit = {
      kind: "deposit",
      index: 50,
      token: 0,
      l1Address: BigInt(alice.address),
      pubKeyY: 5n,
      amount: 1_000_000n,
    } as const;
    const l1Operations = [deposit, deposit, { ...deposit, token: 1 }];
    const refundAddresses = l1Operations.map(() => bob.address);
    await submit(bench, await nextBatch(bench, { newRoot: 3n ** 150n, l1Operations }), { refundAddresses });
    await recordBatch("batch of 0 transfers", 0, {});
    await recordBatch("batch of 40 transfers", 1, { transfers: transfers(40) });
    await recordBatch("batch of 24 transfers", 1, { transfers: transfers(24) });
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(bob.address), amount: 77n }];
    await recordBatch("batch of 1 withdrawal", 0, { withdrawals });
    const creation = {
      kind: "creation",
      index: 51,
      token: 1,
      l1Address: BigInt(alice.address),
      pubKeyY: 3n ** 150n,
    } as const;
    await recordBatch("batch of 1 creation", 0, { l1Operations: [creation] });
    const operations = [{ ...deposit, token: 1 }];
    await recordBatch("batch of 1 deposit", 0, { l1Operations: operations }, [bob.address]);
    await record("withdrawal of ETH", rollup.connect(bob).withdraw(0, bob));
    await submit(bench, await nextBatch(bench, { newRoot: 3n ** 148n, token: 1, withdrawals }));
    await record("withdrawal of a token", rollup.connect(bob).withdraw(1, bob));

    const claim = async (newRoot: bigint) => {
      const words = encodeWords(SIZES[0], await nextBatch(bench, { newRoot }));
      return { proof: [...PROOF], c: COMMITMENT, words, beneficiary: BENEFICIARY };
    };
    const frozen = await networkHelpers.takeSnapshot();
    const contradiction = rollup.freezeByContradiction(0, await claim(3n ** 149n), await claim(3n ** 150n));
    await record("freeze by contradiction", contradiction);
    chains.push(await minedOn(ethers.provider));
    await frozen.restore();
    const state = new RollupState();
    for (let index = 71_000; index < 71_008; index++) {
      const [l1Address, pubKeyY] = [BigInt(alice.address), 3n ** 150n];
      state.update(index, { pubKeyY, l1Address, token: 0, balance: 1_000n, nonce: 9 });
    }
    await submit(bench, await nextBatch(bench, { newRoot: state.root }));
    await rollup.connect(alice).deposit(0, 1_000_000n, 5n, alice, bob, { value });
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await record("freeze", rollup.freeze());
    await networkHelpers.setCode(await exitVerifier.getAddress(), await ethers.provider.getCode(acceptAll));
    await record("exit", rollup.exit(70_001, 0, mallory, 1_000n, [...PROOF] as Proof));
    await record("exit, index of the same 256", rollup.exit(70_002, 0, bob, 1_000n, [...PROOF] as Proof));
    await record("deployment of the hasher", rollup.deployHasher(HASHER_CREATION_CODE));
    await record("exit by path", rollup.exitByPath(...pathArguments(pathCall(state, 71_003))));
    const { tail } = await rollup.queueBounds();
    await record("refund of a deposit", rollup.refundDeposit(tail - 1n, 0, 1_000_000n, 5n, alice, bob));
    chains.push(await minedOn(ethers.provider));
    const [osaka, amsterdam] = await transferGas(["osaka", "amsterdam"]);
    shares = { osaka: osaka!, amsterdam: amsterdam! };
  });

  for (const fork of ["osaka", "amsterdam"] as const) {
    describe(`by the rules of ${fork}`, () => {
      let gas: Readonly<Record<string, number>>;
      before(async () => (gas = { ...derived(await replayedGas(fork)), ...shares[fork] }));

      it("of a transfer is within its limits", () => {
        for (const [name, limit] of Object.entries(LIMITS[fork])) expect(gas[name], name).to.be.at.most(limit);
      });

      it("is as in the snapshot", () => {
        const snapshot = SNAPSHOTS[fork];
        if (process.env.UPDATE_SNAPSHOTS === "1") writeFileSync(snapshot, `${JSON.stringify(gas, null, 2)}\n`);
        expect(existsSync(snapshot), "no snapshot: run with UPDATE_SNAPSHOTS=1").to.equal(true);
        expect(gas).to.deep.equal(JSON.parse(readFileSync(snapshot, "utf8")));
      });

      it("is what docs/contracts.md says", () => {
        const text = readFileSync(new URL("../../docs/contracts.md", import.meta.url), "utf8");
        const [head, , ...rows] = /^\| what .*Osaka.*\n(\|.*\n)+/m.exec(text)![0].trim().split("\n").map(cellsOf);
        const column = head!.indexOf(TITLES[fork]);
        expect(rows.map(([name]) => name)).to.include.members(Object.keys(LIMITS[fork]));
        for (const row of rows) expect(row[column], row[0]).to.equal(gas[row[0]!]!.toLocaleString("en"));
      });
    });
  }

  it("is the same to a thousandth as Hardhat's network counts, which has another EVM", async () => {
    const osaka = await replayedGas("osaka");
    for (const [name, gas] of Object.entries(measured)) {
      expect(Math.abs(osaka[name]! - gas) / gas, name).to.be.below(0.001);
    }
  });

  it("leaves the contract within the limit of EIP-170", async () => {
    const code = await bench.ethers.provider.getCode(bench.rollup);
    expect(bench.ethers.dataLength(code)).to.be.lessThan(24_577);
  });

  async function record(
    name: string,
    call: Promise<ContractTransactionResponse> | ContractTransactionResponse,
  ): Promise<void> {
    const receipt = await (await call).wait();
    measured[name] = Number(receipt!.gasUsed);
    hashes[name] = receipt!.hash;
  }

  /** Gas of all that was recorded, as another EVM counts it. */
  async function replayedGas(fork: Fork): Promise<Readonly<Record<string, number>>> {
    const [accept, ...others] = await Promise.all(
      [bench.acceptAll, bench.expecting, bench.exitVerifier].map((verifier) => verifier.getAddress()),
    );
    const codes = new Map(others.map((other) => [other, accept!]));
    const outcomes = new Map<string, Outcome>();
    for (const chain of chains) {
      for (const [hash, outcome] of await replayed(chain, fork, { codes })) outcomes.set(hash, outcome);
    }
    for (const { error } of outcomes.values()) expect(error).to.equal(undefined);
    return Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, outcomes.get(hash)!.gas]));
  }

  /** With what follows from the difference between two batches. */
  const derived = (gas: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
    const batch = (contents: string): number => gas[`batch of ${contents}`]!;
    return {
      ...gas,
      "a transfer, without the verifier's share": Math.round((batch("40 transfers") - batch("24 transfers")) / 16),
      "a withdrawal in a batch, new credit": batch("1 withdrawal") - batch("0 transfers"),
      "a creation in a batch": batch("1 creation") - batch("0 transfers"),
      "the first deposit in a batch": batch("1 deposit") - batch("0 transfers"),
    };
  };

  async function recordBatch(
    name: string,
    size: number,
    changes: Partial<PublishedBatch>,
    refundAddresses: string[] = [],
  ): Promise<void> {
    // Roots of full length, so that calldata costs the same in each batch.
    const newRoot = 3n ** 150n + BigInt(await bench.rollup.batchNumber());
    await record(name, submit(bench, await nextBatch(bench, { newRoot, ...changes }), { size, refundAddresses }));
  }

  const transfers = (count: number) =>
    Array.from({ length: count }, (_, row) => ({
      from: 0x3131_3131 + row,
      to: 0x4242_4242 + row,
      amount: 0x5_1515_1515n + BigInt(row),
      fee: 0x616n + BigInt(row),
    }));
});
