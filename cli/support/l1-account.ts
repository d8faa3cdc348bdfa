import { Option } from "commander";
import { HDNodeWallet, JsonRpcProvider, type BaseWallet, type Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { requireGasMoney } from "../../l1/gas-money.ts";
import { reasonOf } from "../../l1/reason.ts";
import { L1 } from "../../node/l1/l1.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import { keysOfMnemonic } from "../../wallet/index.ts";
import { requireFile, wordsIn } from "../../wallet/wallet-file.ts";
import { say } from "./output.ts";
import { passwordFrom } from "./terminal.ts";

/** Who pays for a command's transactions. */
export interface L1Account {
  readonly signer: Signer;
  readonly address: string;
  close(): Promise<void>;
}

const USUAL_KEY = "SHEAF_PRIVATE_KEY";

/** Hardhat takes as long to load as all the rest, and most commands have no use for an account of its keystore. */
const loadEnvironment = () => import("../../deploy/environment.ts");

export const keyOption = (): Option =>
  new Option(
    "--key <name>",
    "variable with the private key of the L1 account, in Hardhat's keystore or the environment",
  ).default(USUAL_KEY);

export const payerKeyOption = (): Option =>
  new Option(
    "--key <name>",
    `variable with the private key of the L1 account that pays, in Hardhat's keystore or the environment (default: --wallet's own, or ${USUAL_KEY})`,
  );

/**
 * Opens the account whose key is in Hardhat's keystore or the environment; on a loopback node that has accounts, without a
 * key, the node's first.
 *
 * @param isNamed whether the user named the key's variable: then it must be there
 * @throws SheafError L1_KEY_MISSING, NETWORK_UNREACHABLE
 */
export async function openL1Account(rpc: string, key: string, isNamed = false): Promise<L1Account> {
  const { openNetwork, keyOf } = await loadEnvironment();
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
  const { openNetwork, keyOf } = await loadEnvironment();
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
  const { chainIdOf } = await loadEnvironment();
  const error: unknown = await chainIdOf(connection).catch((error: unknown) => error);
  if (error instanceof SheafError && error.code === "NETWORK_UNREACHABLE") return error;
  return new SheafError("L1_KEY_MISSING", `there is no L1 account to pay with: ${reasonOf(cause)}`, { cause });
}

/** Says what is waited for once L1 has a transaction. */
export const sayMining = (hash: string): void =>
  say(`L1 transaction ${hash}: waits until it is mined, in most cases for less than a minute`);

/** Who pays for a command's L1 transactions: an account by its private key, or that of a wallet's file. */
export interface PayerChoice {
  readonly rpc: string;
  readonly rollup: string;
  /** Variable with the private key; with it the wallet's file does not pay. */
  readonly key?: string;
  readonly wallet?: string;
  readonly passwordFile?: string;
  /** Nothing is sent. */
  readonly dryRun?: true;
}

/** Throws the codes of `openL1Account`, or of opening the wallet's file, and L1_FUNDS_MISSING before work that would be in vain. */
export async function openPayer(choice: PayerChoice): Promise<L1Account> {
  const account = await openAccount(choice);
  try {
    if (choice.dryRun === undefined) await requireGasMoney(account.signer);
    return account;
  } catch (error) {
    await account.close();
    throw error;
  }
}

async function openAccount({ rpc, rollup, key, wallet, passwordFile }: PayerChoice): Promise<L1Account> {
  if (wallet === undefined) return openL1Account(rpc, key ?? USUAL_KEY);
  if (key !== undefined) return openL1Account(rpc, key, true);
  await requireFile(wallet);
  const { l1: account } = keysOfMnemonic(await wordsIn(wallet, await passwordFrom(passwordFile)));
  const chainId = await new L1(httpRpc(rpc), rollup).chainId();
  const provider = new JsonRpcProvider(rpc, chainId, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  return { signer: account.connect(provider), address: account.address, close: async () => provider.destroy() };
}
