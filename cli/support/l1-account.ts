import { HDNodeWallet, Wallet, type BaseWallet, type Signer } from "ethers";
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

/** The accounts of Hardhat's and Anvil's local chains: public, and worthless anywhere else. */
const LOCAL_MNEMONIC = "test test test test test test test test test test test junk";

/**
 * The same account as one that signs without sending. On a loopback node without a key it is the first of Hardhat's.
 *
 * @throws SheafError L1_KEY_MISSING
 */
export async function openL1Wallet(rpc: string, key: string): Promise<BaseWallet> {
  const { openNetwork } = await import("../../scripts/deploy/environment.ts");
  const { connection } = await openNetwork(rpc, key);
  try {
    const { networkConfig } = connection;
    const accounts = networkConfig.type === "http" ? networkConfig.accounts : "remote";
    if (Array.isArray(accounts)) return new Wallet(await accounts[0]!.getHexString());
    const wallet = HDNodeWallet.fromPhrase(LOCAL_MNEMONIC);
    const known = (await connection.provider.request({ method: "eth_accounts" })) as readonly string[];
    if (known.includes(wallet.address.toLowerCase())) return wallet;
    throw new Error("the node's accounts are none of Hardhat's");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SheafError("L1_KEY_MISSING", `there is no L1 account to pay with: ${reason}`, { cause });
  } finally {
    await connection.close();
  }
}
