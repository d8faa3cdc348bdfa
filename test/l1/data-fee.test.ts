import { expect } from "chai";
import { hexlify, JsonRpcProvider, Wallet } from "ethers";
import { DataFees } from "../../l1/data-fee.ts";
import { Anvil } from "../support/anvil.ts";
import { expectCode } from "../support/errors.ts";
import { startOptimism } from "../support/optimism.ts";
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

  it("is told as the chain takes it, and never too low", async () => {
    anvil = await startOptimism();
    const provider = new JsonRpcProvider(anvil.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
    const sender = new Wallet(KEY, provider);
    const random = seeded("data fees");
    const noise = (bytes: number): string =>
      hexlify(Uint8Array.from({ length: bytes }, () => Number(random.below(256n))));
    for (const data of [noise(1500), noise(300), `0x${"00".repeat(4000)}`, noise(700) + "00".repeat(2000), "0x"]) {
      const told = await feesOn(anvil).of(data);
      const before = await provider.getBalance(sender.address);
      const transaction = await sender.sendTransaction({ to: TO, data });
      const { fee } = (await transaction.wait())!;
      const charged = before - (await provider.getBalance(sender.address)) - fee;
      expect(charged > 0n).to.equal(true);
      expect(told >= charged, `${told} told, ${charged} charged`).to.equal(true);
      expect(Number(told) / Number(charged)).to.be.below(1.01);
    }
    provider.destroy();
  });

  it("is nothing elsewhere, which is asked once", async () => {
    anvil = await Anvil.start();
    const calls: string[] = [];
    const fees = feesOn(anvil, calls);
    for (const data of ["0x", "0x1234"]) expect(await fees.of(data)).to.equal(0n);
    expect(calls).to.have.length(1);
  });

  it("is not known where something else stands in the oracle's place", async () => {
    const fees = new DataFees(() => Promise.resolve("0x1234"), TO);
    await expectCode("RPC_INCONSISTENT", () => fees.of("0x"));
  });
});
