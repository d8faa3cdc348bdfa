import { HDNodeWallet, type BaseWallet, type Signer } from "ethers";
import { Option } from "commander";
import type { NetworkConnection } from "hardhat/types/network";
import { reasonOf } from "../../l1/reason.ts";
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
 * Opens the account whose key is in Hardhat's keystore or the environment; on a loopback node that has accounts, without a
 * key, the node's first.
 *
 * @param isNamed whether the user named the key's variable: then it must be there
 * @throws SheafError L1_KEY_MISSING, NETWORK_UNREACHABLE
 */
export async function openL1Account(rpc: string, key: string, isNamed = false): Promise<L1Account> {
  const { keyOf, openNetwork } = await import("../../deploy/environment.ts");
  const { connection } = await openNetwork(rpc, key, isNamed);
  try {
    await keyOf(connection, "L1_KEY_MISSING");
    const [signer] = await connection.ethers.getSigners();
    if (signer === undefined) throw new Error("the node has no account");
    return { signer, address: signer.address, close: () => connection.close() };
  } catch (cause) {
    const error = await missing(connection, cause);
    await connection.close();
    throw error;
  }
}

/** The accounts of Hardhat's and Anvil's local chains: public, and worthless anywhere else. */
const LOCAL_MNEMONIC = "test test test test test test test test test test test junk";

/**
 * The same account as one that signs without sending. On a loopback node without a key it is the first of Hardhat's.
 *
 * @throws SheafError L1_KEY_MISSING, NETWORK_UNREACHABLE
 */
export async function openL1Wallet(rpc: string, key: string, isNamed = false): Promise<BaseWallet> {
  const { keyOf, openNetwork } = await import("../../deploy/environment.ts");
  const { connection } = await openNetwork(rpc, key, isNamed);
  try {
    const named = await keyOf(connection, "L1_KEY_MISSING");
    if (named !== undefined) return named;
    const wallet = HDNodeWallet.fromPhrase(LOCAL_MNEMONIC);
    const known = (await connection.provider.request({ method: "eth_accounts" })) as readonly string[];
    if (known.includes(wallet.address.toLowerCase())) return wallet;
    throw new Error("the node has none of Hardhat's accounts");
  } catch (cause) {
    throw await missing(connection, cause);
  } finally {
    await connection.close();
  }
}

/** Why there is no account: perhaps the node does not answer at all. */
async function missing(connection: NetworkConnection<"l1">, cause: unknown): Promise<SheafError> {
  if (cause instanceof SheafError) return cause;
  const { chainIdOf } = await import("../../deploy/environment.ts");
  const error: unknown = await chainIdOf(connection).catch((error: unknown) => error);
  if (error instanceof SheafError && error.code === "NETWORK_UNREACHABLE") return error;
  return new SheafError("L1_KEY_MISSING", `there is no L1 account to pay with: ${reasonOf(cause)}`, { cause });
}
