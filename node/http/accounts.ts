import type { Query } from "../../api/routes.ts";
import type { Account as AccountView, AccountProof } from "../../api/schemas.ts";
import type { Account } from "../../protocol/account.ts";
import { SheafError } from "../../protocol/errors.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import { siblingsOf } from "../../protocol/merkle-path.ts";
import { isCreation } from "../pool/operation.ts";
import { pageOf, type Page } from "./paging.ts";
import type { ReadNode } from "./served-node.ts";

/** Accounts as the API shows them: as L1 has them, and as they are after all that the node has accepted. */
export class Accounts {
  readonly #node: ReadNode;

  constructor(node: ReadNode) {
    this.#node = node;
  }

  /** Throws `ACCOUNT_NOT_FOUND`. */
  find(index: number): AccountView {
    const stored = this.#node.store.stored().account(index);
    const account: ReturnType<ReadNode["reserved"]> = this.#node.reserved(index) ?? stored;
    if (account === undefined) throw new SheafError("ACCOUNT_NOT_FOUND", `there is no account at index ${index}`);
    const { balance, nonce } = stored ?? { balance: 0n, nonce: 0 };
    const { due } = account;
    const pending = { balance: account.balance, nonce: account.nonce, ...(due !== undefined && { waitsUntil: due }) };
    const exited = this.#node.store.hasExited(index) && { exited: true };
    return { index, ...ownerOf(account), balance, nonce, pending, final: stored !== undefined, ...exited };
  }

  /** By index, those on their way to L1 among the others: none is passed over because it arrives meanwhile. */
  page({ limit, after, l1Address, ...rest }: Query<"accounts">): Page<AccountView> {
    const wish = { ...rest, l1Address: l1Address === undefined ? undefined : BigInt(l1Address) };
    const isWanted = (index: number): boolean => {
      const account = this.#node.projected(index);
      return account !== undefined && matches(account, wish);
    };
    const list = (beyond = "0", limit = 0) => {
      const stored = this.#node.store.stored().indexes({ ...wish, after: Number(beyond), limit });
      const coming = comingIndexes(this.#node).filter((index) => index > Number(beyond) && isWanted(index));
      const indexes = [...stored, ...coming].sort((a, b) => a - b).slice(0, limit);
      return indexes.map((index) => ({ item: this.find(index), position: `${index}` }));
    };
    return pageOf([{ name: "a", list }], after, limit);
  }

  /** @throws SheafError BATCH_UNKNOWN if L1 has no such batch */
  proof(index: number, batch: number = this.#node.store.lastBatch?.number ?? 0): AccountProof {
    const { store } = this.#node;
    if (batch > (store.lastBatch?.number ?? 0)) throw new SheafError("BATCH_UNKNOWN", `L1 has no batch ${batch} yet`);
    const state = store.state(batch);
    const account = state.account(index);
    const { balance = 0n, nonce = 0 } = account ?? {};
    return {
      index,
      batch,
      root: state.root,
      account: account ? { ...ownerOf(account), balance, nonce } : null,
      siblings: siblingsOf(index, state.path(index)),
    };
  }
}

/** Indexes of accounts that a batch under way or a waiting operation opens. */
export function comingIndexes(node: ReadNode): readonly number[] {
  const opened = node.underWay().flatMap(({ request }) => request.l1Operations.map(({ index }) => index));
  const asked = node.pending.filter(isCreation).map(({ accepted }) => accepted.operation.index);
  const stored = node.store.stored();
  return [...new Set([...opened, ...asked])].filter((index) => stored.account(index) === undefined);
}

function matches(
  account: Account,
  wish: {
    readonly pubKeyY?: bigint | undefined;
    readonly l1Address: bigint | undefined;
    readonly token?: number | undefined;
  },
): boolean {
  const { pubKeyY = account.pubKeyY, l1Address = account.l1Address, token = account.token } = wish;
  return pubKeyY === account.pubKeyY && l1Address === account.l1Address && token === account.token;
}

function ownerOf({ pubKeyY, l1Address, token }: Account) {
  return { pubKeyY, l1Address: addressToHex(l1Address), token };
}
