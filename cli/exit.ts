import type { Command, Option } from "commander";
import type { TransactionReceipt } from "ethers";
import { ROLLUP } from "../l1/contract.ts";
import { Reverted } from "../l1/failure.ts";
import { addressOf } from "../node/follow/addresses.ts";
import { claimsOf, leftOf, type Claims } from "../node/follow/escape.ts";
import type { L1 } from "../node/l1/l1.ts";
import type { Store } from "../node/store/store.ts";
import { SheafError } from "../protocol/errors.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { L1Rollup, type RefundCall } from "../wallet/l1-rollup.ts";
import { amountText, named, type NamedToken } from "../wallet/named-tokens.ts";
import { openRpc } from "../wallet/open-rpc.ts";
import { byPath, byProof, type ExitWay } from "./support/exit-ways.ts";
import { followToHead, type AtHead, type FollowChoice } from "./support/follow.ts";
import { openPayer, payerKeyOption, sayMining, type L1Account, type PayerChoice } from "./support/l1-account.ts";
import { publicWallet } from "./support/open-wallet.ts";
import {
  accountOption,
  dryRunOption,
  exitKeysOption,
  freezeOption,
  leaverFileOption,
  passwordOption,
  rollupOption,
  rpcOption,
  followOptions,
  withoutProofOption,
  withOptions,
} from "./support/options.ts";
import { printResult, say, table } from "./support/output.ts";
import { sentMemory } from "./support/sent-memory.ts";

export function define(command: Command): void {
  const note = "May be run again at any time: what has left already is not tried twice. More in docs/operations.md.";
  addLeaving(command, note, [exitKeysOption(), withoutProofOption()]);
}

interface LeaveCommandOptions extends LeaveOptions {
  readonly json?: true;
}

/**
 * Makes a command take what is an L1 address's out of a frozen rollup.
 *
 * @param own options of this command alone
 */
export function addLeaving(command: Command, note: string, own: readonly Option[] = []): void {
  withOptions(command, [
    ...[rpcOption(), rollupOption(), ...own, payerKeyOption(), leaverFileOption(), passwordOption()],
    ...[accountOption(), freezeOption(), dryRunOption(), ...followOptions()],
  ])
    .option("--json", "print JSON")
    .addHelpText("after", `\n${note}`)
    .action(async ({ json, ...options }: LeaveCommandOptions) => {
      if (own.length > 0 && options.keys === undefined && options.withoutProof === undefined) {
        throw new SheafError("USAGE", "name the published key files (--keys), or leave --without-proof");
      }
      const result = await leaveRollup(options);
      printResult(json, result, () => describeExits(result));
    });
}

interface LeaveOptions extends FollowChoice, PayerChoice {
  /** Published key files that accounts leave by. Without them, and a way without a proof, only deposits are given back. */
  readonly keys?: string;
  readonly withoutProof?: true;
  readonly account?: string;
  readonly freeze?: true;
  readonly dryRun?: true;
}

/** Who sends, and the contract as his wallet uses it. */
interface Sender {
  readonly address: string;
  readonly contract: L1Rollup;
}

/**
 * Takes what is an L1 address's out of a frozen rollup: has its accounts leave, if a way is named, has its waiting
 * deposits given back, and pulls its credit. A step that somebody else did first counts as done.
 *
 * @throws SheafError ROLLUP_NOT_FROZEN, NOTHING_TO_LEAVE if there never was anything to take, and the codes of each step
 */
export async function leaveRollup(options: LeaveOptions): Promise<Exits> {
  const leaver = await leaverOf(options);
  const needsKey = options.dryRun === undefined || leaver === undefined;
  const payer = needsKey ? await openPayer(options) : undefined;
  try {
    const address = l1AddressOf("--account", leaver ?? payer!.address);
    const sender = payer && !options.dryRun ? await senderOf(payer, options) : undefined;
    const head = await followToHead(options);
    try {
      // Before anything is sent: the result can be told even if L1's node is gone by then.
      const tokens = named(await contractOf(options, head.store.chainId).tokens());
      const way = wayOf(head, options);
      if (claimsOf(head.store, BigInt(address)).accounts.size > 0) await way?.check();
      if (!head.store.isFrozen) await freeze(head, address, options, sender);
      return { ...(await leave(head.store, address, way, sender)), tokens };
    } finally {
      head.store.close();
    }
  } finally {
    await payer?.close();
  }
}

/** Who leaves, if it is not the one who pays. */
async function leaverOf({ account, key, wallet, passwordFile }: LeaveOptions): Promise<string | undefined> {
  if (account !== undefined || wallet === undefined || key === undefined) return account;
  const { owner } = await publicWallet({ wallet, ...(passwordFile !== undefined && { passwordFile }) });
  return owner.l1Address;
}

