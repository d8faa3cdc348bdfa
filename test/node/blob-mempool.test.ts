import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { toQuantity, Transaction } from "ethers";
import type { Rpc } from "../../node/l1/rpc.ts";
import type { NodeOptions } from "../../node/node.ts";
import type { BatchProver } from "../../node/proving.ts";
import type { SubmitState } from "../../node/submitter/submission.ts";
import { Anvil } from "../support/chain/anvil.ts";
import type { SignedOperation } from "../../protocol/operations.ts";
import { FollowedRollup, PEOPLE } from "../support/node/followed-rollup.ts";
import { POINTS } from "../support/node/blob-points.ts";
import { nodeOptions, sham } from "../support/node/node-options.ts";
import { NodeWorld } from "../support/node/node-world.ts";
import { CELL_KZG } from "../support/node/quick-kzg.ts";
import { rpcOf } from "../support/node/stores.ts";
import { altered, GWEI } from "../support/node/submitter.ts";
import { LONG } from "../support/random.ts";
import { until } from "../support/until.ts";

/** The others lie beside one of these. */
const KILLS = LONG ? POINTS : (["commitment", "proof", "cells", "receipt"] as const);
const CHILD = join(import.meta.dirname, "../support/node/mortal-blob-child.ts");
const PATIENT: NodeOptions["departure"] = { most: 3, longestWait: 3_600_000, hourPrice: 0n };

