import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { node } from "./node.ts";

/** Something that a search may mean: a page, if it is there. */
export interface Hit {
  readonly path: string;
  readonly text: string;
}

/** Everything that a text may mean and that the node has. Several only for a small number. */
export async function search(text: string): Promise<readonly Hit[]> {
  const hits = await Promise.all(meanings(text.trim()));
  return hits.filter((hit) => hit !== undefined);
}

function meanings(text: string): readonly Promise<Hit | undefined>[] {
  if (/^#?\d{1,10}$/.test(text)) {
    const number = Number(text.replace("#", ""));
    return [
      found(node.batch(number), `/batches/${number}`, `Batch ${number}`),
      found(node.account(number), `/accounts/${number}`, `Account ${number}`),
    ];
  }
  if (/^(queue|creation|signed-\d{1,10})-\d{1,10}$/.test(text)) return [transaction(text)];
  if (/^0x[0-9a-f]{40}$/i.test(text)) return [owner({ l1Address: text }, `/addresses/${text}`)];
  if (/^0x[0-9a-f]{64}$/i.test(text)) return [transaction(text.toLowerCase()), ...key(BigInt(text))];
  // A wallet's address begins with the key; where it is mistyped, nobody has that.
  const [, pubKeyY] = /^sheaf:0x([0-9a-f]{64})[0-9a-f]{48}$/i.exec(text) ?? [];
  if (pubKeyY !== undefined) return key(BigInt(`0x${pubKeyY}`));
  return /^\d{11,77}$/.test(text) ? key(BigInt(text)) : [];
}

const transaction = (id: string): Promise<Hit | undefined> =>
  found(node.transaction(id), `/transactions/${id}`, `Transaction ${id}`);

const key = (pubKeyY: bigint): readonly Promise<Hit | undefined>[] =>
  pubKeyY < FIELD_ORDER ? [owner({ pubKeyY }, `/keys/${pubKeyY}`)] : [];

/** An L1 address or a public key that has an account. */
async function owner(who: { l1Address: string } | { pubKeyY: bigint }, path: string): Promise<Hit | undefined> {
  const { items } = await node.accounts({ ...who, limit: 1 });
  const text = "l1Address" in who ? `L1 address ${who.l1Address}` : `Public key ${who.pubKeyY}`;
  return items.length === 0 ? undefined : { path, text };
}

/** What a node says of something that it does not have, or that cannot be: a batch past 2^32. */
const MISSING: readonly ErrorCode[] = ["ACCOUNT_NOT_FOUND", "BATCH_UNKNOWN", "TRANSACTION_UNKNOWN", "FIELD_INVALID"];

/** A hit, unless the node says that there is no such thing. */
async function found(answer: Promise<unknown>, path: string, text: string): Promise<Hit | undefined> {
  try {
    await answer;
    return { path, text };
  } catch (error) {
    if (error instanceof SheafError && MISSING.includes(error.code)) return undefined;
    throw error;
  }
}