async function senderOf({ signer, address }: L1Account, { rpc, rollup, wallet }: LeaveOptions): Promise<Sender> {
  const memory = await sentMemory(wallet, rpc);
  return { address, contract: new L1Rollup(rollup, signer.provider!, signer, sayMining, memory) };
}

function wayOf(head: AtHead, options: LeaveOptions): ExitWay | undefined {
  if (options.withoutProof === true) return byPath(head, contractOf(options, head.store.chainId));
  return options.keys === undefined ? undefined : byProof(head, options.keys);
}

/** As anyone reads it. */
const contractOf = ({ rpc, rollup }: LeaveOptions, chainId: number) => new L1Rollup(rollup, openRpc(rpc, chainId));

async function freeze(
  { l1, store, sync }: AtHead,
  address: string,
  options: LeaveOptions,
  sender: Sender | undefined,
): Promise<void> {
  const { number, timestamp } = await l1.requireBlock("latest");
  const [time] = (await l1.call("freezeTime", [], number)) as [bigint];
  if (BigInt(timestamp) <= time) {
    const isEmpty = store.waiting().length === 0;
    if (isEmpty && options.freeze === true && sender !== undefined) throw await queued(l1, store, address, sender);
    const when = isEmpty
      ? "only once something has waited in its queue for too long: --freeze queues it"
      : `after ${dateOf(time)}`;
    throw new SheafError("ROLLUP_NOT_FROZEN", `${store.rollup} is not frozen, and can be ${when}`);
  }
  if (options.freeze !== true || sender === undefined) {
    throw new SheafError("ROLLUP_NOT_FROZEN", `${store.rollup} is not frozen, but can be now: --freeze does it`);
  }
  if ((await sender.contract.freeze()) === undefined) say("somebody else froze it first");
  await sync();
}

/**
 * Queues what a freeze needs: a demand that nobody serves. It is that for one of the sender's own accounts, so that it
 * brings the money out if somebody serves it after all. Returns the reason why nothing can leave yet.
 */
async function queued(l1: L1, store: Store, address: string, { address: own, contract }: Sender): Promise<SheafError> {
  const [account] = own === address ? claimsOf(store, BigInt(address)).accounts : [];
  const [index, token] = account === undefined ? [0, 0] : [account[0], account[1].token];
  const { transaction } = await contract.requestWithdrawal(index, token, own);
  const what = account === undefined ? "a demand" : `the withdrawal of account ${index}`;
  say(`queued ${what} in L1 transaction ${transaction}: if nobody serves it in time, the rollup can be frozen`);
  const [time] = (await l1.call("freezeTime", [], "latest")) as [bigint];
  return new SheafError(
    "ROLLUP_NOT_FROZEN",
    `${store.rollup} is not frozen, and can be after ${dateOf(time)}: run the command again then`,
  );
}

const dateOf = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();

async function leave(
  store: Store,
  address: string,
  way: ExitWay | undefined,
  sender: Sender | undefined,
): Promise<Omit<Exits, "tokens">> {
  const claims = claimsOf(store, BigInt(address));
  const exits = way === undefined ? [] : await exitAccounts(claims, way, sender);
  const refunds: Step[] = [];
  for (const { place, operation, refundAddress } of claims.deposits) {
    const { token, amount, pubKeyY, l1Address } = operation;
    const call: RefundCall = [place, token, amount, pubKeyY, addressOf(l1Address), refundAddress];
    refunds.push({ place, token, amount, ...(await done(sender?.contract.refundDeposit(...call))) });
  }
  const pulls = await pull(store, address, [...exits, ...refunds], sender);
  const steps =
    exits.length + refunds.length + pulls.length > 0
      ? { exits, refunds, pulls }
      : doneBefore(store, address, way !== undefined);
  return { rollup: store.rollup, account: address, root: store.state().root, dryRun: !sender, ...steps };
}

/** What has left already, by whoever was first. Throws `NOTHING_TO_LEAVE` if there never was anything. */
function doneBefore(store: Store, address: string, withAccounts: boolean): Pick<Exits, "exits" | "refunds" | "pulls"> {
  const holder = BigInt(address);
  const { accounts, deposits } = leftOf(store, holder);
  const exits = [...accounts].map(([place, { token, balance }]): Step => ({
    place,
    token,
    amount: balance,
    done: true,
  }));
  const refunds = deposits.map(({ place, operation }): Step => {
    const { token, amount } = operation;
    return { place, token, amount, done: true };
  });
  const paid = store.books.payouts().filter(({ kind, l1Address }) => kind === "pull" && l1Address === holder);
  const pulls = [...store.tokens().keys()].flatMap((token): Step[] => {
    const amount = paid.filter((payout) => payout.token === token).reduce((sum, payout) => sum + payout.amount, 0n);
    return amount === 0n ? [] : [{ place: token, token, amount, done: true }];
  });
  if ((withAccounts ? exits.length : 0) + refunds.length > 0)
    return { exits: withAccounts ? exits : [], refunds, pulls };
  const what = withAccounts ? "nothing left in the rollup" : "no deposit that no batch took";
  throw new SheafError("NOTHING_TO_LEAVE", `${address} has ${what}`);
}

