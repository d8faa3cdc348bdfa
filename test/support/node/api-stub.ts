import type {
  Account as NodeAccount,
  Opening,
  SignedOperation,
  State,
  Submitted,
  Transaction,
} from "../../../api/client.ts";
import type { Account } from "../../../protocol/account.ts";
import { TREE_ARITY } from "../../../protocol/constants.ts";
import { SheafError, type ErrorCode } from "../../../protocol/errors.ts";
import { addressToHex } from "../../../protocol/json-fields.ts";
import { transferMessage, withdrawalMessage } from "../../../protocol/operations.ts";
import { verifySignature } from "../../../protocol/signature.ts";
import type { RollupState } from "../../../protocol/state.ts";
import type { Wallet } from "../../../wallet/index.ts";
import { FakeNode, SILENCE, type Handlers } from "./fake-node.ts";

/** A node's refusal, or "silence": it takes the operation and does not answer. */
export type Refusal = ErrorCode | "silence" | undefined;

/** What a node says over HTTP of a state that a test holds, and what it should not say. */
export class ApiStub extends FakeNode {
  /** What was submitted, in order; what was refused is not in it. */
  readonly taken: SignedOperation[] = [];
  /** What `GET /transactions/:id` says, by id. */
  readonly transactions = new Map<string, Partial<Transaction>>();
  /** Whether `GET /transactions/:id/events` works. */
  hasEvents = true;
  refuse: (operation: SignedOperation) => Refusal = () => undefined;
  /** How many proofs are asked for before the node has read L1's last batch. */
  behind = 0;
  readonly #state: () => RollupState;
  readonly #place: { readonly chainId: number; readonly rollup: string; readonly domain: bigint };

  constructor(state: () => RollupState, place: { chainId: number; rollup: string; domain: bigint }) {
    super();
    this.#state = state;
    this.#place = place;
  }

