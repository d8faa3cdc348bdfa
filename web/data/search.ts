import { FIELD_ORDER } from "../../protocol/constants.ts";
import { visible } from "../../protocol/visible.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { grouped, shortened } from "../format.ts";
import { node, type Contract } from "./node.ts";
import { loadTokens } from "./tokens.tsx";
import { l1AddressNamed, ownerNamed, walletPath } from "./owners.ts";

/** Something that a search may mean: a page, if it is there. */
export interface Hit {
  readonly path: string;
  readonly text: string;
}

type Hits = Promise<readonly Hit[]>;

/** Everything that a text may mean and that the node has. */
export async function search(text: string): Hits {
  const hits = await Promise.all([...meanings(text.trim()), tokensNamed(text.trim())]);
  return hits.flat();
}

function meanings(text: string): readonly Hits[] {
  if (text.startsWith("sheaf:")) return [wallet(text)];
  const [, kind, digits] = /^(batch|account|token)?\s*#?(\d{1,10})$/i.exec(text) ?? [];
  if (digits !== undefined) return numbered(kind?.toLowerCase(), Number(digits));
  if (/^(queue|creation|signed-\d{1,10})-\d{1,10}$/.test(text)) return [transaction(text)];
  if (/^0x[0-9a-f]{40}$/i.test(text)) return [l1Address(text)];
  if (/^0x[0-9a-f]{64}$/i.test(text)) {
    const hash = text.toLowerCase();
    return [transaction(hash), l1Transaction(hash), ...element(BigInt(text))];
  }
  return /^\d{11,77}$/.test(text) ? element(BigInt(text)) : [];
}

function numbered(kind: string | undefined, number: number): readonly Hits[] {
  const isWanted = (name: string): boolean => kind === undefined || kind === name;
  return [
    ...(isWanted("batch") ? [found(node.batch(number), `/batches/${number}`, `Batch ${number}`)] : []),
    ...(isWanted("account") ? [found(node.account(number), `/accounts/${number}`, `Account ${number}`)] : []),
    // A number alone is hardly meant for one.
    ...(kind === "token" ? [tokens(({ id }) => id === number)] : []),
  ];
}

const transaction = (id: string): Hits => found(node.transaction(id), `/transactions/${id}`, `Transaction ${id}`);

const l1Transaction = (hash: string): Hits =>
  found(node.l1Transaction(hash), `/l1-transactions/${hash}`, `L1 transaction ${hash}`);

/** A field element: a public key that has an account, or the root that batches led to. */
const element = (value: bigint): readonly Hits[] => (value < FIELD_ORDER ? [key(value), batchesTo(value)] : []);

async function key(pubKeyY: bigint): Hits {
  const { items } = await node.accounts({ pubKeyY, limit: 1 });
  return items.length === 0 ? [] : [{ path: `/keys/${pubKeyY}`, text: `Public key ${pubKeyY}` }];
}

async function batchesTo(root: bigint): Hits {
  const { items } = await node.batches({ root, limit: 10 });
  if (items.length > 0) {
    return items.map(({ number }) => ({ path: `/batches/${number}`, text: `Root after batch ${grouped(number)}` }));
  }
  const first = await orNothing(node.batch(1));
  return first?.oldRoot === root ? [{ path: "/batches/1", text: "Root before batch 1" }] : [];
}

/** Everything that an L1 address is here. Throws `FIELD_INVALID` where it is mistyped. */
async function l1Address(text: string): Hits {
  const address = await l1AddressNamed(text);
  return (await Promise.all([holder(address), roles(address), tokensAt(address)])).flat();
}

/** An L1 address that something in the rollup is of. */
async function holder(l1Address: string): Hits {
  const [accounts, transactions, withdrawals] = await Promise.all([
    node.accounts({ l1Address, limit: 1 }),
    node.transactions({ l1Address, limit: 1 }),
    node.withdrawals({ l1Address, limit: 1 }),
  ]);
  const isKnown = [accounts, transactions, withdrawals].some(({ items }) => items.length > 0);
  return isKnown ? [{ path: `/addresses/${l1Address}`, text: `L1 address ${l1Address}` }] : [];
}

/** What an address is to the rollup: its contract, or one that has a say in it. */
async function roles(address: string): Hits {
  const names = rolesOf(await node.contract(), address);
  return names.length === 0 ? [] : [{ path: "/rollup", text: `The rollup's ${names.join(", ")}` }];
}

export function rolesOf(contract: Contract, address: string): readonly string[] {
  const { rollup, operator, owner, pendingOwner, timelock, sizes, exit } = contract;
  const named: readonly (readonly [string, string | undefined])[] = [
    ["contract", rollup],
    ["operator", operator],
    [timelock === undefined ? "owner" : "owner, a timelock", owner],
    ["owner to be", pendingOwner],
    ...sizes.map(({ name, id, verifier }) => [`verifier of ${name ?? `size ${id}`}`, verifier] as const),
    ["verifier of exits", exit.verifier],
  ];
  return named.filter(([, known]) => known?.toLowerCase() === address.toLowerCase()).map(([name]) => name);
}

const tokensAt = (address: string): Hits => tokens((token) => token.address.toLowerCase() === address.toLowerCase());

const tokensNamed = (symbol: string): Hits => tokens((token) => token.symbol.toLowerCase() === symbol.toLowerCase());

/** Symbols are their contracts' choice: several tokens may have the same. */
async function tokens(isMeant: (token: { id: number; address: string; symbol: string }) => boolean): Hits {
  const all = [...(await loadTokens()).values()].filter(isMeant);
  return all.map(({ id, symbol, address }) => ({
    path: `/tokens/${id}`,
    text: `Token ${id}, ${visible(symbol)}${id === 0 ? "" : `, of ${shortened(address)}`}`,
  }));
}

/** Throws `RECEIVER_INVALID` where it is mistyped. */
async function wallet(text: string): Hits {
  const owner = await ownerNamed(text);
  const { items } = await node.accounts({ ...owner, limit: 1 });
  if (items.length > 0) return [{ path: walletPath(text), text: `Wallet ${text}` }];
  // It may have a deposit that waits, or what its L1 address can pull.
  return holder(owner.l1Address);
}

/** What a node says of something that it does not have, or that cannot be: a batch past 2^32. */
const MISSING: readonly ErrorCode[] = ["ACCOUNT_NOT_FOUND", "BATCH_UNKNOWN", "TRANSACTION_UNKNOWN", "FIELD_INVALID"];

/** A hit, unless the node says that there is no such thing. */
async function found(answer: Promise<unknown>, path: string, text: string): Hits {
  return (await orNothing(answer)) === undefined ? [] : [{ path, text }];
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SheafError && MISSING.includes(error.code)) return undefined;
    throw error;
  }
}
