import type { Account } from "../api/client.ts";
import { everyPage } from "../api/every-page.ts";
import { SheafError } from "../protocol/errors.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { proveAccount } from "./account-proof.ts";
import type { Connection } from "./connect.ts";
import { unitOf } from "./named-tokens.ts";
import { formatOwner, parseOwner, type Owner } from "./rollup-address.ts";

/** Who is paid: an account's index, its owner, or the owner in one word (`sheaf:0x…`). */
export type Receiver = number | string | Owner;

/** An account that can be paid, as L1 has it. */
export interface ReceiverAccount extends Owner {
  readonly index: number;
  readonly token: number;
  /** The owner in one word. */
  readonly address: string;
}

/**
 * Finds the account that is meant, and sees that it is final: an index that is still empty could become anybody's. With L1
 * at hand, key and address are checked against the contract's root; without, they are the node's word.
 *
 * @throws SheafError RECEIVER_INVALID, ACCOUNT_NOT_FOUND, TOKEN_WRONG, ACCOUNT_NOT_FINAL, ACCOUNT_UNPROVEN,
 * ROLLUP_FROZEN
 */
export async function findReceiver(connection: Connection, to: Receiver, token: number): Promise<ReceiverAccount> {
  const { node, l1, finality } = connection;
  const account = typeof to === "number" ? await node.account(to) : await accountOf(connection, ownerOf(to), token);
  const { index, pubKeyY, l1Address } = account;
  if (typeof to === "number" && index !== to) {
    throw new SheafError("ACCOUNT_UNPROVEN", `the node was asked for account ${to} and tells of ${index}`);
  }
  if (account.token !== token) {
    const [held, wanted] = [await unitOf(connection, account.token), await unitOf(connection, token)];
    throw new SheafError("TOKEN_WRONG", `account ${index} holds ${held.label}, not ${wanted.label}`);
  }
  if (!account.final) throw await whyNotFinal(connection, index);
  if (l1 !== undefined) await proveAccount(node, l1, account, finality);
  const owner = { pubKeyY, l1Address: l1AddressOf("the account's owner", l1Address) };
  return { index, token, ...owner, address: formatOwner(owner) };
}

async function whyNotFinal({ node }: Connection, index: number): Promise<SheafError> {
  const { isFrozen, rollup } = await node.state();
  return isFrozen
    ? new SheafError("ROLLUP_FROZEN", `${rollup} is frozen: the batch that account ${index} waited for does not come`)
    : new SheafError("ACCOUNT_NOT_FINAL", `account ${index} is not on L1 yet: it waits for its batch`);
}

/** Throws `RECEIVER_INVALID`, `FIELD_INVALID`. */
export const ownerOf = (to: string | Owner): Owner =>
  typeof to === "string" ? parseOwner(to) : { ...to, l1Address: l1AddressOf("the receiver", to.l1Address) };

/** An owner's account in a token, the one that holds most if there are several. Throws `ACCOUNT_NOT_FOUND`. */
export async function accountOf(connection: Connection, owner: Owner, token: number): Promise<Account> {
  const [most] = await accountsOf(connection, owner, token);
  if (most !== undefined) return most;
  const { label } = await unitOf(connection, token);
  throw new SheafError("ACCOUNT_NOT_FOUND", `${formatOwner(owner)} has no account in ${label}`);
}

/** An owner's accounts in one token or in all, those that hold most first. */
export async function accountsOf({ node }: Connection, owner: Owner, token?: number): Promise<readonly Account[]> {
  const { pubKeyY, l1Address } = owner;
  const query = { pubKeyY, l1Address, ...(token !== undefined && { token }) };
  const accounts: Account[] = [];
  const pages = everyPage((after) => node.accounts({ ...query, ...(after !== undefined && { after }) }));
  for await (const account of pages) if (isOf(account, owner, token)) accounts.push(account);
  return accounts.sort((a, b) => (a.balance === b.balance ? a.index - b.index : a.balance > b.balance ? -1 : 1));
}

// Whatever the node answers, nobody else is paid.
const isOf = (account: Account, { pubKeyY, l1Address }: Owner, token = account.token): boolean =>
  account.pubKeyY === pubKeyY && BigInt(account.l1Address) === BigInt(l1Address) && account.token === token;
