import type {
  Account,
  AccountProof,
  Batch,
  Config,
  Contract,
  Health,
  L1Transaction,
  State,
  Token,
  Transaction,
  Withdrawal,
} from "../../../api/client.ts";
import { DEADLINES } from "../../../protocol/constants.ts";
import { RollupState } from "../../../protocol/state.ts";
import { seeded } from "../random.ts";

const HOUR = 3_600;

/** A rollup as the explorer sees it, made up: the accounts and their tree are consistent, the batches' earlier roots not. */
export class ExplorerWorld {
  chainId = 31337;
  isFrozen = false;
  readonly random = seeded("explorer");
  readonly now = Math.floor(Date.now() / 1000);
  readonly tokens: Token[] = [
    { id: 0, address: "0x0000000000000000000000000000000000000000", symbol: "ETH", decimals: 18 },
    { id: 1, address: this.address(), symbol: "TEST", decimals: 18 },
    { id: 2, address: this.address(), symbol: "USDC", decimals: 6 },
  ];
  readonly rollup = this.address();
  readonly accounts: Account[] = [];
  readonly tree = new RollupState();
  /** The newest last. */
  readonly batches: Batch[] = [];
  /** The newest first. */
  readonly transactions: Transaction[] = [];
  readonly withdrawals: Withdrawal[] = [];
  readonly l1Transactions: L1Transaction[] = [];
  readonly health: Health = { status: "ok", missing: [] };
  readonly contract: Contract = this.#contract();

