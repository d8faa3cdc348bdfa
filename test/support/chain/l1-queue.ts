import { ZeroAddress } from "ethers";
import type { PublishedL1Operation } from "../../../protocol/words.ts";
import type { Bench } from "./rollup.ts";

export const addressOf = (value: bigint): string => `0x${value.toString(16).padStart(40, "0")}`;

type QueueBench = Pick<Bench, "rollup" | "alice" | "ethers" | "networkHelpers">;

/** Queues what the operations ask for, as their own L1 addresses where they are forced withdrawals. Returns refund addresses. */
export async function enqueue(bench: QueueBench, operations: readonly PublishedL1Operation[]): Promise<string[]> {
  const { rollup, alice, ethers } = bench;
  const refunds: string[] = [];
  for (const operation of operations) {
    const fee = await rollup.queueFee();
    switch (operation.kind) {
      case "deposit": {
        const { token, amount, pubKeyY, l1Address } = operation;
        const refund = addressOf(0xdead0000n + BigInt(refunds.length));
        const value = fee + (token === 0 ? amount : 0n);
        await rollup.connect(alice).deposit(token, amount, pubKeyY, addressOf(l1Address), refund, { value });
        refunds.push(refund);
        break;
      }
      case "forcedWithdrawal": {
        const owner = await ethers.getImpersonatedSigner(addressOf(operation.l1Address));
        await bench.networkHelpers.setBalance(owner.address, 10n ** 18n);
        await rollup.connect(owner).requestWithdrawal(operation.index, operation.token, { value: fee });
        refunds.push(ZeroAddress);
        break;
      }
      case "creation":
        break;
    }
  }
  return refunds;
}
