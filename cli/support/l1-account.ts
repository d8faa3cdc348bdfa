import type { Signer } from "ethers";
import { Option } from "commander";
import { SheafError } from "../../protocol/errors.ts";

/** Who pays for a command's transactions. */
export interface L1Account {
  readonly signer: Signer;
  readonly address: string;
  close(): Promise<void>;
}

export const keyOption = (): Option =>
  new Option(
    "--key <name>",
    "variable with the private key of the L1 account, in Hardhat's keystore or the environment",
  ).default("SHEAF_PRIVATE_KEY");

/**
 * Opens the account whose key is in Hardhat's keystore or the environment; on a loopback node without a key, the node's
 * first.
 *
 * @throws SheafError L1_KEY_MISSING
 */
export async function openL1Account(rpc: string, key: string): Promise<L1Account> {
  const { openNetwork } = await import("../../scripts/deploy/environment.ts");
  const { connection } = await openNetwork(rpc, key);
  try {
    const [signer] = await connection.ethers.getSigners();
    if (signer === undefined) throw new Error("the node has no account");
    return { signer, address: signer.address, close: () => connection.close() };
  } catch (cause) {
    await connection.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SheafError("L1_KEY_MISSING", `there is no L1 account to pay with: ${reason}`, { cause });
  }
}