  /** @param batches how many L1 has; none makes a rollup in which nothing has happened */
  constructor(batches: number) {
    if (batches === 0) return;
    for (let index = 1; index <= 12; index++) this.#addAccount(index);
    for (let number = 1; number <= batches; number++)
      this.addBatch("verified", this.now - (batches - number) * 47 - 30);
    const { l1Address } = this.accounts[2]!;
    const credits = [{ batch: batches, amount: 25n * 10n ** 16n, block: 900 + batches }];
    this.withdrawals.push({ l1Address, token: 0, withdrawable: credits[0]!.amount, credits });
    this.l1Transactions.push(this.#l1Transaction(l1Address));
    for (const { l1Address, token } of this.accounts)
      this.withdrawals.push({ l1Address, token: token + 1, withdrawable: 0n, credits: [] });
  }

  get state(): State {
    const verified = this.batches.filter(({ status }) => status === "verified").length;
    return {
      ...{ chainId: this.chainId, rollup: this.rollup, root: this.tree.root, batch: verified, block: 900 + verified },
      accounts: this.accounts.length,
      pending: this.transactions.filter(({ status }) => status === "pending").length,
      early: this.transactions.filter(({ waitsUntil }) => waitsUntil !== undefined).length,
      queue: { head: 12, tail: 14, deadline: this.now + 70 * HOUR },
      isFrozen: this.isFrozen,
    };
  }

  get config(): Config {
    return {
      ...{ chainId: this.chainId, rollup: this.rollup, domain: 7n, version: "0.2.0" },
      sizes: this.contract.sizes.map(({ id, name, transfers, l1Operations, withdrawals }) => ({
        ...{ id, name, transfers, l1Operations, withdrawals },
      })),
      limits: {
        pageItems: 200,
        bodyBytes: 16_384,
        requests: { max: 1_000, perSeconds: 10 },
        connections: 256,
        streams: 20,
      },
    };
  }

  /** Whether an L1 address takes part in a transaction. */
  isOf({ from, to, l1Address: named }: Transaction, l1Address: string): boolean {
    const own = this.accounts.filter((account) => account.l1Address === l1Address).map(({ index }) => index);
    return named === l1Address || own.includes(from ?? 0) || own.includes(to ?? 0);
  }

  proof(index: number): AccountProof {
    const { batch, root } = this.state;
    const account = this.tree.account(index);
    const siblings = this.tree
      .path(index)
      .map((children, level) => children.toSpliced(Math.floor(index / 8 ** level) % 8, 1));
    if (account === undefined) return { index, batch, root, account: null, siblings };
    const { l1Address } = this.accounts.find((known) => known.index === index)!;
    return { index, batch, root, account: { ...account, l1Address }, siblings };
  }

  /** A batch with transfers, or under way with some. The last one on L1 leads to the tree's root. */
  addBatch(status: Batch["status"], timestamp = this.now): Batch {
    const number = this.batches.length + 1;
    const transfers = 1 + this.#below(4);
    const l1Operations = number % 5 === 0 ? 2 : 0;
    const batch: Batch = {
      ...{ number, status, timestamp, l1Operations, transfers },
      size: { id: 0, name: "batch-4", transfers: 4 },
      oldRoot: this.batches.at(-1)?.root ?? this.random.field(),
      root: number % 7 === 0 ? this.random.field() : this.tree.root,
      token: 0,
      withdrawals: number % 3 === 0 ? 1 : 0,
      fees: BigInt(transfers) * 10n ** 13n,
      calldataBytes: 31 * (6 + transfers),
      ...(status !== "batched" && { provedInMs: 700 + this.#below(900) }),
      ...(status === "verified" && {
        l1: {
          transaction: this.hash(),
          block: 900 + number,
          gasUsed: 236_000 + transfers * 21_300 + this.#below(9_000),
          gasPrice: 1_200_000_000n + this.random.below(10n ** 9n),
        },
      }),
    };
    this.batches.push(batch);
    for (let row = 0; row < transfers; row++) this.addTransfer({ status, batch: number, row, timestamp });
    return batch;
  }

  addTransfer(fields: Partial<Transaction>): Transaction {
    const from = 1 + this.#below(12);
    const { batch, timestamp } = fields;
    const l1 = batch === undefined ? undefined : this.batches[batch - 1]?.l1;
    const transaction: Transaction = {
      ...{ id: this.hash(), kind: "transfer", status: "pending", from, to: 1 + (from % 12), token: 0 },
      amount: (1n + this.random.below(99_999n)) * 10n ** BigInt(12 + this.#below(5)),
      ...{ fee: 10n ** 13n, nonce: this.#below(90), validUntil: 2 ** 40 - 1 },
      submittedAt: ((timestamp ?? this.now) - 20) * 1000,
      ...(l1 && { l1Transaction: l1.transaction }),
      ...fields,
    };
    this.transactions.unshift(transaction);
    return transaction;
  }

  hash(): string {
    return `0x${Buffer.from(this.random.bytes(32)).toString("hex")}`;
  }

  address(): string {
    return `0x${Buffer.from(this.random.bytes(20)).toString("hex")}`;
  }

  #contract(): Contract {
    const circuit = (): Contract["exit"] => ({
      ...{ verifier: this.address(), circuitHash: this.hash(), keyHash: this.hash(), keys: "INSECURE" },
      setup: "INSECURE development setup: whoever made this key can forge proofs",
    });
    const size = { id: 0, name: "batch-4", transfers: 4, l1Operations: 2, withdrawals: 1 };
    return {
      ...{ chainId: this.chainId, rollup: this.rollup, block: 880, deployedBy: this.hash() },
      ...{ operator: this.address(), owner: this.address(), timelock: { delay: 172_800 }, depositsPaused: false },
      ...{ queueFee: 2n * 10n ** 14n, deadlines: DEADLINES, sizes: [{ ...size, ...circuit() }], exit: circuit() },
    };
  }

  /** One with every kind of event. */
  #l1Transaction(l1Address: string): L1Transaction {
    const sum = { l1Address, token: 0, amount: 25n * 10n ** 16n };
    return {
      ...{ hash: this.hash(), block: 907 },
      events: [
        { kind: "size", size: 0 },
        { kind: "token", token: 2 },
        { kind: "deposit", transaction: "queue-12", ...sum },
        { kind: "forcedWithdrawal", transaction: "queue-13", l1Address, token: 0 },
        { kind: "credit", ...sum },
        { kind: "batch", batch: 7 },
        { kind: "payout", ...sum },
        { kind: "freeze" },
        { kind: "exit", account: 3, ...sum },
        { kind: "refund", transaction: "queue-14" },
      ],
    };
  }

  #addAccount(index: number): void {
    const balance = (1n + this.random.below(90_000n)) * 10n ** 15n;
    const [nonce, l1Address] = [this.#below(90), this.address()];
    const owner = { pubKeyY: this.random.field(), l1Address, token: 0 };
    this.tree.update(index, { ...owner, l1Address: BigInt(l1Address), balance, nonce });
    this.accounts.push({ index, ...owner, balance, nonce, pending: { balance, nonce }, final: true });
  }

  #below(bound: number): number {
    return Number(this.random.below(BigInt(bound)));
  }
}
