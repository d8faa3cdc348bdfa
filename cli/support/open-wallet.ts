import { getAddress } from "ethers";
import { NodeClient } from "../../api/client.ts";
import { L1 } from "../../node/l1/l1.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import { connect, connectL1, type Connection } from "../../wallet/connect.ts";
import { parseOwner, Wallet, type ConnectedWallet, type Owner } from "../../wallet/index.ts";
import type { L1Rollup } from "../../wallet/l1-rollup.ts";
import { named, type NamedToken } from "../../wallet/named-tokens.ts";
import {
  addressIn,
  checked,
  readDefaults,
  requireFile,
  walletPath,
  wordsIn,
  type Defaults,
} from "../../wallet/wallet-file.ts";
import { openL1Account, openL1Wallet, sayMining } from "./l1-account.ts";
import type { TokenPrices } from "./options.ts";
import { sentMemory } from "./sent-memory.ts";
import { passwordFrom } from "./terminal.ts";

/** A rollup on L1. */
export interface L1Place {
  readonly rpc: string;
  readonly rollup: string;
}

/** Which wallet, and where it is used. */
export interface WalletChoice extends Defaults {
  readonly wallet?: string;
  readonly passwordFile?: string;
  readonly signer?: string;
  readonly key?: string;
  /** Of tokens. */
  readonly price?: TokenPrices;
}

/** Opens a wallet's file with its password. Throws `PASSWORD_MISSING`, `PASSWORD_WRONG`, `WALLET_MALFORMED`, `FILE_UNREADABLE`. */
async function unlockWallet({ wallet, passwordFile }: WalletChoice): Promise<Wallet> {
  const path = walletPath(wallet);
  await requireFile(path); // A password is not asked for if the file is missing.
  return Wallet.fromMnemonic(await wordsIn(path, await passwordFrom(passwordFile)));
}

/** Whose wallet it is, as everybody may know. */
export type PublicWallet = Pick<Wallet, "address" | "owner">;

/**
 * For what only looks: a wallet's file names its address in the clear, so no password is asked for. A password file that
 * is named has the address checked by the keys. Throws as `unlockWallet`.
 */
export async function publicWallet(choice: WalletChoice): Promise<PublicWallet> {
  const path = walletPath(choice.wallet);
  await requireFile(path);
  const address = choice.passwordFile === undefined ? await addressIn(path) : undefined;
  return address === undefined ? unlockWallet(choice) : { address, owner: parseOwner(address) };
}

/** A node's client, without any wallet. Throws `USAGE` if no node is named. */
export async function openNode(choice: WalletChoice): Promise<NodeClient> {
  const { node: url } = await placesOf(choice);
  if (url !== undefined) return new NodeClient(url);
  throw new SheafError("USAGE", "no node is named: neither by --node, nor $SHEAF_NODE, nor the wallet's file");
}

/**
 * Does something with a connected wallet, and closes what was opened for it.
 *
 * @param needsL1 whether L1 must be named
 * @throws SheafError USAGE, NODE_MISMATCH, L1_KEY_MISSING, and the codes of `unlockWallet`
 */
export async function withWallet<T>(
  choice: WalletChoice,
  work: (wallet: ConnectedWallet) => Promise<T>,
  needsL1 = false,
): Promise<T> {
  const node = await openNode(choice);
  const { rpc, rollup } = await placesOf(choice);
  const place = { node: node.url, ...(rollup !== undefined && { rollup }) };
  const { signer, key, price = new Map<string, bigint>() } = choice;
  const prices = Object.fromEntries(price);
  if (rpc === undefined) {
    if (!needsL1 && signer === undefined) return work(await (await unlockWallet(choice)).connect(place));
    throw noL1();
  }
  const wallet = await (signer === undefined
    ? unlockWallet(choice)
    : walletOfSigner(signer, { rpc, ...(await node.config()) }));
  const payer = key === undefined ? undefined : await openL1Account(rpc, key, true);
  try {
    const memory = await sentMemory(choice.wallet, rpc);
    const sending = { onSent: sayMining, memory, ...(payer && { signer: payer.signer }) };
    return await work(await wallet.connect({ ...place, rpc, prices, ...sending }));
  } finally {
    await payer?.close();
  }
}

/** A node's rollup, and whose wallet looks at it. Throws as `withWallet`, but needs no password. */
export async function viewAtNode(choice: WalletChoice): Promise<{ wallet: PublicWallet; connection: Connection }> {
  const node = await openNode(choice);
  const { rpc, rollup } = await placesOf(choice);
  const { signer } = choice;
  if (rpc === undefined && signer !== undefined) throw noL1();
  const wallet = await (signer === undefined
    ? publicWallet(choice)
    : walletOfSigner(signer, { rpc: rpc!, ...(await node.config()) }));
  return { wallet, connection: await connect({ node: node.url, ...(rollup && { rollup }), ...(rpc && { rpc }) }) };
}

