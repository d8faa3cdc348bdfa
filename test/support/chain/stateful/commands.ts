import { expect } from "chai";
import fc from "fast-check";
import type { PublishedBatch, PublishedL1Operation } from "../../../../protocol/words.ts";
import { encodeWords } from "../../../../protocol/words.ts";
import { BENEFICIARY, COMMITMENT, nextBatch, PROOF, SIZES, takeTokens, type Proof } from "../rollup.ts";
import type { Calls } from "./calls.ts";
import { expectInvariants } from "./invariants.ts";
import { TOKENS, USERS, type Model } from "./model.ts";

/** One call of the contract: what it does in the model, and that the contract does the same. */
class Command implements fc.AsyncCommand<Model, Calls> {
  readonly #name: string;
  readonly #run: (model: Model, calls: Calls) => Promise<void>;

  constructor(name: string, run: (model: Model, calls: Calls) => Promise<void>) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, calls: Calls): Promise<void> {
    model.time++;
    await this.#run(model, calls);
    await expectInvariants(model, calls);
  }

  toString(): string {
    return this.#name;
  }
}

const MOST = Math.max(...SIZES.map(({ l1Operations }) => l1Operations));
/** Seconds that an operation has at least until its deadline. */
const LEAST_TIME = 3 * 86_400;
const user = fc.nat(USERS - 1);
const token = fc.constantFrom(...TOKENS);
const share = fc.nat(100);

const deposit = fc.tuple(user, token, fc.integer({ min: 1, max: 10 ** 9 }), user).map(
  ([from, id, units, refund]) =>
    new Command(`deposit(${from}, ${id}, ${units}, ${refund})`, async (model, calls) => {
      const amount = BigInt(units);
      const value = model.fee + (id === 0 ? amount : 0n);
      const outcome = await calls.outcome(model, () =>
        calls.as(from).deposit(id, amount, BigInt(from) + 1n, calls.address(from), calls.address(refund), { value }),
      );
      const refusal = model.frozen ? "RollupFrozen" : model.paused ? "DepositsArePaused" : "ok";
      expect(outcome).to.equal(refusal);
      if (refusal !== "ok") return;
      model.enqueue({ kind: "deposit", user: from, token: id, amount, refund, index: 0 });
      model.paidIn[id]! += amount;
    }),
);

const request = fc.tuple(user, token, fc.nat(9)).map(
  ([from, id, index]) =>
    new Command(`requestWithdrawal(${from}, ${id}, ${index})`, async (model, calls) => {
      const { fee: value } = model;
      const outcome = await calls.outcome(model, () => calls.as(from).requestWithdrawal(index, id, { value }));
      expect(outcome).to.equal(model.frozen ? "RollupFrozen" : "ok");
      if (outcome === "ok")
        model.enqueue({ kind: "forcedWithdrawal", user: from, token: id, amount: 0n, refund: 0, index });
    }),
);

const submit = fc
  .record({
    // Mostly the operator, whoever that is then.
    by: fc.oneof({ weight: 2, arbitrary: fc.constant("operator" as const) }, { weight: 1, arbitrary: user }),
    size: fc.nat(1),
    take: fc.nat(MOST),
    id: token,
    leaving: fc.array(fc.tuple(user, share), { maxLength: 2 }),
    moving: fc.array(fc.tuple(user, user, share), { maxLength: 4 }),
  })
  .map(
    (wish) => new Command(`submitBatch(${JSON.stringify(wish)})`, (model, calls) => submitBatch(model, calls, wish)),
  );

interface Wish {
  readonly by: number | "operator";
  readonly size: number;
  readonly take: number;
  readonly id: number;
  /** User and percentage of his balance. */
  readonly leaving: readonly (readonly [number, number])[];
  readonly moving: readonly (readonly [number, number, number])[];
}