  /** Changes a transaction's status, and tells who listens. */
  move(id: string, change: Partial<Transaction>): void {
    this.transactions.set(id, { ...this.transactions.get(id), ...change });
    this.tellAt(eventsOf(id), { type: "transaction", data: this.#transaction(id) });
  }

  isListenedTo(id: string): boolean {
    return this.listeners(eventsOf(id)) > 0;
  }

  protected override hasStream(): boolean {
    return this.hasEvents;
  }

  protected readonly handlers: Handlers = {
    config: () => ({ ...CONFIG, ...this.#place }),
    health: () => ({ status: "ok", missing: [] }),
    state: () => this.#status(),
    tokens: () => ({ items: TOKENS, next: null }),
    withdrawals: () => ({ items: [], next: null }),
    fees: (_, { token = 0 }) => ({ ...FEES, token }),
    submit: (_, { replaces }, operation) => this.#submit(operation, replaces),
    transaction: ({ id }) => this.#transaction(id),
    transactions: (_, { account }) => ({ items: this.#history(account!), next: null }),
    openAccount: (_, __, opening) => this.#open(opening),
    account: ({ index }) => this.#account(index),
    accounts: (_, { pubKeyY, l1Address, token }) => {
      const items = [...this.#state().accounts()]
        .filter(([, account]) => account.pubKeyY === pubKeyY && account.l1Address === BigInt(l1Address!))
        .filter(([, account]) => token === undefined || account.token === token)
        .map(([index]) => this.#account(index));
      return { items, next: null };
    },
    accountProof: ({ index }, { batch }) => {
      if (this.behind-- > 0) throw new SheafError("BATCH_UNKNOWN", "it has not been read yet");
      return this.#proof(index, batch!);
    },
  };

  #submit(operation: SignedOperation, replaces: string | undefined): Submitted {
    const { domain } = this.#place;
    const message =
      operation.kind === "transfer" ? transferMessage(domain, operation) : withdrawalMessage(domain, operation);
    const isSigned = verifySignature(message, operation.signature, operation.publicKey);
    const account = this.#state().account(operation.from);
    if (!isSigned || account?.pubKeyY !== operation.publicKey.y) throw new SheafError("SIGNATURE_INVALID", "it is not");
    const id = `0x${message.toString(16).padStart(64, "0")}`;
    if (this.transactions.has(id)) return { ...this.#transaction(id), known: true };
    const refusal = this.refuse(operation);
    if (refusal !== undefined && refusal !== "silence") throw new SheafError(refusal, "as the test wants it");
    const nonce = replaces === undefined ? this.#pending(operation.from).nonce : this.#transaction(replaces).nonce;
    if (operation.nonce !== nonce) throw new SheafError("NONCE_WRONG", `the next one is ${nonce}`);
    this.taken.push(operation);
    this.transactions.set(id, { ...operation, status: "pending" });
    if (refusal === "silence") throw SILENCE;
    return this.#transaction(id);
  }

  /** An account is there at once where its payment is taken in. */
  #open({ pubKeyY, l1Address, token, payment }: Opening) {
    if (payment === undefined) throw new SheafError("OPENING_UNPAID", "nothing is given away");
    const { id } = this.#submit({ ...payment, kind: "transfer" }, undefined);
    const state = this.#state();
    const index = Math.max(...[...state.accounts()].map(([index]) => index)) + 1;
    state.update(index, { pubKeyY, l1Address: BigInt(l1Address), token, balance: 0n, nonce: 0 });
    return { index, status: "pending", payment: id } as const;
  }

  #status(): State {
    const { chainId, rollup } = this.#place;
    const { root } = this.#state();
    const counts = {
      batch: 1,
      block: 1,
      accounts: [...this.#state().accounts()].length,
      pending: this.taken.length,
      early: 0,
    };
    return { chainId, rollup, root, ...counts, queue: { head: 0, tail: 0 }, isFrozen: false };
  }

  #pending(index: number): { readonly balance: bigint; readonly nonce: number } {
    const { balance, nonce } = this.#state().account(index)!;
    const own = this.taken.filter(({ from }) => from === index);
    const spent = own.reduce((sum, { amount, fee }) => sum + amount + fee, 0n);
    return { balance: balance - spent, nonce: nonce + own.length };
  }

  #account(index: number): NodeAccount {
    const account = this.#state().account(index);
    if (account === undefined) throw new SheafError("ACCOUNT_NOT_FOUND", `there is no account ${index}`);
    const l1Address = addressToHex(account.l1Address);
    return { ...account, index, l1Address, pending: this.#pending(index), final: true };
  }

  #proof(index: number, batch: number) {
    const state = this.#state();
    const account = state.account(index);
    const siblings = state
      .path(index)
      .map((children, level) => children.toSpliced(Math.floor(index / TREE_ARITY ** level) % TREE_ARITY, 1));
    const shown = account && { ...account, l1Address: addressToHex(account.l1Address) };
    return { index, batch, root: state.root, account: shown ?? null, siblings };
  }

  #transaction(id: string): Transaction {
    const known = this.transactions.get(id);
    if (known === undefined) throw new SheafError("TRANSACTION_UNKNOWN", `there is no transaction ${id}`);
    return { kind: "transfer", status: "pending", token: 0, amount: 1n, fee: 0n, ...known, id };
  }

  #history(account: number): Transaction[] {
    return [...this.transactions]
      .filter(([, { from, to }]) => from === account || to === account)
      .map(([id]) => this.#transaction(id))
      .reverse();
  }
}

const eventsOf = (id: string): string => `/transactions/${id}/events`;

/** A wallet's account of ether. */
export const accountOf = ({ owner }: Wallet, balance: bigint): Account => ({
  pubKeyY: owner.pubKeyY,
  l1Address: BigInt(owner.l1Address),
  token: 0,
  balance,
  nonce: 0,
});

const FEES = {
  ...{ gasPrice: 7n, gasPerTransfer: 900, weiPerTransfer: 6300n, fee: 4n, minimum: 3n },
  opening: { gas: 3000, fee: 13n, minimum: 10n },
  withdrawal: { gas: 1100, fee: 5n, minimum: 4n },
  firstWithdrawal: { gas: 1300, fee: 6n, minimum: 5n },
  ...{ promptFee: 1100n, promptWait: 10, longestWait: 10 },
};
const TOKENS = [
  { id: 0, address: addressToHex(0n), symbol: "ETH", decimals: 18 },
  { id: 1, address: addressToHex(0x70ce2n), symbol: "TEST", decimals: 6 },
];
const CONFIG = {
  sizes: [],
  limits: { pageItems: 200, bodyBytes: 65536, requests: { max: 100, perSeconds: 1 }, connections: 64, streams: 4 },
  version: "0.0.0",
};
