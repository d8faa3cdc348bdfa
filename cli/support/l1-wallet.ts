import { getAddress } from "ethers";
import { NodeClient } from "../../api/client.ts";
import { L1 } from "../../node/l1/l1.ts";
import { httpRpc } from "../../node/l1/rpc.ts";
import { SheafError } from "../../protocol/errors.ts";
import { connectL1 } from "../../wallet/connect.ts";
import type { Owner, Wallet } from "../../wallet/index.ts";
import type { L1Rollup } from "../../wallet/l1-rollup.ts";
import { named, type NamedToken } from "../../wallet/named-tokens.ts";
import { openL1Account } from "./l1-account.ts";
import { sayMining } from "./mining.ts";
import {
  placesOf,
  publicWallet,
  unlockWallet,
  walletOfSigner,
  type L1Place,
  type WalletChoice,
} from "./open-wallet.ts";
import { sentMemory } from "./sent-memory.ts";

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
