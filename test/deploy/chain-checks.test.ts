import type { NetworkConnection } from "hardhat/types/network";
import { network } from "hardhat";
import { expect } from "chai";
import { requireBlobs } from "../../deploy/chain-checks.ts";
import { expectCode } from "../support/errors.ts";

type Connection = Pick<NetworkConnection<"l1">, "provider">;
const checked = (connection: Connection): Promise<void> => requireBlobs(connection as NetworkConnection<"l1">);

describe("deployment: chains with blobs", () => {
  /** A node that answers so, or throws. */
  const node = (answers: Readonly<Record<string, unknown>>): Connection => ({
    provider: {
      request: ({ method }: { method: string }) => {
        const answer = answers[method];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    } as Connection["provider"],
  });

  it("open a blob, and know what one costs", async () => {
    const connection = await network.create({ network: "default", chainType: "l1" });
    try {
      await checked(connection);
    } finally {
      await connection.close();
    }
  });

  it("are not those whose precompile is not there, refuses, or whose node has no price for blobs", async () => {
    const opened = `0x${"00".repeat(64)}`;
    const refused = [
      node({ eth_call: "0x", eth_blobBaseFee: "0x1" }),
      node({ eth_call: new Error("execution reverted"), eth_blobBaseFee: "0x1" }),
      node({ eth_call: opened, eth_blobBaseFee: new Error("no such method") }),
    ];
    for (const connection of refused) {
      const { message } = await expectCode("DEPLOY_CHAIN_TOO_OLD", () => checked(connection));
      expect(message).to.include("EIP-4844");
    }
    await checked(node({ eth_call: opened, eth_blobBaseFee: "0x1" }));
  });
});
