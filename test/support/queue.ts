import { concat, dataSlice, keccak256, solidityPackedKeccak256, ZeroAddress } from "ethers";
import { KIND } from "../../protocol/constants.ts";
import type { PublishedL1Operation } from "../../protocol/words.ts";
import type { Bench } from "./rollup.ts";

export const EMPTY_QUEUE = `0x${"00".repeat(27)}`;

/** Hash of the queue after an operation joined it: what the contract keeps, computed a second time. */
export function appendToQueue(previous: string, operation: PublishedL1Operation, refundAddress: string): string {
  const deposit = operation.kind === "deposit";
  const item = solidityPackedKeccak256(
    ["uint8", "uint32", "uint16", "address", "uint256", "uint128", "address"],
    [
      KIND[operation.kind],
      deposit ? 0 : operation.index,
      operation.token,
      addressOf(operation.l1Address),
      deposit ? operation.pubKeyY : 0n,
      deposit ? operation.amount : 0n,
      refundAddress,
    ],
  );
  return dataSlice(keccak256(concat([previous, item])), 0, 27);
}

export const addressOf = (value: bigint): string => `0x${value.toString(16).padStart(40, "0")}`;

/** Queues what the operations ask for, as their own L1 addresses where they are forced withdrawals. Returns refund addresses. */
export async function enqueue(bench: Bench, operations: readonly PublishedL1Operation[]): Promise<string[]> {
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