/** An honest batch, though the verifier would take any: what it settles is what the model says. */
async function submitBatch(
  model: Model,
  calls: Calls,
  { by: wanted, size, take, id, leaving, moving }: Wish,
): Promise<void> {
  const by = wanted === "operator" ? model.operator : wanted;
  const rows = SIZES[size]!;
  const taken = model.waiting.slice(0, Math.min(take, rows.l1Operations));
  const fresh = structuredClone({ accounts: model.accounts });
  const next = Object.assign(Object.create(Object.getPrototypeOf(model)) as Model, { ...model, ...fresh });
  const credited: [number, number, bigint][] = [];

  const l1Operations = taken.map((operation): PublishedL1Operation => {
    const l1Address = BigInt(calls.address(operation.user));
    if (operation.kind === "deposit") {
      const index = next.indexOf(operation.user, operation.token);
      next.accounts[index]!.balance += operation.amount;
      return {
        kind: "deposit",
        index,
        token: operation.token,
        l1Address,
        pubKeyY: BigInt(operation.user) + 1n,
        amount: operation.amount,
      };
    }
    const account = next.accounts[operation.index];
    const matches = account?.user === operation.user && account.token === operation.token;
    const amount = matches ? account.balance : 0n;
    if (matches) account.balance = 0n;
    credited.push([operation.token, operation.user, amount]);
    return { kind: "forcedWithdrawal", index: operation.index, token: operation.token, l1Address, amount };
  });
  const accountOf = (owner: number) => next.accounts.find((account) => account?.user === owner && account.token === id);
  const withdrawals: PublishedBatch["withdrawals"][number][] = [];
  for (const [owner, percent] of leaving.slice(0, rows.withdrawals)) {
    const account = accountOf(owner);
    if (account === undefined) continue;
    const amount = (account.balance * BigInt(percent)) / 100n;
    account.balance -= amount;
    credited.push([id, owner, amount]);
    withdrawals.push({
      from: next.accounts.indexOf(account),
      fee: 0n,
      l1Address: BigInt(calls.address(owner)),
      amount,
    });
  }
  const transfers: PublishedBatch["transfers"][number][] = [];
  for (const [from, to, percent] of moving) {
    const [sender, receiver] = [accountOf(from), accountOf(to)];
    if (sender === undefined || receiver === undefined) continue;
    const amount = ((sender.balance * BigInt(percent)) / 100n) % 2n ** 39n;
    sender.balance -= amount;
    receiver.balance += amount;
    transfers.push({ from: next.accounts.indexOf(sender), to: next.accounts.indexOf(receiver), amount, fee: 0n });
  }

  const refunds = taken.map(({ kind, refund }) =>
    kind === "deposit" ? calls.address(refund) : `0x${"00".repeat(20)}`,
  );
  const changes = { token: id, newRoot: BigInt(model.batches) + 1000n, l1Operations, withdrawals, transfers };
  const outcome = await calls.outcome(model, calls.batch(model, size, by, changes, refunds));
  const left = model.waiting[taken.length];
  const served = taken.length >= MOST || left === undefined || left.deadline > model.time + LEAST_TIME;
  const refusal = model.frozen
    ? "RollupFrozen"
    : by !== model.operator && !model.isOverdue
      ? "NotOperator"
      : model.isOverdue && !served
        ? "QueueNotServed"
        : "ok";
  expect(outcome).to.equal(refusal);
  if (refusal !== "ok") return;
  model.accounts.splice(0, Infinity, ...next.accounts);
  for (const operation of taken) operation.state = "processed";
  for (const [credit, owner, amount] of credited) model.credit(credit, owner, amount);
  model.head += taken.length;
  model.batches++;
}

export async function withdraw(model: Model, calls: Calls, id: number, owner: number): Promise<void> {
  const [credit, held] = [model.creditOf(id, owner), model.held(id)];
  const amount = credit < held ? credit : held;
  const by = (owner + 1) % USERS;
  const outcome = await calls.outcome(model, () => calls.as(by).withdraw(id, calls.address(owner)));
  expect(outcome).to.equal(credit === 0n ? "NothingToWithdraw" : amount === 0n ? "BooksEmpty" : "ok");
  model.credit(id, owner, -amount);
  model.paidOut[id]! += amount;
}

export async function freeze(model: Model, calls: Calls): Promise<void> {
  const outcome = await calls.outcome(model, () => calls.as(0).freeze());
  expect(outcome).to.equal(model.frozen ? "RollupFrozen" : model.time > model.freezeTime ? "ok" : "NotYetFreezable");
  if (outcome === "ok") model.frozen = true;
}

export async function exit(model: Model, calls: Calls, index: number): Promise<void> {
  const account = model.accounts[index];
  if (account === undefined) return;
  const { user: owner, token: id, balance } = account;
  const by = (owner + 1) % USERS;
  const outcome = await calls.outcome(model, () =>
    calls.as(by).exit(index, id, calls.address(owner), balance, [...PROOF] as Proof),
  );
  expect(outcome).to.equal(!model.frozen ? "NotFrozen" : account.exited ? "AlreadyExited" : "ok");
  if (outcome !== "ok") return;
  account.exited = true;
  model.credit(id, owner, balance);
}

export async function refund(model: Model, calls: Calls, place: number): Promise<void> {
  const operation = model.queue[place];
  const { token: id, amount, user: owner, refund: to } = operation ?? { token: 0, amount: 1n, user: 0, refund: 0 };
  const outcome = await calls.outcome(model, () =>
    calls.as(0).refundDeposit(place, id, amount, BigInt(owner) + 1n, calls.address(owner), calls.address(to)),
  );
  const refusals = { processed: "NotQueued", refunded: "AlreadyRefunded", queued: "ok" } as const;
  const refusal = operation === undefined ? "NotQueued" : refusals[operation.state];
  const isForced = refusal === "ok" && operation!.kind === "forcedWithdrawal";
  expect(outcome).to.equal(!model.frozen ? "NotFrozen" : isForced ? "WrongDeposit" : refusal);
  if (outcome !== "ok") return;
  operation!.state = "refunded";
  model.credit(id, to, amount);
}

