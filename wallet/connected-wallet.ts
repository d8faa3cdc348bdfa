import type { Account, NodeClient, Transaction } from "../api/client.ts";
import { SheafError } from "../protocol/errors.ts";
import type { Connection } from "./connect.ts";
import { leave, type ExitKeys } from "./exit.ts";
import type { L1Rollup, Queued } from "./l1-rollup.ts";
import { PaymentsInterrupted } from "./payments-interrupted.ts";
import { accountOf, accountsOf, findReceiver, ownerOf, type Receiver, type ReceiverAccount } from "./receiver.ts";
import type { Owner } from "./rollup-address.ts";
import { Sent, type WaitOptions } from "./sent.ts";
import { requireRepresentable, signDraft, submit, type Draft } from "./signing.ts";
import { Turns } from "./turns.ts";
import { untilPayable } from "./until-payable.ts";
import type { Wallet } from "./wallet.ts";

/** Seconds that an operation may take to get into a batch, unless the caller says otherwise. */
const VALIDITY = 3600;

export interface SendOptions {
  /** Id of the token; 0, ETH, by default. */
  readonly token?: number;
  /** Base units of the token. Default: what the node suggests. */
  readonly fee?: bigint;
  /** Unix time in seconds of the last batch that may hold it. Default: an hour from now. */
  readonly validUntil?: number;
}

export interface Payment {
  readonly to: Receiver;
  /** Base units. */
  readonly amount: bigint;
}

/**
 * A wallet at work: what it signs goes to a node, what L1 must do to the contract. Amounts are base units, tokens ids.
 * Besides the codes that methods name, each throws those of the node, or SERVICE_UNREACHABLE.
 */
export class ConnectedWallet {
  readonly wallet: Wallet;
  readonly #connection: Connection;
  readonly #turns = new Turns();

  constructor(wallet: Wallet, connection: Connection) {
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

  /** What L1 says that the wallet has; `account(token)` tells what is pending too. */
  async balance(token = 0): Promise<bigint> {
    const accounts = await accountsOf(this.#connection, this.wallet.owner, token);
    return accounts.reduce((sum, { balance }) => sum + balance, 0n);
  }

  /** What went out of the wallet's account in a token and came in, the newest first. */
  async *history(token = 0): AsyncGenerator<Transaction, void, undefined> {
    const { index } = await this.account(token);
    for (let before: string | null | undefined; before !== null;) {
      const page = await this.#connection.node.transactions({
        account: index,
        ...(before !== undefined && { before }),
      });
      yield* page.items;
      before = page.next;
    }
  }

  /** The account that would be paid: for a person to compare key and L1 address. Throws as `transfer`. */
  receiver(to: Receiver, token = 0): Promise<ReceiverAccount> {
    return findReceiver(this.#connection, to, token);
  }

  /** The fee that the node suggests for a transfer. */
  async fee(token = 0): Promise<bigint> {
    return (await this.#connection.node.fees(token)).fee;
  }

  /**
   * Pays somebody in the rollup. Once it returns, the node keeps the transfer.
   *
   * @throws SheafError AMOUNT_NOT_REPRESENTABLE with the nearest amounts, BALANCE_INSUFFICIENT, ACCOUNT_NOT_FOUND,
   * ACCOUNT_NOT_FINAL, ACCOUNT_UNPROVEN, RECEIVER_INVALID, TOKEN_WRONG
   */
  async transfer({ to, amount, ...options }: Payment & SendOptions): Promise<Sent> {
    const [sent] = await this.payMany([{ to, amount }], options);
    return sent!;
  }

  /**
   * Pays many, in this order. Everything is checked before the first transfer is signed.
   *
   * @param options `fee` is that of each
   * @throws SheafError as `transfer`; `PaymentsInterrupted` if the node refuses one after it took others
   */
  payMany(payments: readonly Payment[], { token = 0, ...options }: SendOptions = {}): Promise<readonly Sent[]> {
    return this.#send(token, options, async () => {
      const receivers = new Map<Receiver, number>();
      for (const { to } of payments) {
        if (!receivers.has(to)) receivers.set(to, (await this.receiver(to, token)).index);
      }
      return payments.map(({ to, amount }) => ({ to: receivers.get(to)!, amount }));
    });
  }

  /** Takes an amount out of the rollup; once it is verified, `pull` has L1 pay it out. Throws `BALANCE_INSUFFICIENT`. */
  async withdraw({ amount, token = 0, ...options }: { readonly amount: bigint } & SendOptions): Promise<Sent> {
    const [sent] = await this.#send(token, options, async () => [{ amount }]);
    return sent!;
  }

