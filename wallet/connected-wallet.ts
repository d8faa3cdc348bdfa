import type {
  Account,
  Fees,
  NodeClient,
  Owner as OwnerOf,
  SignedOperation,
  Token,
  Transaction,
} from "../api/client.ts";
import { everyPage } from "../api/every-page.ts";
import type { Priced } from "../l1/batch-gas.ts";
import { ETHER } from "../l1/token-metadata.ts";
import { KeyedTurns } from "../lib/turns.ts";
import { SheafError } from "../protocol/errors.ts";
import type { PrivateKey } from "../protocol/signature.ts";
import { proveAccount } from "./account-proof.ts";
import type { Connection, TokenPrices } from "./connect.ts";
import { leave, leaveByPath, type ExitKeys } from "./exit.ts";
import type { L1Rollup, Queued } from "./l1-rollup.ts";
import { amountText, unitOf } from "./named-tokens.ts";
import { accountOf, accountsOf, findReceiver, ownerOf, type Receiver, type ReceiverAccount } from "./receiver.ts";
import { retried } from "./retry.ts";
import type { Owner } from "./rollup-address.ts";
import { Sent } from "./sent.ts";
import { idOf, requireRepresentable, signDraft, type Draft } from "./signing.ts";
import { MAY_PASS, submitAll } from "./submitting.ts";
import { untilPayable, type PayableOptions } from "./until-payable.ts";

/** Seconds that an operation may take to get into a batch, at least, unless the caller says otherwise; at most twice as many. */
const VALIDITY = 3600;
const DAY = 86_400;
/** Fees that nobody named, and that only the node knows, are paid up to this part of the amount. */
const SMALL_PART = 10n;
const WEI_PER_ETHER = 10n ** 18n;

export interface SendOptions {
  /** Id of the token; 0, ETH, by default. */
  readonly token?: number;
  /** Base units of the token. Default: what the node suggests, within `maxFee`. */
  readonly fee?: bigint;
  /**
   * The most that the node may suggest. Default: a few times what it costs on L1 (`feeLimit`), and no more than what is paid;
   * where only the node knows that, a tenth of what is paid.
   */
  readonly maxFee?: bigint;
  /**
   * Unix time in seconds of the last batch that may hold it. Default: some time between one and two hours from now, or from
   * when its turn comes, where it waits behind what is not due.
   */
  readonly validUntil?: number;
  /** In its place: Unix time in seconds of the first batch that may hold it. The node keeps it until then. */
  readonly validFrom?: number;
  /** Id of the account's first operation that is not due yet: this one comes in its place. */
  readonly replaces?: string;
}

export interface SignOptions extends SendOptions {
  /** Default: the account's next one, by what the node has. */
  readonly nonce?: number;
}

export interface Payment {
  readonly to: Receiver;
  /** Base units. */
  readonly amount: bigint;
}

/** A person's keys: a `Wallet`. */
export interface Keys {
  readonly key: PrivateKey;
  readonly owner: Owner;
  /** The owner in one word, `sheaf:0x…`. */
  readonly address: string;
}

/**
 * A wallet at work: what it signs goes to a node, what L1 must do to the contract. Amounts are base units, tokens ids.
 * Besides the codes that methods name, each throws those of the node, or SERVICE_UNREACHABLE.
 */
export class ConnectedWallet {
  readonly wallet: Keys;
  readonly #connection: Connection;
  readonly #turns = new KeyedTurns<number>();

  constructor(wallet: Keys, connection: Connection) {
    this.wallet = wallet;
    this.#connection = connection;
  }

  /** The node's API. */
  get node(): NodeClient {
    return this.#connection.node;
  }