const govern = fc.tuple(user, fc.boolean(), user).map(
  ([by, isPause, choice]) =>
    new Command(`govern(${by}, ${isPause}, ${choice})`, async (model, calls) => {
      // User 0 is the owner.
      const call = isPause
        ? () => calls.as(by).setDepositsPaused(choice % 2 === 0)
        : () => calls.as(by).setOperator(calls.address(choice));
      expect(await calls.outcome(model, call)).to.equal(by === 0 ? "ok" : "OwnableUnauthorizedAccount");
      if (by !== 0) return;
      if (isPause) model.paused = choice % 2 === 0;
      else model.operator = choice;
    }),
);

/** Two proofs of one batch are not a contradiction; two of the same words with other roots are, once in a while. */
const contradict = fc.nat(15).map(
  (chance) =>
    new Command(`freezeByContradiction(${chance})`, async (model, calls) => {
      const claim = async (newRoot: bigint) => ({
        proof: [...PROOF],
        c: COMMITMENT,
        words: encodeWords(SIZES[0], await nextBatch(calls.bench, { newRoot, timestamp: 1 })),
        beneficiary: BENEFICIARY,
      });
      const claims = [await claim(1n), await claim(chance === 0 ? 2n : 1n)] as const;
      const outcome = await calls.outcome(model, () => calls.as(1).freezeByContradiction(0, ...claims));
      expect(outcome).to.equal(model.frozen ? "RollupFrozen" : chance === 0 ? "ok" : "NoContradiction");
      if (outcome === "ok") model.frozen = true;
    }),
);

/** The token takes from the rollup what it did not pay: a negative rebase. */
const shrink = share.map(
  (percent) =>
    new Command(`shrink(${percent})`, async (model, calls) => {
      const amount = (model.held(1) * BigInt(percent)) / 100n;
      await takeTokens(calls.bench, { ...calls.bench, amount });
      model.short[1]! += amount;
      model.time = (await calls.bench.networkHelpers.time.latest()) + 1;
    }),
);

const wait = fc.integer({ min: 1, max: 6 * 86_400 }).map(
  (seconds) =>
    new Command(`wait(${seconds})`, async (model) => {
      model.time += seconds;
    }),
);

const call = (name: string, limit: number, run: (model: Model, calls: Calls, place: number) => Promise<void>) =>
  fc.nat(limit).map((place) => new Command(`${name}(${place})`, (model, calls) => run(model, calls, place)));

/** What may be called, those calls more than once that would otherwise be rare. */
export const COMMANDS = [
  deposit,
  deposit,
  request,
  submit,
  submit,
  submit,
  fc
    .tuple(token, user)
    .map(
      ([id, owner]) => new Command(`withdraw(${id}, ${owner})`, (model, calls) => withdraw(model, calls, id, owner)),
    ),
  call("freeze", 0, freeze),
  call("exit", 8, exit),
  call("refundDeposit", 12, refund),
  govern,
  contradict,
  shrink,
  wait,
];

/**
 * That whatever came before, everybody gets everything out, by calls that anyone can make: the queue's head waits until the
 * rollup freezes, each account leaves, each deposit is given back, each credit is pulled.
 */
export async function expectWayOut(model: Model, calls: Calls): Promise<void> {
  if (!model.frozen) {
    model.time++;
    if (model.waiting.length === 0) {
      const { fee: value } = model;
      expect(await calls.outcome(model, () => calls.as(2).requestWithdrawal(0, 0, { value }))).to.equal("ok");
      model.enqueue({ kind: "forcedWithdrawal", user: 2, token: 0, amount: 0n, refund: 0, index: 0 });
    }
    model.time = Math.max(model.time, model.freezeTime) + 1;
    await freeze(model, calls);
  }
  for (let index = 1; index < model.accounts.length; index++) {
    model.time++;
    await exit(model, calls, index);
  }
  for (const [place, { kind }] of model.queue.entries()) {
    if (place < model.head || kind !== "deposit") continue;
    model.time++;
    await refund(model, calls, place);
  }
  // Once as far as the token goes, and again once there is enough of it.
  for (const refill of [0n, model.short[1]!]) {
    await calls.refill(refill);
    model.short[1]! -= refill;
    model.time = Math.max(model.time, await calls.bench.networkHelpers.time.latest());
    for (const id of TOKENS) {
      for (let owner = 0; owner < USERS; owner++) {
        model.time++;
        await withdraw(model, calls, id, owner);
      }
    }
  }
  await expectInvariants(model, calls);
  for (const id of TOKENS) expect(await calls.bench.rollup.tokenTotal(id)).to.equal(0n);
}
