import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { SignedOperation } from "../../protocol/operations.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { PEOPLE } from "../support/node/followed-rollup.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { rpcOf } from "../support/node/stores.ts";
import { LONG, seeded } from "../support/random.ts";

const CHILD = join(import.meta.dirname, "../support/node/node-child.ts");
const KILLS = LONG ? 120 : 4;

type Answer = { readonly id: string } | { readonly code: string };

/** A node in a process that is killed again and again. What it has not acknowledged is handed in again, as it was. */
class MortalNode {
  readonly #args: readonly string[];
  #child: ChildProcess;
  #calls = 0;

  constructor(...args: string[]) {
    this.#args = args;
    this.#child = this.#start();
  }

  /** Kills it some time after it began to start, or to work, and starts it again. */
  async reborn(milliseconds: number, afterReady: boolean): Promise<void> {
    if (afterReady) await this.#ready();
    await sleep(milliseconds);
    await this.kill();
    this.#child = this.#start();
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  /** Hands an operation in until it is acknowledged. Returns its id. */
  async submit(signed: SignedOperation): Promise<string> {
    for (;;) {
      const answer = await this.#ask(this.#child, signed).catch(() => undefined);
      if (answer !== undefined && "id" in answer) return answer.id;
      // More waits for proofs than one account may have: people pay faster than that.
      if (answer !== undefined && answer.code !== "ACCOUNT_BUSY") throw new Error(`refused: ${answer.code}`);
      await sleep(10);
    }
  }

  /** Rejects if it ends before it has answered. */
  async #ask(child: ChildProcess, signed: SignedOperation): Promise<Answer> {
    await this.#ready(child);
    const call = this.#calls++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const hear = (answer: Answer & { readonly call: number }): void => void (answer.call === call && resolve(answer));
    child.on("message", hear).on("exit", reject);
    child.send({ call, signed }, () => undefined);
    return promise.finally(() => child.off("message", hear).off("exit", reject));
  }

  /** Rejects if it ends before it is ready. */
  #ready(child = this.#child): Promise<void> {
    return (child as ChildProcess & { ready: Promise<void> }).ready;
  }

  #start(): ChildProcess {
    const child = fork(CHILD, this.#args, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const gone = once(child, "exit").then(() => Promise.reject(new Error("gone")));
    const ready = Promise.race([once(child, "message"), gone]).then(() => undefined);
    for (const waiting of [gone, ready]) waiting.catch(() => undefined);
    return Object.assign(child, { ready });
  }
}

describe("node: killed at any moment under load", () => {
  let world: NodeWorld;
  let rpc: RpcServer;
  before(async () => {
    world = await NodeWorld.create();
    await world.fund();
    rpc = await RpcServer.start(rpcOf(world.rollup));
  });
  after(async () => {
    await rpc.close();
    await world.close();
  });

  it(`loses nothing that it acknowledged and does nothing twice, ${KILLS} times`, async () => {
    const random = seeded("kill -9");
    const indexes = new Map(PEOPLE.map((name) => [name, world.index(name)]));
    const nonces = new Map(PEOPLE.map((name) => [name, world.node.projected(world.index(name))!.nonce]));
    const made: SignedOperation[] = [];
    const before = world.node.store.lastBatch!.number;
    const total = (): bigint =>
      [...world.node.store.state().accounts().values()].reduce((sum, { balance }) => sum + balance, 0n);
    const [held, deposited, withdrawn] = [total(), [] as bigint[], [] as bigint[]];

    const sign = (name: string): SignedOperation => {
      const nonce = nonces.get(name)!;
      nonces.set(name, nonce + 1);
      const amount = 1n + random.below(100n);
      const to = random.below(6n) === 0n ? undefined : PEOPLE[Number(random.below(4n))];
      if (to === undefined) withdrawn.push(amount);
      return world.sign(name, to, amount, { nonce, from: indexes.get(name)!, ...(to && { to: indexes.get(to)! }) });
    };
    await world.node.close();

    const mortal = new MortalNode(rpc.url, world.rollup.address, world.data);
    const acknowledged: string[] = [];
    let isOver = false;
    const load = async (name: string): Promise<void> => {
      while (!isOver) {
        const signed = sign(name);
        made.push(signed);
        acknowledged.push(await mortal.submit(signed));
        if (random.below(10n) > 0n) continue;
        deposited.push(1n + random.below(50n));
        await world.deposit(name, 0, deposited.at(-1)!);
      }
    };
    const kills = async (): Promise<void> => {
      for (let kill = 0; kill < KILLS; kill++) {
        const atWork = random.below(4n) > 0n;
        await mortal.reborn(Number(random.below(atWork ? 300n : 1500n)), atWork);
      }
      isOver = true;
    };
    await Promise.all([kills(), ...PEOPLE.map(load)]);
    await mortal.kill();

    await world.open();
    await world.settle();
    const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
    for (const id of acknowledged) expect(world.now({ id }).status, id).to.equal("verified");
    expect(new Set(acknowledged).size).to.equal(made.length);
    const { history, lastBatch } = world.node.store;
    const rows = Array.from({ length: lastBatch!.number - before }, (_, i) => history.of(before + 1 + i)).flat();
    expect(rows.filter(({ nonce }) => nonce !== undefined)).to.have.length(made.length);
    expect(total()).to.equal(held + sum(deposited) - sum(withdrawn));
    await world.expectTruth();
    const batches = [...world.node.store.batches()].filter(({ number }) => number > before);
    const lengths = [...Map.groupBy(batches, ({ transaction }) => transaction).values()].map(({ length }) => length);
    expect(Math.max(...lengths), "batches in a transaction").to.be.above(1);
  });
});
