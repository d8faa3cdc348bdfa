import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { encodeWords, type PublishedBatch } from "../../protocol/words.ts";
import { transferGas } from "../support/transferGas.ts";
import { COMMITMENT, createBench, nextBatch, PROOF, SIZES, submit, type Bench, type Proof } from "../support/rollup.ts";

const SNAPSHOT = new URL("gas.json", import.meta.url);

/** What a transfer of a full batch may cost, the verifier, calldata and the transaction itself included. */
const LIMITS: Readonly<Record<string, number>> = {
  "a transfer in batch-64": 4_600,
  "a transfer in batch-256": 1_350,
};

// Without the verifier, but for a transfer's share of a full batch: a verifier that accepts everything stands in for it, so that the numbers are the contract's own.
describe("Rollup: gas", () => {
  let bench: Bench;
  const measured: Record<string, number> = {};

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
    const none = await recordBatch("batch of 0 transfers", 0, {});
    const forty = await recordBatch("batch of 40 transfers", 1, { transfers: transfers(40) });
    const sparse = await recordBatch("batch of 24 transfers", 1, { transfers: transfers(24) });
    measured["a transfer, without the verifier's share"] = Math.round((forty - sparse) / 16);
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(bob.address), amount: 77n }];
    measured["a withdrawal in a batch, new credit"] =
      (await recordBatch("batch of 1 withdrawal", 0, { withdrawals })) - none;
    const operations = [{ ...deposit, token: 1 }];
    measured["a deposit in a batch"] =
      (await recordBatch("batch of 1 deposit", 0, { l1Operations: operations }, [bob.address])) - none;
    await record("withdrawal of ETH", rollup.connect(bob).withdraw(0, bob));
    await submit(bench, await nextBatch(bench, { newRoot: 3n ** 148n, token: 1, withdrawals }));
    await record("withdrawal of a token", rollup.connect(bob).withdraw(1, bob));

    const claim = async (newRoot: bigint) => {
      const words = encodeWords(SIZES[0], await nextBatch(bench, { newRoot }));
      return { proof: [...PROOF], c: COMMITMENT, words };
    };
    const frozen = await networkHelpers.takeSnapshot();
    const contradiction = rollup.freezeByContradiction(0, await claim(3n ** 149n), await claim(3n ** 150n));
    await record("freeze by contradiction", contradiction);
    await frozen.restore();
    await rollup.connect(alice).deposit(0, 1_000_000n, 5n, alice, bob, { value });
    await networkHelpers.time.increaseTo((await rollup.freezeTime()) + 1n);
    await record("freeze", rollup.freeze());
    await networkHelpers.setCode(await exitVerifier.getAddress(), await ethers.provider.getCode(acceptAll));
    await record("exit", rollup.exit(70_001, 0, mallory, 1_000n, [...PROOF] as Proof));
    await record("exit, index of the same 256", rollup.exit(70_002, 0, bob, 1_000n, [...PROOF] as Proof));
    const { tail } = await rollup.queueBounds();
    await record("refund of a deposit", rollup.refundDeposit(tail - 1n, 0, 1_000_000n, 5n, alice, bob));
  });

  it("of a transfer is within its limits", async () => {
    for (const [name, gas] of Object.entries(await transferGas())) {
      measured[name] = gas;
      expect(gas, name).to.be.at.most(LIMITS[name] ?? Infinity);
    }
  });

  it("is as in the snapshot", () => {
    if (process.env.UPDATE_SNAPSHOTS === "1") writeFileSync(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`);
    expect(existsSync(SNAPSHOT), "no snapshot: run with UPDATE_SNAPSHOTS=1").to.equal(true);
    expect(measured).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  it("is what docs/contracts.md says of a transfer", () => {
    const text = readFileSync(new URL("../../docs/contracts.md", import.meta.url), "utf8");
    for (const name of Object.keys(LIMITS)) {
      const [said] = text.match(new RegExp(`[\\d,]+(?=( gas)? in ${name.replace("a transfer in ", "")}\\b)`)) ?? [];
      expect(said, name).to.equal(measured[name]!.toLocaleString("en"));
    }
  });

  it("leaves the contract within the limit of EIP-170", async () => {
    const code = await bench.ethers.provider.getCode(bench.rollup);
    expect(bench.ethers.dataLength(code)).to.be.lessThan(24_577);
  });

  async function record(
    name: string,
    call: Promise<ContractTransactionResponse> | ContractTransactionResponse,
  ): Promise<number> {
    const receipt = await (await call).wait();
    return (measured[name] = Number(receipt!.gasUsed));
  }

  async function recordBatch(
    name: string,
    size: number,
    changes: Partial<PublishedBatch>,
    refundAddresses: string[] = [],
  ) {
    // Roots of full length, so that calldata costs the same in each batch.
    const newRoot = 3n ** 150n + BigInt(await bench.rollup.batchNumber());
    return record(name, submit(bench, await nextBatch(bench, { newRoot, ...changes }), { size, refundAddresses }));
  }

  const transfers = (count: number) =>
    Array.from({ length: count }, (_, row) => ({
      from: 0x3131_3131 + row,
      to: 0x4242_4242 + row,
      amount: 0x5_1515_1515n + BigInt(row),
      fee: 0x616n + BigInt(row),
    }));
});
