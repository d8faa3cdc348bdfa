import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SignedOperation, Transaction } from "../../api/client.ts";
import { opening, signedOperation } from "../../api/schemas.ts";
import { bigintJson } from "../../lib/json.ts";
import type { Account } from "../../protocol/account.ts";
import { TREE_ARITY } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { addressToHex } from "../../protocol/json-fields.ts";
import { transferMessage, withdrawalMessage } from "../../protocol/operations.ts";
import { verifySignature } from "../../protocol/signature.ts";
import type { RollupState } from "../../protocol/state.ts";
import type { Wallet } from "../../wallet/index.ts";

/** A node's refusal, or "silence": it takes the operation and does not answer. */
export type Refusal = ErrorCode | "silence" | undefined;

interface Failure {
  readonly status: number;
  readonly code: ErrorCode;
}

/** What a node says over HTTP of a state that a test holds, and what it should not say. */
export class ApiStub {
  /** What was submitted, in order; what was refused is not in it. */
  readonly taken: SignedOperation[] = [];
  /** What `GET /transactions/:id` says, by id. */
  readonly transactions = new Map<string, Partial<Transaction>>();
  /** Whether `GET /transactions/:id/events` works. */
  hasEvents = true;
  refuse: (operation: SignedOperation) => Refusal = () => undefined;
  /** A code in place of an answer, by path. */
  refuseToAnswer: (path: string) => ErrorCode | undefined = () => undefined;
  /** What the node makes of the answers that it should give, by path. */
  lie: (path: string, answer: Record<string, unknown>) => object = (_, answer) => answer;
  /** How many proofs are asked for before the node has read L1's last batch. */
  behind = 0;
  readonly #state: () => RollupState;
  readonly #place: { readonly chainId: number; readonly rollup: string; readonly domain: bigint };
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #listeners = new Map<string, ServerResponse>();

