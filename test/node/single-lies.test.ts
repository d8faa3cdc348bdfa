import { expect } from "chai";
import { toQuantity } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { L1 } from "../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../node/l1/rpc.ts";
import type { NodeOptions } from "../../node/node.ts";
import { L1Account } from "../../node/submitter/l1-account.ts";
import { Submitter } from "../../node/submitter/submitter.ts";
import { SheafError } from "../../protocol/errors.ts";
import { newFolder } from "../support/folders.ts";
import { PEOPLE } from "../support/node/followed-rollup.ts";
import { nodeOptions } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { GWEI, OPERATOR } from "../support/node/submitter.ts";
import { LONG, seeded } from "../support/random.ts";

const TRIALS = LONG ? 600 : 12;
/** As many as a node asks in some minutes: it looks each four seconds, and so do up to four submissions. */
const MOST_CALLS = 4000;
/** A restart that must read everything again reads more. */
const MOST_CALLS_ANEW = 20_000;
const BLOCK_MS = 25;

type Random = ReturnType<typeof seeded>;

/** What a node asks its L1 node for: the method, and of which block, or which function of the rollup. */
function kindOf(method: string, params: readonly unknown[]): string {
  if (method === "eth_getBlockByNumber")
    return `${method} ${String(params[0]).startsWith("0x") ? "by number" : String(params[0])}`;
  if (method === "eth_getTransactionCount") return `${method} ${String(params[1])}`;
  if (method !== "eth_call") return method;
  const { data } = params[0] as { readonly data: string };
  return `${method} ${ROLLUP.getFunction(data.slice(0, 10))?.name ?? "elsewhere"}`;
}

/** Parts of answers that a node reads. */
const READ: readonly string[] = [
  ...["number", "hash", "timestamp", "baseFeePerGas", "status", "blockNumber", "blockHash", "gasUsed", "from", "to"],
  ...["effectiveGasPrice", "input", "address", "topics", "data", "transactionHash", "transactionIndex", "logIndex"],
];

/** Whatever nodes say instead of an answer. */
const ERRORS = [
  [-32000, "header not found"],
  [-32000, "missing trie node"],
  [-32000, "nonce too low"],
  [-32000, "already known"],
  [-32000, "replacement transaction underpriced"],
  [-32000, "insufficient funds for gas * price + value"],
  [-32000, "invalid sender"],
  [-32000, "out of gas"],
  [-32005, "limit exceeded"],
  [-32601, "the method does not exist"],
  [-32603, "internal error"],
  [3, "execution reverted"],
] as const;

/** One false answer, chosen by chance: of an answer, one part is another. */
class Liar {
  readonly #rpc: Rpc;
  readonly #random: Random;
  /** An earlier answer of each kind. */
  readonly #stale = new Map<string, unknown>();
  #armed: { readonly kind: string; left: number } | undefined;
  /** What was said falsely, in words. */
  told: string | undefined;
  calls = 0;

  constructor(rpc: Rpc, random: Random) {
    this.#rpc = rpc;
    this.#random = random;
  }