// Hardhat's chain keeps no transaction with a blob waiting. Anvil does, and takes them in today's form, over HTTP.
describe("node: blobs that wait in a mempool", function () {
  this.timeout(LONG ? "15m" : "4m");
  let anvil: Anvil;
  let world: NodeWorld;
  let rpc: Rpc;
  const held: (() => void)[] = [];
  let holds: boolean;
  /** Milliseconds before a transaction is replaced. */
  let patience: number;
  const prover: BatchProver = {
    prove: async (batch) => {
      if (holds) await new Promise<void>((release) => held.push(release));
      return sham.prove(batch);
    },
    close: () => Promise.resolve(),
  };
  const release = (): void => {
    holds = false;
    for (const letGo of held.splice(0)) letGo();
  };
  const equip: NodeOptions["equip"] = async (rollup) => {
    const market = () => Promise.resolve({ baseFee: 10n ** 9n, priorityFee: 0n });
    const usual = nodeOptions(rpc, world.rollup.address, true, { kzg: CELL_KZG, patience });
    return { ...(await usual.equip(rollup)), prover, pricing: { market } };
  };
  const restart = (): Promise<void> => world.restart({ equip, departure: PATIENT });

  beforeEach(async () => {
    holds = false;
    patience = 3_600_000;
    anvil = await Anvil.start();
    const rollup = await FollowedRollup.at(anvil.url, true);
    rpc = rpcOf(rollup);
    const options = nodeOptions(rpc, rollup.address, true, { kzg: CELL_KZG });
    world = await NodeWorld.create({ equip: options.equip }, rollup);
    await world.fund();
    await restart();
  });
  afterEach(async () => {
    release();
    await world.close();
    await anvil.close();
  });

  /** Transactions that wait, the lowest nonce first. */
  async function mempool(): Promise<readonly { readonly hash: string; readonly type: string }[]> {
    interface Waiting {
      readonly hash: string;
      readonly nonce: string;
      readonly type: string;
    }
    const { pending, queued } = (await anvil.call("txpool_content")) as Record<
      "pending" | "queued",
      Record<string, Record<string, Waiting>>
    >;
    const all = [pending, queued].flatMap((part) => Object.values(part).flatMap((own) => Object.values(own)));
    return all.toSorted((a, b) => Number(a.nonce) - Number(b.nonce));
  }
  const waiting = (count: number) =>
    until(async () => {
      await world.node.step();
      const transactions = await mempool();
      return transactions.length === count ? transactions : undefined;
    }, `${count} transactions`);

  /** Has a batch made, and three more that share a blob, while the first one is being proven. Returns their numbers. */
  async function made(): Promise<readonly number[]> {
    holds = true;
    const numbers: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { id } = await world.send("alice", "bob", BigInt(10 + i));
      numbers.push(await until(() => world.node.step().then(() => world.now({ id }).batch), "a batch"));
      await until(() => world.node.step().then(() => held[0]), "the first one's proof");
    }
    const { parcels } = world.node.pool;
    await until(() => world.node.step().then(() => parcels.all()[0]?.first === numbers[1] || undefined), "a blob");
    return numbers;
  }
  const transactionsOf = (numbers: readonly number[]): readonly string[] =>
    numbers.map((number) => world.node.store.batch(number)!.transaction);

  it("are sent again when the mempool has lost them, after a restart too, and after a reorganisation", async () => {
    const numbers = await made();
    const id = await anvil.call("evm_snapshot");
    await anvil.call("evm_setAutomine", false);
    release();
    const sent = await waiting(2);
    expect(sent.map(({ type }) => Number(type))).to.deep.equal([3, 3]);
    await world.node.close();
    for (const { hash } of sent) await anvil.call("anvil_dropTransaction", hash);
    expect(await mempool()).to.deep.equal([]);
    await world.open({ equip, departure: PATIENT });
    expect((await waiting(2)).map(({ hash }) => hash)).to.deep.equal(sent.map(({ hash }) => hash));
    await anvil.call("evm_setAutomine", true);
    await anvil.call("evm_mine");
    await world.settle();
    const transactions = transactionsOf(numbers);
    expect(transactions).to.deep.equal([0, 1, 1, 1].map((i) => sent[i]!.hash));
    await world.expectTruth();

    await anvil.call("evm_revert", id);
    await world.rollup.mine(8);
    await world.settle();
    expect(transactionsOf(numbers)).to.deep.equal(transactions);
    await world.expectTruth();
  });

  it("come again after reorganisations of 1 to 10 blocks, with others in flight", async () => {
    const depths = LONG ? Array.from({ length: 10 }, (_, i) => i + 1) : [1, 10];
    const payments: { readonly id: string }[] = [];
    for (const depth of depths) {
      payments.push(await world.send("alice", "bob", BigInt(depth)));
      await world.settle();
      // Its block is the lowest of those that go.
      await world.rollup.mine(depth - 1);
      await anvil.call("evm_setAutomine", false);
      payments.push(await world.send("bob", "carol", BigInt(depth)));
      await waiting(1);
      const { number } = world.node.store.lastBatch!;
      await anvil.call("anvil_reorg", depth, []);
      expect(await world.rollup.chain.rollup.batchNumber()).to.equal(BigInt(number - 1));
      await anvil.call("evm_setAutomine", true);
      await anvil.call("evm_mine");
      await world.settle();
      for (const payment of payments) expect(world.now(payment).status, `${depth} deep`).to.equal("verified");
      await world.expectTruth();
    }
  });

  it("wait while a blob's gas is above the cap, which is said, and go when it is cheaper", async () => {
    let spike: bigint | undefined;
    const own = rpc;
    rpc = altered(own, (method, answer) =>
      method === "eth_blobBaseFee" && spike !== undefined ? toQuantity(spike) : answer(),
    );
    await restart();
    spike = 10n ** 13n;
    const states: SubmitState[] = [];
    world.node.subscribe((event) => event.type === "submission" && states.push(event.state));
    const { id } = await world.send("alice", "bob", 5n);
    const dear = await until(
      () => world.node.step().then(() => states.find(({ phase }) => phase === "expensive")),
      "it",
    );
    expect(dear).to.deep.equal({ phase: "expensive", what: "blob gas", needed: 10n ** 13n, cap: 10n ** 12n });
    expect(world.node.troubles().map(({ why }) => why)).to.deep.equal([
      "a blob's gas costs 10000000000000 wei, which is above the cap of 1000000000000",
    ]);
    expect(await mempool()).to.deep.equal([]);
    spike = undefined;
    await world.settle();
    expect(world.now({ id }).status).to.equal("verified");
    await world.expectTruth();
  });

  it("are replaced by ones that offer twice as much of all three, when they wait for too long", async () => {
    patience = 50;
    await restart();
    await anvil.call("evm_setAutomine", false);
    await world.send("alice", "bob", 5n);
    const journal = () => world.node.pool.journal.ofBatch(world.node.store.lastBatch!.number + 1);
    await until(() => world.node.step().then(() => journal()[1]), "a dearer one");
    const [first, second] = journal().map(({ raw }) => Transaction.from(raw));
    for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas"] as const) {
      expect(second![fee]! >= 2n * first![fee]!, fee).to.equal(true);
    }
    expect(second!.nonce).to.equal(first!.nonce);
    expect(first!.maxFeePerGas! < 100n * GWEI).to.equal(true);
    await until(() => mempool().then((all) => all.find(({ hash }) => hash !== first!.hash)), "it in the mempool");
    await anvil.call("evm_setAutomine", true);
    await anvil.call("evm_mine");
    await world.settle();
    await world.expectTruth();
  });

  it("are neither lost nor doubled where the node is killed at any point of a delivery, and L1 reorganised", async () => {
    const nonces = new Map(PEOPLE.map((name) => [name, world.node.projected(world.index(name))!.nonce]));
    const indexes = new Map(PEOPLE.map((name) => [name, world.index(name)]));
    const sign = (name: string, to: string, amount: bigint): SignedOperation => {
      const nonce = nonces.get(name)!;
      nonces.set(name, nonce + 1);
      return world.sign(name, to, amount, { nonce, from: indexes.get(name)!, to: indexes.get(to)! });
    };
    const rounds = KILLS.map((point, i) => {
      const signed = PEOPLE.map((name, k) => sign(name, PEOPLE[(k + 1) % PEOPLE.length]!, BigInt(100 * i + k + 1)));
      return [point, signed] as const;
    });
    const before = world.node.store.lastBatch!.number;
    await world.node.close();
    const id = await anvil.call("evm_snapshot");
    const acknowledged: string[] = [];
    for (const [point, signed] of rounds) {
      const args = [anvil.url, world.rollup.address, world.data, point];
      const child = fork(CHILD, args, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
      const gone = once(child, "exit");
      child.on("message", ({ id: acked }: { readonly id?: string }) => void (acked && acknowledged.push(acked)));
      await once(child, "message");
      // It may come to the point before it has taken all of them.
      for (const operation of signed) child.send(operation, () => undefined);
      expect(await gone, point).to.deep.equal([null, "SIGKILL"]);
    }
    await anvil.call("evm_revert", id);
    await world.rollup.mine(8);

    await world.open({ equip, departure: PATIENT });
    for (const operation of rounds.flatMap(([, signed]) => signed)) await world.node.submit(operation);
    await world.settle();
    expect(acknowledged.length).to.be.above(KILLS.length);
    for (const known of acknowledged) expect(world.now({ id: known }).status, known).to.equal("verified");
    const { history, lastBatch } = world.node.store;
    const rows = Array.from({ length: lastBatch!.number - before }, (_, i) => history.of(before + 1 + i)).flat();
    expect(rows.filter(({ nonce }) => nonce !== undefined)).to.have.length(KILLS.length * PEOPLE.length);
    await world.expectTruth();
  });
});
