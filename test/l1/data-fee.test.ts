import { expect } from "chai";
import { hexlify, JsonRpcProvider, toBeHex, Wallet } from "ethers";
import { DataFees } from "../../l1/data-fee.ts";
import { dataFeesOf, requireGasMoney } from "../../l1/gas-money.ts";
import { Anvil } from "../support/chain/anvil.ts";
import { BUSY, startOptimism } from "../support/chain/optimism.ts";
import { expectCode } from "../support/errors.ts";
import { seeded } from "../support/random.ts";

const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const TO = "0x00000000000000000000000000000000000000aa";

describe("L1: what a rollup that serves as L1 charges for bytes", () => {
  let anvil: Anvil | undefined;
  afterEach(() => anvil?.close());

  const feesOn = (chain: Anvil, calls: string[] = []): DataFees =>
    new DataFees(async (to, data) => {
      calls.push(to);
      return (await chain.call("eth_call", { to, data }, "latest")) as string;
    }, TO);

  const OPERATOR = { scalar: 5_000_000n, constant: 1_234_567n };
  for (const [what, operator] of [
    ["for bytes", undefined],
    ["for bytes and for its operator", OPERATOR],
  ] as const)
    it(`is told as the chain takes it, and never too low: ${what}`, async () => {
      anvil = await startOptimism({ ...BUSY, ...(operator && { operator }) });
      const provider = new JsonRpcProvider(anvil.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
      const sender = new Wallet(KEY, provider);
      const random = seeded("data fees");
      const noise = (bytes: number): string =>
        hexlify(Uint8Array.from({ length: bytes }, () => Number(random.below(256n))));
      for (const data of [noise(1500), noise(300), `0x${"00".repeat(4000)}`, noise(700) + "00".repeat(2000), "0x"]) {
        const before = await provider.getBalance(sender.address);
        const transaction = await sender.sendTransaction({ to: TO, data });
        const { fee, gasUsed } = (await transaction.wait())!;
        const told = await feesOn(anvil).of(data, gasUsed);
        const ofOperator = operator === undefined ? 0n : (gasUsed * operator.scalar) / 1_000_000n + operator.constant;
        expect(await feesOn(anvil).ofOperator(gasUsed)).to.equal(ofOperator);
        const charged = before - (await provider.getBalance(sender.address)) - fee;
        expect(charged > 0n).to.equal(true);
        expect(told >= charged, `${told} told, ${charged} charged`).to.equal(true);
        expect(Number(told - ofOperator) / Number(charged - ofOperator)).to.be.within(1, 1.01);
      }
      provider.destroy();
    });

  it("must be there besides gas, before anything is sent", async () => {
    anvil = await startOptimism({ ...BUSY, operator: OPERATOR });
    const provider = new JsonRpcProvider(anvil.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
    const sender = new Wallet(KEY, provider);
    const request = { data: hexlify(Uint8Array.from({ length: 900 }, (_, i) => (i * 89) % 251)), gasLimit: 100_000n };
    const gas = request.gasLimit * (await provider.getFeeData()).maxFeePerGas!;
    const besides = await dataFeesOf(provider).of(request.data, request.gasLimit);
    expect(besides > gas / 1000n).to.equal(true);
    const setBalance = (wei: bigint) => anvil!.call("anvil_setBalance", sender.address, toBeHex(wei));
    await setBalance(gas + besides - 1n);
    const { message } = await expectCode("L1_FUNDS_MISSING", () => requireGasMoney(sender, request));
    expect(message).to.include("for gas, data and the chain's operator");
    await setBalance(gas + besides);
    await requireGasMoney(sender, request);
    provider.destroy();
  });

  it("is nothing elsewhere, which is asked twice, and never again", async () => {
    anvil = await Anvil.start();
    const calls: string[] = [];
    const fees = feesOn(anvil, calls);
    for (const data of ["0x", "0x1234"]) expect(await fees.of(data, 21_000)).to.equal(0n);
    expect(calls).to.have.length(2);
  });

  it("is not known where something else stands in the oracle's place", async () => {
    const fees = new DataFees(() => Promise.resolve("0x1234"), TO);
    await expectCode("RPC_INCONSISTENT", () => fees.of("0x", 21_000));
  });

  it("is not taken for nothing because one answer was false", async () => {
    const answers = ["0x", toBeHex(5n, 32), toBeHex(7n, 32)];
    const fees = new DataFees(async () => answers.shift()!, TO);
    expect(await fees.ofData("0x1234")).to.equal(5n);
    expect(fees.isFree).to.equal(false);
    expect(await fees.ofData("0x1234")).to.equal(7n);
  });
});
