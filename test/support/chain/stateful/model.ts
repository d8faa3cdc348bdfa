/** Who takes part: signers by place, in tests' names the users. */
export const USERS = 4;
/** Ids of the tokens there are: ETH and an ERC-20. */
export const TOKENS = [0, 1] as const;

const DAY = 86_400;
const MINUTE = 60;

/** An account of the rollup: one a user and token. */
export interface ModelAccount {
  readonly user: number;
  readonly token: number;
  balance: bigint;
  exited: boolean;
}

export interface ModelOperation {
  readonly kind: "deposit" | "forcedWithdrawal";
  readonly user: number;
  readonly token: number;
  /** Of a deposit. */
  readonly amount: bigint;
  readonly refund: number;
  /** Of a forced withdrawal. */
  readonly index: number;
  readonly deadline: number;
  /** Exactly one of these. */
  state: "queued" | "processed" | "refunded";
}

/** What the rollup ought to be, in the plainest terms: every unit of a token is in one place. */
export class Model {
  /** Timestamp of the next block. */
  time: number;
  /** Accounts by index; index 0 is L1's. */
  readonly accounts: (ModelAccount | undefined)[] = [undefined];
  readonly queue: ModelOperation[] = [];
  readonly credits = new Map<string, bigint>();
  /** Base units paid in and out, by token. */
  readonly paidIn = [0n, 0n];
  readonly paidOut = [0n, 0n];
  burned = 0n;
  /** Base units that the rollup has less than it owes, by token. */
  readonly short = [0n, 0n];
  head = 0;
  batches = 0;
  frozen = false;
  paused = false;
  operator: number;

  constructor(time: number, operator: number) {
    this.time = time;
    this.operator = operator;
  }

  get waiting(): ModelOperation[] {
    return this.queue.slice(this.head);
  }

  get fee(): bigint {
    const fee = 2n * 10n ** 14n + BigInt(this.waiting.length) * 10n ** 14n;
    return fee < 10n ** 17n ? fee : 10n ** 17n;
  }

  get isOverdue(): boolean {
    const [oldest] = this.waiting;
    return oldest !== undefined && this.time > oldest.deadline;
  }

  /** The rollup can be frozen after this second. */
  get freezeTime(): number {
    const [oldest] = this.waiting;
    return oldest === undefined ? Infinity : oldest.deadline + 7 * DAY;
  }

  enqueue(operation: Omit<ModelOperation, "deadline" | "state">): void {
    const own = this.time + Math.min(3 * DAY + this.waiting.length * 10 * MINUTE, 14 * DAY);
    this.burned += this.fee;
    this.queue.push({ ...operation, deadline: Math.max(own, this.waiting.at(-1)?.deadline ?? 0), state: "queued" });
  }

  /** Index of a user's account in a token, opened if there is none. */
  indexOf(user: number, token: number): number {
    const known = this.accounts.findIndex((account) => account?.user === user && account.token === token);
    return known >= 0 ? known : this.accounts.push({ user, token, balance: 0n, exited: false }) - 1;
  }

  credit(token: number, user: number, amount: bigint): void {
    this.credits.set(`${token}/${user}`, this.creditOf(token, user) + amount);
  }

  creditOf(token: number, user: number): bigint {
    return this.credits.get(`${token}/${user}`) ?? 0n;
  }

  /** Base units of a token that the rollup has. */
  held(token: number): bigint {
    return this.paidIn[token]! - this.paidOut[token]! - this.short[token]!;
  }

  /** What the rollup owes of a token: balances, deposits that wait, credits. */
  owed(token: number): bigint {
    const balances = this.accounts.map((account) =>
      account?.token === token && !account.exited ? account.balance : 0n,
    );
    const queued = this.queue.map((operation) =>
      operation.token === token && operation.state === "queued" ? operation.amount : 0n,
    );
    const credits = Array.from({ length: USERS }, (_, user) => this.creditOf(token, user));
    return [...balances, ...queued, ...credits].reduce((sum, amount) => sum + amount, 0n);
  }
}