  get kinds(): readonly string[] {
    return [...this.#stale.keys()];
  }

  /** The answer of this kind that comes after so many others is false. */
  arm(kind: string, after: number): void {
    [this.#armed, this.told, this.calls] = [{ kind, left: after }, undefined, 0];
  }

  disarm(): void {
    this.#armed = undefined;
  }

  readonly rpc: Rpc = async (method, params) => {
    this.calls++;
    const kind = kindOf(method, params);
    const isLie = this.#armed?.kind === kind && this.#armed.left-- === 0;
    if (isLie) this.#armed = undefined;
    // What is sent may be lost, or arrive though nobody hears of it.
    const isLost = isLie && method === "eth_sendRawTransaction" && this.#chance(2);
    const answer = isLost ? `0x${"77".repeat(32)}` : await this.#rpc(method, params);
    const stale = this.#stale.get(kind);
    if (stale === undefined || this.#chance(4)) this.#stale.set(kind, answer);
    if (!isLie) return answer;
    if (isLost && this.#chance(2)) return this.#tell(kind, "lost", answer);
    if (this.#chance(4)) {
      const [code, message] = this.#pick(ERRORS);
      this.#tell(kind, `error: ${message}`, undefined);
      throw new RpcError(code, message);
    }
    if (this.#chance(6)) return this.#tell(kind, "null", null);
    if (stale !== undefined && this.#chance(6)) return this.#tell(kind, "stale", stale);
    return this.#altered(kind, answer);
  };

  #altered(kind: string, answer: unknown): unknown {
    const copy = { root: structuredClone(answer) };
    let [holder, key]: [Record<string, unknown>, string] = [copy, "root"];
    for (;;) {
      const value = holder[key];
      if (typeof value !== "object" || value === null) break;
      const keys = Object.keys(value).filter((part) => Array.isArray(value) || READ.includes(part));
      // A list may also be empty, or lack its end, or have it twice.
      if (keys.length === 0 || (Array.isArray(value) && this.#chance(4))) {
        const list = value as unknown[];
        const lists = [[], list.slice(0, -1), [...list, ...list.slice(-1)]];
        holder[key] = Array.isArray(value) ? this.#pick(lists) : null;
        return this.#tell(kind, `${key}: another list`, copy.root);
      }
      [holder, key] = [value as Record<string, unknown>, this.#pick(keys)];
    }
    const before = holder[key];
    holder[key] = this.#other(before);
    return this.#tell(kind, `${key}: ${shown(before)} became ${shown(holder[key])}`, copy.root);
  }

  #other(value: unknown): unknown {
    if (typeof value === "boolean") return !value;
    if (typeof value !== "string" || !value.startsWith("0x")) return this.#pick([null, "0x1", 7, ""]);
    const digits = value.length - 2;
    const random = `0x${Buffer.from(this.#random.bytes(32)).toString("hex")}`;
    if (digits === 40) return this.#pick([`0x${"00".repeat(20)}`, random.slice(0, 42), null]);
    if (digits >= 64) {
      const place = 2 + Number(this.#random.below(BigInt(digits)));
      const flipped = `${value.slice(0, place)}${value[place] === "0" ? "1" : "0"}${value.slice(place + 1)}`;
      const small = toQuantity(BigInt(`0x${value.slice(2, 66)}`) ^ 1n).slice(2);
      const last = `0x${small.padStart(64, "0")}${value.slice(66)}`;
      const cut = `0x${value.slice(2, 2 + 64 * Math.floor(digits / 128))}`;
      return this.#pick([
        flipped,
        last,
        `0x${"00".repeat(digits / 2)}`,
        `0x${"ff".repeat(digits / 2)}`,
        cut,
        "0x",
        random,
      ]);
    }
    const number = value === "0x" ? 0n : BigInt(value);
    const others = [number + 1n, number && number - 1n, 0n, 1n, number + 5n, number + 1000n, number * 2n, 2n ** 48n];
    return this.#pick([
      ...others.map((other) => toQuantity(other)),
      toQuantity(2n ** 52n - 1n),
      "0x",
      "0xff".padEnd(66, "f"),
      null,
    ]);
  }

  #tell<T>(kind: string, what: string, answer: T): T {
    this.told = `${kind}, ${what}`;
    return answer;
  }

  #chance(of: number): boolean {
    return this.#random.below(BigInt(of)) === 0n;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Number(this.#random.below(BigInt(list.length)))]!;
  }
}

const shown = (value: unknown): string => String(value).slice(0, 24);

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

describe("node: one false answer of L1's node, whatever it is,", () => {
  const random = seeded("single lies");
  const below = (bound: number): number => Number(random.below(BigInt(bound)));
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  let world: NodeWorld;
  let liar: Liar;
  let data: string;
  let [stop, running] = [new AbortController(), Promise.resolve()];

  const options = (): Partial<NodeOptions> => {
    const { rpc } = liar;
    const rollup = world.rollup.address;
    const account = new L1Account(rpc, rollup, OPERATOR.address);
    return {
      ...nodeOptions(rpc, rollup),
      l1: new L1(rpc, rollup),
      equip: async (parts) => ({
        ...(await nodeOptions(rpc, rollup).equip(parts)),
        pricing: { market: () => account.market(), dataFee: () => account.dataFee("0x00", 300_000) },
        submitter: new Submitter({
          ...{ rpc, rollup, chainId: parts.store.chainId, signer: OPERATOR, journal: parts.journal },
          ...{ feeCap: 1000n * GWEI, patience: 100, interval: 5 },
        }),
      }),
    };
  };

  function run(): void {
    stop = new AbortController();
    running = world.node.run(stop.signal);
  }

  /** A process that does not start is started again. */
  async function restart(anew: boolean): Promise<void> {
    stop.abort();
    await running;
    await world.node.close();
    if (anew) data = newFolder();
    for (let isOpen = false; !isOpen;) {
      try {
        await world.open({ ...options(), data });
        isOpen = true;
      } catch (error) {
        expect(error, "an error with a code").to.be.instanceOf(SheafError);
        await pause(5);
      }
    }
    run();
    // Whoever signs by what a node says that is behind signs what was done already.
    const last = Number(await world.rollup.chain.rollup.batchNumber());
    while (world.node.pool.seen.last.number < last) await pause(5);
  }

  before(async () => {
    world = await NodeWorld.create();
    await world.fund();
    ({ data } = world);
    liar = new Liar(rpcOf(world.rollup), random);
    const { provider } = world.rollup.chain.connection;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    await provider.request({ method: "evm_setIntervalMining", params: [BLOCK_MS] });
    await world.restart(options());
    run();
    await trial("an honest one", MOST_CALLS);
  });
  after(async () => {
    stop.abort();
    await running;
    await world.close();
  });

  /** What was taken in, again and again if it was refused. */
  async function send(): Promise<string> {
    const [from, to, amount] = [pick(PEOPLE), pick([...PEOPLE, undefined]), BigInt(1 + below(1000))];
    for (let tries = 0; ; tries++) {
      try {
        return (await world.send(from, to, amount)).id;
      } catch (error) {
        if (tries > 1000) throw error;
        await pause(5);
      }
    }
  }

  /** Lets something be done, and waits until L1 has it. */
  async function trial(name: string, mostCalls: number): Promise<void> {
    if (below(3) === 0) await world.deposit(pick(PEOPLE), 0, BigInt(1 + below(1000)));
    const ids: string[] = [];
    for (let i = below(3); i >= 0; i--) ids.push(await send());
    const isDone = async (): Promise<boolean> => {
      const { store, pool } = world.node;
      const { head, tail } = await world.rollup.chain.rollup.queueBounds();
      const { status, reason } = pool.operations.find(ids.at(-1)!)!;
      if (status === "rejected")
        throw new Error(`${name} (${liar.told}): an operation is rejected, ${reason!.message}`);
      const ends = ids.every((id) => pool.operations.find(id)!.status === "verified");
      return ends && head === tail && store.queueBounds.head === Number(tail);
    };
    while (!(await isDone())) {
      if (liar.calls > mostCalls) {
        const failures = world.failures.slice(-3).map(String);
        const troubles = world.node.troubles();
        throw new Error(`${name}: after ${liar.told} it stands still: ${JSON.stringify({ failures, troubles })}`);
      }
      await pause(10);
    }
  }

  it(`does not keep it from work for longer than minutes, in ${TRIALS} trials`, async function () {
    this.timeout(LONG ? "60m" : "3m");
    const told = new Set<string>();
    for (let trials = 0, tries = 0; trials < TRIALS; tries++) {
      const kind = pick(liar.kinds);
      const after = below(4);
      const start = pick(["", "", "", "", "", "", "", "", "again", "again", "again", "anew"]);
      liar.arm(kind, after);
      if (start !== "") await restart(start === "anew");
      await trial(`trial ${tries} ${start}`, start === "" ? MOST_CALLS : MOST_CALLS_ANEW);
      liar.disarm();
      if (liar.told === undefined) continue;
      if (process.env["SHEAF_LIES"] !== undefined) console.log(trials, liar.calls, start, liar.told);
      told.add(liar.told);
      trials++;
    }
    expect(told.size).to.be.above(TRIALS / 3);
    await world.rollup.chain.connection.provider.request({ method: "evm_setIntervalMining", params: [0] });
    await world.rollup.chain.connection.provider.request({ method: "evm_setAutomine", params: [true] });
    stop.abort();
    await running;
    await world.restart();
    await world.settle();
    await world.expectTruth();
  });
});