  /**
   * Has the node open an account with nothing in it, the wallet's own by default, and waits until it can be paid.
   *
   * @throws SheafError RECEIVER_INVALID, TOKEN_UNKNOWN, WAIT_TIMEOUT, ACCOUNT_UNPROVEN
   */
  async openAccount(to: string | Owner = this.wallet.owner, token = 0, options: WaitOptions = {}) {
    const { pubKeyY, l1Address } = ownerOf(to);
    await this.node.openAccount({ pubKeyY, l1Address, token });
    return untilPayable(() => this.receiver(to, token), options);
  }

  /** Pays into an account from L1: the wallet's own, or another owner's. Throws `SIGNER_MISSING`, `L1_REVERTED`, `L1_FAILED`. */
  async deposit({ amount, token = 0, to = this.wallet.owner }: Deposit): Promise<Sent> {
    return this.#queued(await this.#l1.deposit(token, amount, ownerOf(to)));
  }

  /** Has L1 demand that the whole balance leaves, which no operator can refuse. Throws as `deposit`. */
  async forceWithdraw(token = 0): Promise<Sent> {
    const { index } = await this.account(token);
    return this.#queued(await this.#l1.requestWithdrawal(index, token));
  }

  /** What `pull` would get. */
  withdrawable(token = 0): Promise<bigint> {
    return this.#l1.withdrawable(token, this.wallet.owner.l1Address);
  }

  /** Has L1 pay out what left the rollup. Returns the hash of the L1 transaction. Throws as `deposit`. */
  async pull(token = 0): Promise<string> {
    return (await this.#l1.withdraw(token, this.wallet.owner.l1Address)).hash;
  }

  /**
   * Leaves a frozen rollup with the balance in a token, by a proof made here; `pull` gets it. Returns the hash of the L1
   * transaction. It needs a node that still answers: `./sheaf exit` does it from L1 alone.
   *
   * @throws SheafError ROLLUP_NOT_FROZEN, ACCOUNT_UNPROVEN, and as `deposit`
   */
  async exit(keys: ExitKeys, token = 0): Promise<string> {
    return leave(this.#connection.node, this.#l1, await this.account(token), keys);
  }

  get #l1(): L1Rollup {
    if (this.#connection.l1 !== undefined) return this.#connection.l1;
    throw new SheafError(
      "SIGNER_MISSING",
      "the wallet was connected without L1: neither `rpc` nor a signer with a provider",
    );
  }

  #queued({ place, transaction }: Queued): Sent {
    return new Sent(this.#connection.node, `queue-${place}`, transaction);
  }

  async #terms(token: number, { fee, validUntil }: Terms): Promise<Pick<Draft, "fee" | "validUntil">> {
    return {
      fee: fee ?? (await this.fee(token)),
      validUntil: validUntil ?? (await this.#now()) + VALIDITY,
    };
  }

  /** Batches go by L1's time, which may be ahead of this machine's. */
  async #now(): Promise<number> {
    const own = Math.floor(Date.now() / 1000);
    return this.#connection.l1 === undefined ? own : Math.max(own, await this.#connection.l1.time());
  }

  /** Signs operations of the account in a token with its next nonces, and submits them; whoever asks first goes first. */
  #send(token: number, options: Terms, find: () => Promise<readonly Order[]>): Promise<readonly Sent[]> {
    const { node, domain } = this.#connection;
    return this.#turns.take(token, async () => {
      const terms = await this.#terms(token, options);
      const orders = await find();
      for (const order of orders) requireRepresentable({ ...order, fee: terms.fee });
      const { index: from, pending } = await this.account(token);
      const cost = orders.reduce((sum, { amount }) => sum + amount + terms.fee, 0n);
      if (cost > pending.balance) {
        const what = `account ${from} has ${pending.balance} of token ${token} after what is pending`;
        throw new SheafError("BALANCE_INSUFFICIENT", `${what}; ${cost} would leave it, fees included`);
      }
      const sent: Sent[] = [];
      for (const order of orders) {
        const draft = { ...order, ...terms, from, token };
        try {
          sent.push(await submit(node, signDraft(this.wallet.key, domain, pending.nonce + sent.length, draft)));
        } catch (error) {
          throw sent.length > 0 && error instanceof SheafError ? new PaymentsInterrupted(error, sent) : error;
        }
      }
      return sent;
    });
  }
}

type Terms = Omit<SendOptions, "token">;
/** A transfer if it has a receiver, or else a withdrawal. */
type Order = Pick<Draft, "to" | "amount">;

export interface Deposit {
  /** Base units. */
  readonly amount: bigint;
  readonly token?: number;
  /** The wallet's own by default. */
  readonly to?: string | Owner;
}