  constructor(state: () => RollupState, place: { chainId: number; rollup: string; domain: bigint }) {
    this.#state = state;
    this.#place = place;
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Changes a transaction's status, and tells who listens. */
  move(id: string, change: Partial<Transaction>): void {
    this.transactions.set(id, { ...this.transactions.get(id), ...change });
    this.#listeners.get(id)?.write(`event: transaction\ndata: ${bigintJson(this.#transaction(id))}\n\n`);
  }

  isListenedTo(id: string): boolean {
    return this.#listeners.has(id);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://localhost");
    const events = /^\/transactions\/(.+)\/events$/.exec(url.pathname);
    if (events !== null && this.hasEvents) {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      this.#listeners.set(events[1]!, response);
      return;
    }
    const answer = await this.#answer(request, url);
    if (answer === "silence") return void request.socket.destroy();
    const isFailure = "status" in answer && typeof answer.status === "number";
    const body = isFailure ? { code: answer["code"], message: "as the test wants it", fix: "-" } : answer;
    const said = isFailure ? body : this.lie(url.pathname, body as Record<string, unknown>);
    response.writeHead(isFailure ? (answer.status as number) : 200, { "content-type": "application/json" });
    response.end(bigintJson(said));
  }

  async #answer(request: IncomingMessage, { pathname, searchParams }: URL): Promise<object | Failure | "silence"> {
    const [, root, id, leaf] = pathname.split("/");
    const code = this.refuseToAnswer(pathname);
    if (code !== undefined) return { status: 400, code };
    if (request.method === "POST" && root === "transactions") return this.#submit(await textOf(request));
    if (request.method === "POST") return root === "accounts" ? this.#open(await textOf(request)) : NOT_FOUND;
    if (root === "config") return { ...CONFIG, ...this.#place };
    if (root === "health") return { status: "ok", missing: [] };
    if (root === "tokens") return { items: TOKENS, next: null };
    if (root === "withdrawals") return { items: [], next: null };
    if (root === "fees") return { ...FEES, token: Number(searchParams.get("token")) };
    if (root === "transactions" && id !== undefined) return this.#transaction(id) ?? NOT_FOUND;
    if (root === "transactions") return { items: this.#history(Number(searchParams.get("account"))), next: null };
    if (leaf === "proof" && this.behind-- > 0) return { status: 404, code: "BATCH_UNKNOWN" };
    if (leaf === "proof") return this.#proof(Number(id), Number(searchParams.get("batch")));
    if (root === "accounts" && id !== undefined) return this.#account(Number(id)) ?? NOT_FOUND;
    if (root === "accounts") return { items: this.#accounts(searchParams), next: null };
    return { status: 404, code: "ROUTE_UNKNOWN" };
  }

  #submit(text: string): object | Failure | "silence" {
    const { data } = signedOperation.safeParse(JSON.parse(text));
    if (data === undefined) return { status: 400, code: "FIELD_INVALID" };
    const { domain } = this.#place;
    const message = data.kind === "transfer" ? transferMessage(domain, data) : withdrawalMessage(domain, data);
    const isSigned = verifySignature(message, data.signature, data.publicKey);
    const account = this.#state().account(data.from);
    if (!isSigned || account?.pubKeyY !== data.publicKey.y) return { status: 400, code: "SIGNATURE_INVALID" };
    const id = `0x${message.toString(16).padStart(64, "0")}`;
    const known = this.transactions.has(id);
    if (!known) {
      const refusal = this.refuse(data);
      if (refusal !== undefined && refusal !== "silence") return { status: 400, code: refusal };
      if (data.nonce !== this.#pending(data.from).nonce) return { status: 400, code: "NONCE_WRONG" };
      this.taken.push(data);
      this.transactions.set(id, { ...data, status: "pending" });
      if (refusal === "silence") return refusal;
    }
    return { ...this.#transaction(id)!, ...(known && { known }) };
  }

  /** An account is there at once where its payment is taken in. */
  #open(text: string): object | Failure | "silence" {
    const { data } = opening.safeParse(JSON.parse(text));
    if (data?.payment === undefined) return { status: 402, code: "OPENING_UNPAID" };
    const { pubKeyY, l1Address, token, payment } = data;
    const taken = this.#submit(bigintJson(payment));
    if (taken === "silence" || !("id" in taken)) return taken;
    const state = this.#state();
    const index = Math.max(...[...state.accounts()].map(([index]) => index)) + 1;
    state.update(index, { pubKeyY, l1Address: BigInt(l1Address), token, balance: 0n, nonce: 0 });
    return { index, status: "pending", payment: taken.id };
  }

  #pending(index: number): { readonly balance: bigint; readonly nonce: number } {
    const { balance, nonce } = this.#state().account(index)!;
    const own = this.taken.filter(({ from }) => from === index);
    const spent = own.reduce((sum, { amount, fee }) => sum + amount + fee, 0n);
    return { balance: balance - spent, nonce: nonce + own.length };
  }

  #account(index: number): object | undefined {
    const account = this.#state().account(index);
    if (account === undefined) return undefined;
    const l1Address = addressToHex(account.l1Address);
    return { ...account, index, l1Address, pending: this.#pending(index), final: true };
  }

  #accounts(query: URLSearchParams): object[] {
    const [key, address, token] = ["pubKeyY", "l1Address", "token"].map((name) => query.get(name));
    return [...this.#state().accounts()]
      .filter(([, account]) => String(account.pubKeyY) === key && account.l1Address === BigInt(address!))
      .filter(([, account]) => token === null || String(account.token) === token)
      .map(([index]) => this.#account(index)!);
  }

  #proof(index: number, batch: number): object {
    const state = this.#state();
    const account = state.account(index);
    const siblings = state
      .path(index)
      .map((children, level) => children.toSpliced(Math.floor(index / TREE_ARITY ** level) % TREE_ARITY, 1));
    const shown = account && { ...account, l1Address: addressToHex(account.l1Address) };
    return { index, batch, root: state.root, account: shown ?? null, siblings };
  }

  #transaction(id: string): object | undefined {
    const known = this.transactions.get(id);
    return known && { kind: "transfer", token: 0, amount: 1n, fee: 0n, ...known, id };
  }

  #history(account: number): object[] {
    return [...this.transactions]
      .filter(([, { from, to }]) => from === account || to === account)
      .map(([id]) => this.#transaction(id)!)
      .reverse();
  }
}

/** A wallet's account of ether. */
export const accountOf = ({ owner }: Wallet, balance: bigint): Account => ({
  pubKeyY: owner.pubKeyY,
  l1Address: BigInt(owner.l1Address),
  token: 0,
  balance,
  nonce: 0,
});

const NOT_FOUND = { status: 404, code: "ACCOUNT_NOT_FOUND" } as const;
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

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