  /** The wallet's accounts in the rollup, of all tokens. */
  accounts(): Promise<readonly Account[]> {
    return accountsOf(this.#connection, this.wallet.owner);
  }

  /** Throws `ACCOUNT_NOT_FOUND` if there is none in this token yet. */
  account(token = 0): Promise<Account> {
    return accountOf(this.#connection, this.wallet.owner, token);
  }

  /**
   * What the wallet has in the rollup as L1 has it, by the node's word; `account(token)` tells what is pending too. What has
   * left by an exit is not there any more.
   */
  async balance(token = 0): Promise<bigint> {
    const accounts = await accountsOf(this.#connection, this.wallet.owner, token);
    return accounts.reduce((sum, { balance, exited }) => (exited === true ? sum : sum + balance), 0n);
  }

  /**
   * Looks whether a token is what the node says, by its contract on L1: whole tokens are counted by its decimals. Without L1
   * only ether is known.
   *
   * @throws SheafError NODE_MISMATCH
   */
  async requireToken({ id, symbol, decimals }: Token): Promise<void> {
    const own = id === 0 ? ETHER : await this.#connection.l1?.metadata(id);
    if (own === undefined || (own.symbol === symbol && own.decimals === decimals)) return;
    const [said, known] = [{ symbol, decimals }, own].map((it) => `${it.symbol}, of ${it.decimals} decimals`);
    throw new SheafError("NODE_MISMATCH", `token ${id} is ${known}; the node says ${said}`);
  }

  /** What went out of the wallet's account in a token and came in, the newest first. */
  async *history(token = 0): AsyncGenerator<Transaction, void, undefined> {
    const { index } = await this.account(token);
    const { node } = this.#connection;
    const ask = (before?: string) => node.transactions({ account: index, ...(before !== undefined && { before }) });
    yield* everyPage(ask, true);
  }

  /** The account that would be paid: for a person to compare key and L1 address. Throws as `transfer`. */
  receiver(to: Receiver, token = 0): Promise<ReceiverAccount> {
    return findReceiver(this.#connection, to, token);
  }

  /**
   * The fee that the node suggests: for a transfer, unless something else is named.
   *
   * @throws SheafError FEE_TOO_HIGH if it is above `maxFee`, or `feeLimit` by default
   */
  async fee(token = 0, what: Charged = "transfer", { maxFee }: Pick<SendOptions, "maxFee"> = {}): Promise<bigint> {
    return (await this.#suggested(await this.node.fees(token), token, what, maxFee)).fee;
  }

  /**
   * The most that a fee is without its owner's word, in base units: a few times what the operation costs on L1 now.
   * `undefined` where nobody but the node can say: without L1, or for a token without a price.
   */
  async feeLimit(token = 0, what: Charged = "transfer"): Promise<bigint | undefined> {
    return this.#limit(token, await this.#priced(token, what));
  }

  /**
   * Pays somebody in the rollup. Once it returns, the node keeps the transfer.
   *
   * @throws SheafError AMOUNT_NOT_REPRESENTABLE with the nearest amounts, BALANCE_INSUFFICIENT, FEE_TOO_HIGH,
   * FEE_UNCONFIRMED, ACCOUNT_NOT_FOUND, ACCOUNT_NOT_FINAL, ACCOUNT_UNPROVEN, RECEIVER_INVALID, TOKEN_WRONG; OPERATION_KNOWN if another wallet
   * with this key has sent the very same; `PaymentsInterrupted` if no answer came, and the node may have taken it
   */
  async transfer({ to, amount, ...options }: Payment & SendOptions): Promise<Sent> {
    const [sent] = await this.#pay([{ to, amount }], options, false);
    return sent!;
  }

  /**
   * Pays many, in this order. Everything is checked before the first transfer is signed. Where the node takes no more of the
   * account for now, it waits for the next batch and goes on.
   *
   * @param options `fee` is that of each; `validUntil` by default an hour after each is taken
   * @throws SheafError as `transfer`; `PaymentsInterrupted` if the node refuses one after it took others
   */
  payMany(payments: readonly Payment[], options: SendOptions = {}): Promise<readonly Sent[]> {
    return this.#pay(payments, options, true);
  }

  #pay(payments: readonly Payment[], { token = 0, ...options }: SendOptions, isPatient: boolean) {
    const orders = async (): Promise<readonly Order[]> => {
      const receivers = new Map<Receiver, number>();
      for (const { to } of payments) {
        // A long list asks the node for more than it lets anybody have at once.
        const find = () => this.receiver(to, token);
        if (!receivers.has(to)) receivers.set(to, (await retried(find, ["RATE_LIMITED"])).index);
      }
      return payments.map(({ to, amount }) => ({ to: receivers.get(to)!, amount }));
    };
    return this.#send(token, options, orders, isPatient);
  }

  /**
   * Signs a payment, and sends nothing: whoever gets it can hand it in (`submit`), such as the one who is paid. Its fee is paid
   * when it is done, and may be too low by then. Nothing is kept of it here: a payment that is signed or sent after it has the
   * same nonce, unless `nonce` says otherwise, and only one of the two is done.
   *
   * @throws SheafError as `transfer`, but for what the node says of it
   */
  async signTransfer({ to, amount, token = 0, ...options }: Payment & SignOptions): Promise<SignedOperation> {
    const order = async (): Promise<Order> => ({ to: (await this.receiver(to, token)).index, amount });
    return this.#signOnly(token, options, order);
  }

  /** As `signTransfer`, of a withdrawal. */
  async signWithdrawal({ amount, token = 0, ...options }: { readonly amount: bigint } & SignOptions) {
    return this.#signOnly(token, options, () => Promise.resolve({ amount }));
  }

  /**
   * Hands in what was signed before, here or by somebody else. What the node has already is not paid twice.
   *
   * @throws SheafError EARLY_TOO_LONG, EARLY_FULL if it is not due, and the node does not keep it until then
   */
  async submit(signed: SignedOperation): Promise<Sent> {
    const { node, domain } = this.#connection;
    const id = idOf(domain, signed);
    await retried(() => node.submit(signed), MAY_PASS);
    return new Sent(node, id, { fee: signed.fee, total: signed.amount + signed.fee });
  }

  /** Takes an amount out of the rollup; once it is verified, `pull` has L1 pay it out. Throws `BALANCE_INSUFFICIENT`. */
  async withdraw({ amount, token = 0, ...options }: { readonly amount: bigint } & SendOptions): Promise<Sent> {
    const [sent] = await this.#send(token, options, async () => [{ amount }], false);
    return sent!;
  }

  /**
   * Has the node open an account with nothing in it, the wallet's own by default, and waits until it can be paid. A transfer
   * of nothing, from one of the wallet's accounts to itself, pays for it; a wallet without accounts asks for a gift.
   *
   * @throws SheafError RECEIVER_INVALID, TOKEN_UNKNOWN, WAIT_TIMEOUT, ACCOUNT_UNPROVEN, BALANCE_INSUFFICIENT,
   * FEE_TOO_HIGH, FEE_UNCONFIRMED; OPENING_UNPAID if the node makes no gifts
   */
  async openAccount(to: string | Owner = this.wallet.owner, token = 0, options: OpeningOptions = {}) {
    const { pubKeyY, l1Address } = ownerOf(to);
    const wish = { pubKeyY, l1Address, token };
    const [known] = await accountsOf(this.#connection, wish, token);
    if (known === undefined) {
      const payIn = options.payIn ?? (await this.#payingToken(token));
      if (payIn === undefined) await this.node.openAccount(wish);
      else await this.#turns.run(payIn, () => this.#openPaid(wish, payIn, options));
    }
    return untilPayable(() => this.receiver(to, token), options);
  }

  /** Pays into an account from L1: the wallet's own, or another owner's. Throws `SIGNER_MISSING`, `L1_REVERTED`, `L1_FAILED`. */
  async deposit({ amount, token = 0, to = this.wallet.owner }: Deposit): Promise<Sent> {
    return this.#queued(await this.#l1.deposit(token, amount, ownerOf(to)));
  }

  /**
   * Has L1 demand that the whole balance leaves, which no operator can refuse. The signer must be the account's L1 address.
   *
   * @throws SheafError ACCOUNT_NOT_FOUND, ACCOUNT_NOT_FINAL, ACCOUNT_UNPROVEN, and as `deposit`
   */
  async forceWithdraw(token = 0): Promise<Sent> {
    const l1 = this.#l1;
    const account = await this.account(token);
    await proveAccount(this.node, l1, account, "latest");
    return this.#queued(await l1.requestWithdrawal(account.index, token, account.l1Address));
  }

  /** What `pull` would get. */
  withdrawable(token = 0): Promise<bigint> {
    return this.#l1.withdrawable(token, this.wallet.owner.l1Address);
  }

  /**
   * Has L1 pay out what left the rollup. Returns the hash of the L1 transaction; nothing if somebody else had it done first,
   * which anyone may. Throws as `deposit`.
   */
  async pull(token = 0): Promise<string | undefined> {
    return (await this.#l1.withdraw(token, this.wallet.owner.l1Address))?.hash;
  }

  /**
   * Leaves a frozen rollup with the balance in a token, by a proof made here; `pull` gets it. Returns the hash of the L1
   * transaction; nothing if somebody else had it done first. It needs a node that still answers: `./sheaf exit` does it from
   * L1 alone.
   *
   * @throws SheafError ROLLUP_NOT_FROZEN, ACCOUNT_UNPROVEN, and as `deposit`
   */
  async exit(keys: ExitKeys, token = 0): Promise<string | undefined> {
    return leave(this.#connection.node, this.#l1, await this.account(token), keys);
  }

  /**
   * As `exit`, without key files: it costs several times the gas, and the deployment of a contract where nobody has left this
   * way before. `./sheaf exit --without-proof` does it from L1 alone.
   */
  async exitByPath(token = 0): Promise<string | undefined> {
    return leaveByPath(this.#connection.node, this.#l1, await this.account(token));
  }

  get #l1(): L1Rollup {
    if (this.#connection.l1 !== undefined) return this.#connection.l1;
    throw new SheafError(
      "SIGNER_MISSING",
      "the wallet was connected without L1: neither `rpc` nor a signer with a provider",
    );
  }

  #queued({ place, transaction }: Queued): Sent {
    return new Sent(this.#connection.node, `queue-${place}`, { l1Transaction: transaction });
  }

  /** Of those that the wallet has accounts in: the one that is meant, or the one that it has most of. */
  async #payingToken(token: number): Promise<number | undefined> {
    const accounts = (await this.accounts()).filter(({ final }) => final);
    return (accounts.find((account) => account.token === token) ?? accounts[0])?.token;
  }

  async #openPaid(wish: OwnerOf, token: number, { fee: named, maxFee }: OpeningOptions): Promise<void> {
    const { node, domain } = this.#connection;
    const fees = await node.fees(token);
    const { fee, isBounded } =
      named === undefined ? await this.#suggested(fees, token, "opening", maxFee) : { fee: named, isBounded: true };
    const { index, pending } = await this.account(token);
    await this.#requireFunds(index, token, pending.balance, fee);
    if (!isBounded && fee * SMALL_PART > pending.balance) {
      const [asked, there] = await this.#amounts(token, fee, pending.balance);
      const what = `the node asks for ${asked} to open an account, more than a tenth of the ${there} that are there`;
      throw new SheafError("FEE_UNCONFIRMED", what);
    }
    const draft = { from: index, to: index, token, amount: 0n, fee, ...(await this.#term({}, fees, pending)) };
    const { operation } = signDraft(this.wallet.key, domain, pending.nonce, draft);
    if (operation.kind !== "transfer") return;
    // The same again gets the same answer.
    await retried(() => node.openAccount({ ...wish, payment: operation }), MAY_PASS);
  }

  async #requireFunds(index: number, token: number, balance: bigint, cost: bigint): Promise<void> {
    if (cost <= balance) return;
    const [has, leaves] = await this.#amounts(token, balance, cost);
    const what = `account ${index} has ${has} after what is pending; ${leaves} would leave it, fees included`;
    throw new SheafError("BALANCE_INSUFFICIENT", what);
  }

  /** For messages. */
  async #amounts(token: number, ...amounts: readonly bigint[]): Promise<readonly string[]> {
    const unit = await unitOf(this.#connection, token);
    return amounts.map((amount) => amountText(amount, unit));
  }

  /**
   * An hour, and what the node says that it may take, if that is no more than a day; and up to an hour more, by chance. An
   * operation is what it says: without that, equal payments which two wallets with the same key sign in the same second
   * would be one.
   */
  async #term(
    { validUntil, validFrom }: Terms,
    { longestWait }: Fees,
    { waitsUntil = 0 }: Pick<Account["pending"], "waitsUntil">,
  ) {
    if (validFrom !== undefined && validUntil !== undefined) {
      throw new SheafError("FIELD_INVALID", "an operation has either validUntil or validFrom, not both");
    }
    if (validFrom !== undefined) return { validFrom };
    if (validUntil !== undefined) return { validUntil };
    const start = Math.max(await this.#now(), waitsUntil);
    return { validUntil: start + VALIDITY + below(VALIDITY) + Math.min(longestWait ?? 0, DAY) };
  }

  /** What an operation is priced as: by L1, or else by the node's word. */
  async #priced(token: number, what: Charged): Promise<Priced> {
    if (what !== "withdrawal") return what;
    const { l1Address } = this.wallet.owner;
    const { node, l1 } = this.#connection;
    if (l1 !== undefined) return (await l1.withdrawable(token, l1Address)) > 0n ? "withdrawal" : "firstWithdrawal";
    const { items } = await node.withdrawals({ l1Address });
    const hasCredit = items.some((credit) => credit.token === token && credit.withdrawable > 0n);
    return hasCredit ? "withdrawal" : "firstWithdrawal";
  }

  async #limit(token: number, kind: Priced): Promise<bigint | undefined> {
    const { l1, prices } = this.#connection;
    if (l1 === undefined) return undefined;
    const price = token === 0 ? WEI_PER_ETHER : await this.#priceOf(token, l1, prices);
    return price === undefined ? undefined : ((await l1.feeLimit(kind)) * price) / WEI_PER_ETHER + 1n;
  }

  async #priceOf(token: number, l1: L1Rollup, prices: TokenPrices): Promise<bigint | undefined> {
    const named = Object.entries(prices).map(([name, price]) => [name.toLowerCase(), price] as const);
    if (named.length === 0) return undefined;
    const names = [`${token}`, (await l1.tokenAddress(token)).toLowerCase()];
    return named.find(([name]) => names.includes(name))?.[1];
  }

  /** The node may ask for anything. Throws `FEE_TOO_HIGH`; `isBounded` says whether something else than its word speaks for it. */
  async #suggested(fees: Fees, token: number, what: Charged, maxFee: bigint | undefined) {
    const kind = await this.#priced(token, what);
    const { fee } = kind === "transfer" ? fees : fees[kind];
    const limit = maxFee ?? (await this.#limit(token, kind));
    if (limit === undefined || fee <= limit) return { fee, isBounded: limit !== undefined };
    const why = maxFee === undefined ? `L1's price now allows for ${limit}` : `at most ${maxFee} were allowed`;
    throw new SheafError(
      "FEE_TOO_HIGH",
      `the node asks for a fee of ${fee} of token ${token}; ${why}. Nothing was signed`,
    );
  }

  /** Batches go by L1's time, which may be ahead of this machine's. */
  async #now(): Promise<number> {
    const own = Math.floor(Date.now() / 1000);
    return this.#connection.l1 === undefined ? own : Math.max(own, await this.#connection.l1.time());
  }

  /** Signs operations of the account in a token with its next nonces, and submits them; whoever asks first goes first. */
  #send(
    token: number,
    options: Terms,
    find: () => Promise<readonly Order[]>,
    isPatient: boolean,
  ): Promise<readonly Sent[]> {
    return this.#turns.run(token, async () => {
      const { orders, fee, account, sign } = await this.#prepared(token, options, find);
      const cost = orders.reduce((sum, { amount }) => sum + amount + fee, 0n);
      // What an operation that is not due has reserved is free for the one in its place: the node knows how much.
      if (options.replaces === undefined) await this.#requireFunds(account.index, token, account.pending.balance, cost);
      return submitAll(this.node, orders.length, sign, isPatient, options.replaces);
    });
  }

  /** Money may come until it is handed in. */
  #signOnly(token: number, options: Terms, find: () => Promise<Order>): Promise<SignedOperation> {
    return this.#turns.run(token, async () => {
      const { sign } = await this.#prepared(token, options, async () => [await find()]);
      return (await sign(0, false)).operation;
    });
  }

  /** What orders become, and how each is signed; where one waited for room, `isAgain`, for a later time. */
  async #prepared(token: number, options: Terms, find: () => Promise<readonly Order[]>) {
    const { node, domain } = this.#connection;
    const orders = await find();
    const fees = await node.fees(token);
    const fee = options.fee ?? (await this.#suggestedFee(token, orders, fees, options.maxFee));
    for (const order of orders) requireRepresentable({ ...order, fee });
    const account = await this.account(token);
    const { index: from, pending } = account;
    const replaced = options.replaces === undefined ? undefined : await node.transaction(options.replaces);
    const first = options.nonce ?? replaced?.nonce ?? pending.nonce;
    let term = await this.#term(options, fees, replaced === undefined ? pending : {});
    const sign = async (place: number, isAgain: boolean) => {
      if (isAgain) term = await this.#term(options, fees, pending);
      const nonce = first + place;
      return signDraft(this.wallet.key, domain, nonce, { ...orders[place]!, fee, ...term, from, token });
    };
    return { orders, fee, account, sign };
  }

  /** Without its owner's word a wallet pays no more in fees than it pays at all, and a tenth of that on the node's word alone. */
  async #suggestedFee(token: number, orders: readonly Order[], offered: Fees, maxFee: bigint | undefined) {
    const what = orders.some(({ to }) => to === undefined) ? "withdrawal" : "transfer";
    const { fee, isBounded } = await this.#suggested(offered, token, what, maxFee);
    const moved = orders.reduce((sum, { amount }) => sum + amount, 0n);
    const fees = fee * BigInt(orders.length);
    if (maxFee !== undefined || fees * (isBounded ? 1n : SMALL_PART) <= moved) return fee;
    const part = isBounded ? "" : "; without L1, or a price of the token, a tenth of that is the most";
    const [suggested, amount] = await this.#amounts(token, fees, moved);
    const message = `the node suggests fees of ${suggested}, to move ${amount}${part}. Nothing was signed`;
    throw new SheafError("FEE_UNCONFIRMED", message);
  }
}

/** A number by chance, from 0 on. */
const below = (end: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % end;

/** What a fee is asked for: a transfer, one that also pays for an account to be opened, or a withdrawal. */
export type Charged = "transfer" | "opening" | "withdrawal";

export interface OpeningOptions extends PayableOptions {
  /** Base units of the token that it is paid in. Default: what the node suggests, within `maxFee`. */
  readonly fee?: bigint;
  /** As in `SendOptions`; where only the node knows, a tenth of what is there. */
  readonly maxFee?: bigint;
  /** Id of the token that it is paid in. Default: the account's own, or else the one that the wallet has most of. */
  readonly payIn?: number;
}

type Terms = Omit<SignOptions, "token">;
/** A transfer if it has a receiver, or else a withdrawal. */
type Order = Pick<Draft, "to" | "amount">;

export interface Deposit {
  /** Base units. */
  readonly amount: bigint;
  readonly token?: number;
  /** The wallet's own by default. */
  readonly to?: string | Owner;
}