async function exitAccounts({ accounts }: Claims, way: ExitWay, sender: Sender | undefined): Promise<Step[]> {
  const exits: Step[] = [];
  if (accounts.size > 0) await way.prepare(sender?.contract);
  for (const [place, { token, balance }] of accounts) {
    const send = await way.callOf(place);
    exits.push({ place, token, amount: balance, ...(await done(sender && send(sender.contract))) });
  }
  return exits;
}

/**
 * Pulls what was credited now or earlier; without a sender, tells what it would be. A token that L1 does not pay out now
 * keeps no other from being paid.
 */
async function pull(
  store: Store,
  address: string,
  credited: readonly Step[],
  sender: Sender | undefined,
): Promise<Step[]> {
  const pulls: Step[] = [];
  for (const token of store.tokens().keys()) {
    const amount = credited
      .filter((step) => step.token === token)
      .reduce((sum, step) => sum + step.amount, store.books.withdrawable(token, BigInt(address)));
    if (amount === 0n) continue;
    const paid = sender?.contract.withdraw(token, address, amount);
    const step = await done(paid, paidIn).catch((error: unknown): Partial<Step> => {
      if (!(error instanceof Reverted)) throw error;
      say(`token ${token} is not paid out now: ${error.message}`);
      return { amount: 0n, left: amount };
    });
    pulls.push({ place: token, token, amount, ...step });
  }
  return pulls;
}

/** What became of a step: its transaction, that somebody else was first, or nothing in a dry run. */
async function done(
  sent: Promise<TransactionReceipt | undefined> | undefined,
  more: (receipt: TransactionReceipt) => Partial<Step> = () => ({}),
): Promise<Partial<Step>> {
  if (sent === undefined) return {};
  const receipt = await sent;
  return receipt === undefined ? { done: true } : { transaction: receipt.hash, ...more(receipt) };
}

/** What L1 paid, and what stays credited if that is not all. */
export function paidIn({ logs }: TransactionReceipt): { readonly amount: bigint; readonly left?: bigint } {
  const events = logs.map((log) => ROLLUP.parseLog(log));
  const amountOf = (name: string): bigint | undefined =>
    events.find((event) => event?.name === name)?.args["amount"] as bigint | undefined;
  const left = amountOf("StillCredited");
  return { amount: amountOf("Withdrawn") ?? 0n, ...(left !== undefined && { left }) };
}

/** One thing that left, or would. */
interface Step {
  /** An account's index, a deposit's place in the queue, or a token's id. */
  readonly place: number;
  readonly token: number;
  /** Base units. */
  readonly amount: bigint;
  /** Of what was sent here. */
  readonly transaction?: string;
  /** Whether it had happened before, by whoever was first. */
  readonly done?: true;
  /** Of a payout, the part that stays credited: the rollup has less of the token than it owes. */
  readonly left?: bigint;
}

/** What `./sheaf exit` and `./sheaf refund` print. */
interface Exits {
  readonly rollup: string;
  /** L1 address that gets it all. */
  readonly account: string;
  /** That the proofs are against. */
  readonly root: bigint;
  readonly dryRun: boolean;
  readonly exits: readonly Step[];
  readonly refunds: readonly Step[];
  readonly pulls: readonly Step[];
  /** By id. */
  readonly tokens: readonly NamedToken[];
}

export function describeExits({ account, dryRun, exits, refunds, pulls, tokens }: Exits): readonly string[] {
  const rows = (what: string, steps: readonly Step[]): string[][] =>
    steps.map(({ place, token, amount, transaction, done, left }) => [
      ...[what, String(place), amountText(amount, tokens[token]!)],
      transaction ?? (done === true ? "somebody else was first" : left === undefined ? "not sent" : "not paid now"),
    ]);
  return [
    `${dryRun ? "would leave" : "left"} to ${account}:`,
    ...table(
      ["step", "place", "amount", "transaction"],
      [...rows("exit of account", exits), ...rows("refund of deposit", refunds), ...rows("payout of token", pulls)],
    ),
    ...pulls
      .filter(({ left = 0n }) => left > 0n)
      .map(
        ({ token, left }) =>
          `${amountText(left!, tokens[token]!)} stay credited: the rollup has no more of it now; run it again later`,
      ),
  ];
}
