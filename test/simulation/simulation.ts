import type { SheafNode } from "../../node/node.ts";
import type { PooledOperation } from "../../node/pool/operation.ts";
import { Audit, deliveriesOf, Violation } from "./audit.ts";
import { Chance } from "./chance.ts";
import { PAYERS } from "./payers.ts";
import { planOf, type Burst, type Plan } from "./plan.ts";
import { SimulatedWorld } from "./world.ts";

const HOUR = 3_600_000;
/** Blocks that a node may be behind L1: as its health has it. */
const MOST_BEHIND = 10;

/** Within so long after the last fault everything that was acknowledged is on L1, or rejected; at least so many blocks. */
const [STATED_TIME, STATED_BLOCKS] = [HOUR, 280];

export interface SimulationResult {
  /** What was broken, if anything was. */
  readonly violation: string | undefined;
  /** Of virtual time. */
  readonly hours: number;
  readonly payments: number;
  readonly batches: number;
  /** Batches of each transaction that brought any, as L1 has them at the end. */
  readonly deliveries: readonly number[];
  readonly failedTransactions: number;
  readonly kills: number;
  /** How often the node was asked for its health while it could not be well. */
  readonly questions: number;
  /** What helps to understand it. */
  readonly notes: readonly string[];
}

/** Storms of faults over a rollup at work, and after each a calm in which everything must come right. */
export async function simulate(seed: string, plan: Plan = planOf(seed)): Promise<SimulationResult> {
  const chance = new Chance(seed);
  const world = new SimulatedWorld(plan.style, chance);
  let violation: string | undefined;
  try {
    world.fund();
    await calm(world, plan);
    const last = Math.max(...plan.bursts.map((burst) => burst.storm));
    for (let i = 0; i <= last; i++) {
      await storm(world, plan, i, chance.stream(`storm ${i}`));
      await calm(world, plan);
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  } finally {
    world.close();
  }
  const { timeline, payers, chain, machine, wire } = world;
  return {
    ...{ violation, hours: timeline.elapsed / HOUR, payments: payers.payments.length },
    deliveries: deliveriesOf(chain),
    ...{ batches: chain.head.storage.batchNumber, failedTransactions: chain.failures, kills: machine.kills },
    questions: world.monitor.questions,
    notes: [...wire.told.map((lie) => `lie: ${lie}`), ...machine.failures],
  };
}

async function storm(world: SimulatedWorld, plan: Plan, number: number, chance: Chance): Promise<void> {
  const { timeline, machine } = world;
  machine.backUp();
  const end = timeline.elapsed + plan.storm;
  const ofThis = <T extends { readonly storm: number }>(all: readonly T[]): readonly T[] =>
    all.filter((one) => one.storm === number);
  for (const fault of ofThis(plan.faults)) timeline.after(fault.at, () => world.strike(fault, end));
  for (const burst of ofThis(plan.bursts)) timeline.after(burst.at, () => pay(world, burst, chance));
  await timeline.run(end);
  requireTruth(world);
  world.heal();
}

function requireTruth({ monitor: { lie } }: SimulatedWorld): void {
  if (lie !== undefined) throw new Violation(lie);
}

function pay(world: SimulatedWorld, burst: Burst, chance: Chance): void {
  const { payments, ofDeposit, validity, late, takesOut = false } = burst;
  if (takesOut) for (const owner of PAYERS) for (const token of [0, 1]) world.forceWithdrawal(owner, owner, token);
  const name = ofDeposit ? chance.pick(PAYERS) : undefined;
  if (name !== undefined) world.deposit(name, chance.below(2), BigInt(2_000 + chance.below(9_000)));
  for (let i = 0; i < payments; i++) world.payers.pay(name, validity, late);
  if (chance.happens(0.1)) world.pull(chance.pick(PAYERS), chance.below(2));
  if (chance.happens(0.15)) {
    const owner = chance.pick(PAYERS);
    world.forceWithdrawal(chance.happens(0.8) ? owner : chance.pick(PAYERS), owner, chance.below(2));
  }
}

/** Waits until all is done, and looks whether it is as it must be. */
async function calm(world: SimulatedWorld, { style }: Plan): Promise<void> {
  const { timeline, payers, machine, chain, rules } = world;
  const isQuiet = (): boolean => {
    const node = machine.process?.node;
    if (node === undefined || !payers.isIdle) return false;
    const { queueHead, queue } = chain.head.storage;
    const isWaiting = chain.mayMine || queueHead < queue.length || node.underWay().length > 0;
    return !isWaiting && node.pending.every(waitsForFee) && isUpToDate(node.store, chain);
  };
  const patience = Math.max(STATED_TIME, STATED_BLOCKS * style.blockTime);
  await timeline.run(timeline.elapsed + patience, isQuiet);
  requireTruth(world);
  if (!isQuiet()) throw new Violation(`stands still: ${whatWaits(world)}`);
  const audit = new Audit(chain, rules.sizes);
  audit.requireBooks();
  audit.requireAgreement(machine.process!.node);
  audit.requirePayments(payers.payments, machine.process!.node);
  await world.monitor.requireWell();
}

/** An account of the operator's own is opened with the first fee in its token. */
const waitsForFee = ({ accepted }: PooledOperation): boolean => accepted.kind === "creation" && accepted.isOwn === true;

/** Whether the node has read all that has happened: where blocks come fast, a few newer ones are there already. */
function isUpToDate({ cursor, lastBatch }: SheafNode["store"], { blocks, head }: SimulatedWorld["chain"]): boolean {
  return (
    blocks[cursor.number]?.hash === cursor.hash &&
    head.number - cursor.number <= MOST_BEHIND &&
    (lastBatch?.number ?? 0) === head.storage.batchNumber
  );
}

function whatWaits({ machine, payers, chain }: SimulatedWorld): string {
  const node = machine.process?.node;
  const { queueHead, queue, batchNumber } = chain.head.storage;
  const open = payers.payments.filter(({ isSettled }) => !isSettled);
  return [
    `L1 at block ${chain.head.number}, batch ${batchNumber}, ${queue.length - queueHead} queued, ${chain.mempool.size} in its mempool`,
    node === undefined
      ? "no node runs"
      : `the node at block ${node.store.cursor.number}, ${node.pending.length} pending, under way: ${node
          .underWay()
          .map(({ number }) => number)
          .join()}; troubles: ${JSON.stringify(node.troubles())}`,
    `${open.length} payments open: ${JSON.stringify(open.slice(0, 3).map(({ attempts }) => attempts.map(({ id = "", status, rejected }) => ({ id, status, rejected, held: node?.held({ id })?.code }))))}`,
    `last failures: ${machine.failures.slice(-3).join(" | ")}`,
  ].join("; ");
}