const noL1 = (): SheafError =>
  new SheafError("USAGE", "no L1 node is named: neither by --rpc, nor $SHEAF_RPC, nor the wallet's file");

/** The wallet of an L1 account in a rollup. Throws `L1_KEY_MISSING`. */
async function walletOfSigner(variable: string, { rpc, chainId, rollup }: L1Place & { chainId: number }) {
  return Wallet.fromSigner(await openL1Wallet(rpc, variable, true), { chainId, rollup });
}

/** Where the wallet is used: by the options, the environment, or what its file remembers. Throws `USAGE`, `FIELD_INVALID`. */
export async function placesOf(choice: WalletChoice): Promise<Defaults> {
  const remembered = await defaultsOf(choice);
  return checked({
    node: choice.node ?? process.env["SHEAF_NODE"] ?? remembered.node,
    rpc: choice.rpc ?? process.env["SHEAF_RPC"] ?? remembered.rpc,
    rollup: choice.rollup ?? process.env["SHEAF_ROLLUP"] ?? remembered.rollup,
  });
}

/** A file that is not there remembers nothing: only what needs its keys complains. */
async function defaultsOf({ wallet }: WalletChoice): Promise<Defaults> {
  return readDefaults(walletPath(wallet)).catch((error: unknown) => {
    if (error instanceof SheafError && error.code === "FILE_UNREADABLE") return {};
    throw error;
  });
}

// A wallet at work where no node of the rollup is asked: L1 tells all that these commands need to know.

/** A wallet with the rollup on L1, whose transactions it pays for. */
export interface L1Wallet {
  readonly owner: Owner;
  /** In one word, `sheaf:0x…`. */
  readonly address: string;
  readonly l1: L1Rollup;
  readonly tokens: readonly NamedToken[];
}

/** L1 and the rollup on it, if both are named and `--node` is not: then nobody else is to be asked. */
export async function l1PlaceOf(choice: WalletChoice): Promise<L1Place | undefined> {
  if (choice.node !== undefined) return undefined;
  const { rpc, rollup } = await placesOf(choice);
  return rpc === undefined || rollup === undefined ? undefined : { rpc, rollup };
}

/** As `l1PlaceOf`; where no rollup is named, a node's word says which it is. Throws `USAGE` if neither is. */
export async function requireL1Place(choice: WalletChoice): Promise<L1Place> {
  const { node, rpc, rollup } = await placesOf(choice);
  if (rpc === undefined) {
    throw new SheafError("USAGE", "no L1 node is named: neither by --rpc, nor $SHEAF_RPC, nor the wallet's file");
  }
  if (rollup !== undefined) return { rpc, rollup };
  if (node === undefined) {
    throw new SheafError("USAGE", "no rollup is named: neither by --rollup, nor $SHEAF_ROLLUP, nor the wallet's file");
  }
  return { rpc, rollup: (await new NodeClient(node).config()).rollup };
}

/**
 * Does something with a wallet on L1, and closes what was opened for it.
 *
 * @throws SheafError NODE_MISMATCH, NETWORK_UNREACHABLE, L1_KEY_MISSING, and the codes of `unlockWallet`
 */
export async function withL1Wallet<T>(
  { signer, key, ...choice }: WalletChoice,
  { rpc, rollup: named_ }: L1Place,
  work: (wallet: L1Wallet) => Promise<T>,
): Promise<T> {
  const { chainId, rollup } = await placeAt({ rpc, rollup: named_ });
  const wallet: Wallet = await (signer === undefined
    ? unlockWallet(choice)
    : walletOfSigner(signer, { rpc, chainId, rollup }));
  const payer = key === undefined ? undefined : await openL1Account(rpc, key, true);
  try {
    const memory = await sentMemory(choice.wallet, rpc);
    const sending = { onSent: sayMining, memory, ...(payer && { signer: payer.signer }) };
    const l1 = await wallet.onL1({ rpc, chainId, rollup, ...sending });
    const { owner, address } = wallet;
    return await work({
      owner: { ...owner, l1Address: getAddress(owner.l1Address) },
      address,
      l1,
      tokens: named(await l1.tokens()),
    });
  } finally {
    await payer?.close();
  }
}

/** What looks at a rollup on L1, and sends nothing: it needs no password. */
export async function viewOnL1({ signer, ...choice }: WalletChoice, { rpc, rollup: named_ }: L1Place) {
  const { chainId, rollup } = await placeAt({ rpc, rollup: named_ });
  const { owner, address } = await (signer === undefined
    ? publicWallet(choice)
    : walletOfSigner(signer, { rpc, chainId, rollup }));
  const l1 = await connectL1({ rpc, chainId, rollup });
  return { owner: { ...owner, l1Address: getAddress(owner.l1Address) }, address, tokens: named(await l1.tokens()) };
}

async function placeAt({ rpc, rollup }: L1Place): Promise<{ readonly chainId: number; readonly rollup: string }> {
  const l1 = new L1(httpRpc(rpc), rollup);
  return { chainId: await l1.chainId(), rollup: l1.rollup };
}
