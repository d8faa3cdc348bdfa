import { mkdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { expect } from "chai";
import { getAddress, type Interface } from "ethers";
import { SYSTEM_CLOCK, type Clock } from "../../../node/clock.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import { ALARMS, exitCodeOf, type AlarmKind } from "../../../node/watch/alarms.ts";
import { firstGovernance } from "../../../node/watch/governance.ts";
import { keepSchedule, keptSchedule } from "../../../node/watch/timelock.ts";
import { Watchtower, type Look, type WatchOptions } from "../../../node/watch/watchtower.ts";
import { postNotice, requireWebhook, type Notice } from "../../../node/watch/webhook.ts";
import { SheafError } from "../../../protocol/errors.ts";
import type { TimelockController } from "../../../types/generated/index.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { newStorePath, rpcOf, SWIFT } from "../../support/node/stores.ts";
import { altered } from "../../support/node/submitter.ts";

const DAY = 86_400;

const clockAt = (seconds: number): Clock => ({ ...SYSTEM_CLOCK, now: () => seconds * 1000 });

describe("node: watchtower", () => {
  let world: FollowedRollup;
  let goBack: () => Promise<void>;
  const towers: Watchtower[] = [];
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
  });
  beforeEach(async () => (goBack = await world.branch()));
  afterEach(async () => {
    for (const tower of towers.splice(0)) tower.close();
    await goBack();
  });
  after(() => world.close());

  function towerOf(changes: Partial<WatchOptions> & { readonly rpc?: Rpc } = {}): Watchtower {
    const { rpc = rpcOf(world), ...rest } = changes;
    const l1 = new L1(rpc, world.address);
    const tower = new Watchtower({
      ...{ l1, openStore: () => openStore(l1, ":memory:"), follow: SWIFT },
      ...{ deadlineMargin: DAY, stallTime: 30 * DAY, expected: (now) => Promise.resolve(now) },
      ...rest,
    });
    towers.push(tower);
    return tower;
  }

  const kindsOf = ({ alarms }: Look): readonly AlarmKind[] => alarms.map(({ kind }) => kind);
  const look = async (changes: Parameters<typeof towerOf>[0] = {}): Promise<readonly AlarmKind[]> =>
    kindsOf(await towerOf(changes).look());
  const now = (): Promise<number> => world.chain.networkHelpers.time.latest();

  it("has nothing to say of a rollup that is well", async () => {
    await world.deposit("alice", 0, 5n);
    const head = await world.chain.networkHelpers.time.latestBlock();
    const found = await towerOf({ second: new L1(rpcOf(world), world.address) }).look();
    expect(found).to.deep.equal({ block: head, batches: 4, alarms: [] });
  });

  describe("sees in the queue", () => {
    it("a deadline that is near", async () => {
      await world.deposit("alice", 0, 5n);
      const { deadline } = await world.chain.rollup.queueEntry(8);
      const left = Number(deadline) - (await now());
      expect(await look({ deadlineMargin: left - 1 })).to.deep.equal([]);
      expect(await look({ deadlineMargin: left })).to.deep.equal(["deadline-near"]);
    });

    it("one that has passed, and that the rollup may be frozen for it", async () => {
      await world.deposit("alice", 0, 5n);
      await world.passDeadline();
      await world.mine(1);
      expect(await look()).to.deep.equal(["queue-overdue"]);
      await world.chain.networkHelpers.time.increaseTo((await world.chain.rollup.freezeTime()) + 1n);
      expect(await look()).to.deep.equal(["freezable", "queue-overdue"]);
    });

    it("a freeze", async () => {
      await world.deposit("alice", 0, 5n);
      await world.freeze();
      expect(await look()).to.deep.equal(["frozen"]);
    });

    it("what has waited for long, from the block that it is from on", async () => {
      await world.deposit("alice", 0, 5n);
      const queued = await now();
      await world.batch();
      await world.deposit("bob", 0, 6n);
      const later = await now();
      expect(later).to.be.above(queued);
      const clock = clockAt(later + 1000);
      expect(await look({ clock, stallTime: 1000 })).to.deep.equal([]);
      expect(await look({ clock, stallTime: 999 })).to.deep.equal(["queue-stalled"]);
    });

    it("a deadline that the node's last block does not reach", async () => {
      await world.deposit("alice", 0, 5n);
      const { deadline } = await world.chain.rollup.queueEntry(8);
      expect(await look({ clock: clockAt(Number(deadline) + 1) })).to.deep.equal(["queue-overdue"]);
    });
  });

  it("sees a root that does not follow from the words, though a verifier accepted it", async () => {
    await world.batch({ spends: [{ from: "alice", to: "bob", amount: 5n }] });
    const { size, proof, c, words, refundAddresses, beneficiary } = await world.proven({
      spends: [{ from: "bob", to: "alice", amount: 6n }],
    });
    const forged = words.with(NEW_ROOT_END, words[NEW_ROOT_END]! ^ 1);
    const { rollup, signers } = world.chain;
    const tower = towerOf();
    expect(kindsOf(await tower.look())).to.deep.equal([]);
    await rollup.connect(signers["operator"]).submitBatch(size, proof, c, forged, [...refundAddresses], beneficiary);
    const found = await tower.look();
    expect(kindsOf(found)).to.deep.equal(["root-mismatch"]);
    expect(found.batches).to.equal(5);
    expect(await look()).to.deep.equal(["root-mismatch"]);
  });

  it("sees a node that leaves out logs", async () => {
    const rpc = altered(rpcOf(world), async (method, answer) => {
      const result = await answer();
      return method === "eth_getLogs" ? (result as unknown[]).slice(0, -1) : result;
    });
    expect(await look({ rpc })).to.include("node-inconsistent");
  });

  describe("sees what a timelock that owns the rollup is to do", () => {
    const DELAY = 2n * BigInt(DAY);
    const ZERO = `0x${"00".repeat(32)}`;
    const other = `0x${"0b".repeat(20)}`;
    let timelock: TimelockController;
    const call = (name: string, ...args: readonly unknown[]): string =>
      (world.chain.rollup.interface as Interface).encodeFunctionData(name, args);
    const setOperator = (): string => call("setOperator", other);
    const schedule = (data: string, target: unknown = world.chain.rollup) =>
      timelock.schedule(target as string, 0, data, ZERO, ZERO, DELAY);
    const execute = async (data: string): Promise<void> => {
      await world.chain.networkHelpers.time.increase(DELAY);
      await timelock.execute(world.chain.rollup, 0, data, ZERO, ZERO);
    };

    beforeEach(async () => {
      const { rollup, connection, signers } = world.chain;
      const proposers = [signers["operator"]!.address];
      const parameters = [DELAY, proposers, [`0x${"00".repeat(20)}`], `0x${"00".repeat(20)}`] as const;
      timelock = (await connection.ethers.deployContract("TimelockController", [...parameters])) as never;
      await rollup.transferOwnership(timelock);
      await schedule(call("acceptOwnership"));
      await execute(call("acceptOwnership"));
    });

    it("with its arguments, and when, until it is done", async () => {
      const tower = towerOf();
      expect(kindsOf(await tower.look())).to.deep.equal([]);
      await schedule(setOperator());
      const ready = (await now()) + Number(DELAY);
      const [alarm, ...more] = (await tower.look()).alarms;
      expect(more).to.deep.equal([]);
      expect(alarm).to.have.property("kind", "change-scheduled");
      expect(alarm!.message).to.include(`setOperator(${getAddress(other)}) of the rollup`);
      expect(alarm!.message).to.include(`from ${new Date(ready * 1000).toISOString()} on`);
      await world.chain.networkHelpers.time.increase(DELAY);
      await world.mine(1);
      expect((await tower.look()).alarms[0]!.message).to.include("anyone may execute it");
      await timelock.execute(world.chain.rollup, 0, setOperator(), ZERO, ZERO);
      expect(kindsOf(await tower.look())).to.deep.equal([]);
    });

    it("in a batch, to itself, or by a call that is not known, and nothing that it does elsewhere", async () => {
      const updateDelay = timelock.interface.encodeFunctionData("updateDelay", [0]);
      const [rollup, itself] = await Promise.all([world.chain.rollup.getAddress(), timelock.getAddress()]);
      const calls = [call("setDepositsPaused", true), updateDelay];
      await timelock.scheduleBatch([rollup, itself], [0, 0], calls, ZERO, ZERO, DELAY);
      await schedule("0x12345678");
      await schedule(setOperator(), other);
      const { alarms } = await towerOf().look();
      expect(alarms).to.have.length(2);
      expect(alarms[0]!.message).to.include("setDepositsPaused(true) of the rollup, then updateDelay(0) of itself");
      expect(alarms[1]!.message).to.include("a function that is not known (0x12345678) of the rollup");
    });

    it("not any more once it is cancelled, or a reorganisation took it back", async () => {
      const back = await world.branch();
      const tower = towerOf();
      await schedule(setOperator());
      expect(kindsOf(await tower.look())).to.deep.equal(["change-scheduled"]);
      await back();
      await world.mine(3);
      expect(kindsOf(await tower.look())).to.deep.equal([]);
      await schedule(setOperator());
      expect(kindsOf(await tower.look())).to.deep.equal(["change-scheduled"]);
      await timelock.cancel(await timelock.hashOperation(world.chain.rollup, 0, setOperator(), ZERO, ZERO));
      expect(kindsOf(await tower.look())).to.deep.equal([]);
    });

    it("by a later watch too, which reads no logs twice that an earlier one has read", async () => {
      await schedule(setOperator());
      await world.mine(200);
      const path = `${newStorePath()}.timelock.json`;
      const asked: unknown[] = [];
      const rpc: Rpc = (method, params) => {
        const [filter] = params as [{ readonly address?: string; readonly fromBlock: string }];
        if (method === "eth_getLogs" && filter.address !== world.address) asked.push(Number(filter.fromBlock));
        return rpcOf(world)(method, params);
      };
      const kept: Partial<WatchOptions> = {
        scheduled: () => keptSchedule(path),
        keepScheduled: (seen) => keepSchedule(path, seen),
      };
      for (let time = 0; time < 2; time++) expect(await look({ rpc, ...kept })).to.deep.equal(["change-scheduled"]);
      expect(asked).to.have.length(2);
      expect(asked[1]).to.be.above(asked[0] as number);
    });
  });

  describe("sees that it is blind", () => {
    it("where the node has no block at all", async () => {
      const rpc = altered(rpcOf(world), (_, answer, [block]) => (block === "latest" ? null : answer()));
      expect(await look({ rpc })).to.deep.equal(["blind"]);
    });

    it("where the node answers no calls, and still sees the queue", async () => {
      await world.deposit("alice", 0, 5n);
      const deadline = Number((await world.chain.rollup.queueEntry(8)).deadline);
      const clock = clockAt(deadline + 1);
      const rpc = altered(rpcOf(world), (method, answer) => {
        if (method === "eth_call") throw new RpcError(-32601, "no such method");
        return answer();
      });
      expect(await look({ rpc, clock })).to.have.members(["queue-overdue", "blind"]);
    });

    it("where the node does not answer, from the first look on or later", async () => {
      const unreachable = new SheafError("NETWORK_UNREACHABLE", "no answer");
      let isAway = true;
      const rpc = altered(rpcOf(world), (_, answer) => {
        if (isAway) throw unreachable;
        return answer();
      });
      const tower = towerOf({ rpc });
      expect(await tower.look()).to.deep.equal({
        alarms: [{ kind: "blind", message: "NETWORK_UNREACHABLE: no answer" }],
      });
      isAway = false;
      expect(kindsOf(await tower.look())).to.deep.equal([]);
      isAway = true;
      expect(new Set(kindsOf(await tower.look()))).to.deep.equal(new Set(["blind"]));
    });

    it("where the node lacks a block that it had", async () => {
      await world.deposit("alice", 0, 5n);
      const queuedIn = await world.chain.networkHelpers.time.latestBlock();
      await world.mine(1);
      let isBehind = false;
      const rpc = altered(rpcOf(world), (method, answer, [block]) =>
        isBehind && method === "eth_getBlockByNumber" && Number(block) === queuedIn ? null : answer(),
      );
      const tower = towerOf({ rpc });
      expect(kindsOf(await tower.look())).to.deep.equal([]);
      isBehind = true;
      expect(kindsOf(await tower.look())).to.deep.equal(["blind"]);
    });

    it("where the node has no new blocks, unless the chain is a local one", async () => {
      const fresh = await FollowedRollup.create();
      const head = await fresh.chain.networkHelpers.time.latest();
      const clock = clockAt(head + 16 * 60);
      for (const [chainId, kinds] of [
        ["0x1", ["blind"]],
        ["0x7a69", []],
      ] as const) {
        const rpc = altered(rpcOf(fresh), (method, answer) => (method === "eth_chainId" ? chainId : answer()));
        const l1 = new L1(rpc, fresh.address);
        expect(await look({ l1, openStore: () => openStore(l1, ":memory:"), clock })).to.deep.equal(kinds);
      }
      await fresh.close();
    });
  });

  it("sees who governs change, until it is accepted", async () => {
    const path = `${newStorePath()}.governance.json`;
    const expected: WatchOptions["expected"] = (governance) => firstGovernance(path, governance);
    expect(await look({ expected })).to.deep.equal([]);
    const { rollup, signers } = world.chain;
    await rollup.setOperator(signers["bob"]!.address);
    expect(await look({ expected })).to.deep.equal(["operator-changed"]);
    await rollup.transferOwnership(signers["carol"]!.address);
    expect(await look({ expected })).to.deep.equal(["owner-changed", "operator-changed"]);
    await rollup.connect(signers["carol"]).acceptOwnership();
    expect(await look({ expected })).to.deep.equal(["owner-changed", "operator-changed"]);
    await rm(path);
    expect(await look({ expected })).to.deep.equal([]);
    await rm(path);
    await mkdir(path);
    await expectCode("FILE_UNREADABLE", () => look({ expected }));
  });

  describe("sees that two nodes disagree", () => {
    const second = (change: Parameters<typeof altered>[1]): { readonly second: L1 } => ({
      second: new L1(altered(rpcOf(world), change), world.address),
    });

    it("on what the contract says", async () => {
      const { rollup } = world.chain;
      const root = rollup.interface.encodeFunctionData("stateRoot");
      const lie = second((method, answer, [call]) =>
        method === "eth_call" && (call as { readonly data: string }).data === root
          ? `0x${"00".repeat(31)}07`
          : answer(),
      );
      expect(await look(lie)).to.deep.equal(["nodes-disagree"]);
    });

    it("on a block that none of them should give up any more, not on the newest ones", async () => {
      const head = await world.chain.networkHelpers.time.latestBlock();
      const forked = (from: number) =>
        second(async (method, answer) => {
          const block = (await answer()) as { readonly number: string };
          const isOther = method === "eth_getBlockByNumber" && Number(block.number) >= from;
          return isOther ? { ...block, hash: `0x${"ab".repeat(32)}` } : block;
        });
      expect(await look(forked(head - 11))).to.deep.equal([]);
      expect(await look(forked(head - 12))).to.deep.equal(["nodes-disagree"]);
    });

    it("on how far the chain has come", async () => {
      const head = await world.chain.networkHelpers.time.latestBlock();
      const late = (lag: number) =>
        second((method, answer, [tag]) =>
          method === "eth_getBlockByNumber" && tag === "latest"
            ? rpcOf(world)(method, [`0x${(head - lag).toString(16)}`, false])
            : answer(),
        );
      expect(await look(late(32))).to.deep.equal([]);
      expect(await look(late(33))).to.deep.equal(["nodes-disagree"]);
    });
  });
});

/** Place of the new root's last byte among the words. */
const NEW_ROOT_END = 31 + 32 + 32 - 1;

describe("node: alarms", () => {
  it("have exit codes of their own, in the order of their gravity, which docs/operations.md lists", async () => {
    const codes = Object.values(ALARMS);
    expect(codes).to.deep.equal([...new Set(codes)].toSorted((a, b) => a - b));
    const text = await readFile(resolve(import.meta.dirname, "../../../docs/operations.md"), "utf8");
    const rows = [...text.matchAll(/^\| (\d+) +\| `([a-z-]+)`/gm)].map(([, code, kind]) => [kind, Number(code)]);
    expect(rows).to.deep.equal(Object.entries(ALARMS));
  });

  it("end a watch with the gravest one's", () => {
    const alarm = (kind: AlarmKind) => ({ kind, message: "" });
    expect(exitCodeOf([])).to.equal(0);
    expect(exitCodeOf([alarm("blind"), alarm("freezable"), alarm("deadline-near")])).to.equal(ALARMS.freezable);
  });
});

describe("node: webhook", () => {
  let server: Server;
  let answers: (number | "drop")[];
  let posted: string[];
  beforeEach(async () => {
    [answers, posted] = [[], []];
    server = createServer((request, response) => {
      const answer = answers.shift() ?? 204;
      if (answer === "drop") return void request.socket.destroy();
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
      request.on("end", () => {
        posted.push(`${request.method} ${request.headers["content-type"]} ${body}`);
        response.writeHead(answer).end("thanks");
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => new Promise((done) => server.close(done)));

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const notice: Notice = {
    rollup: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    block: 17,
    alarms: [{ kind: "blind", message: "no answer" }],
    cleared: ["deadline-near"],
  };
  const SWIFT_RETRIES = { attempts: 4, pause: 1 };

  it("is sent the notice as JSON, again where the receiver is away or in trouble", async () => {
    answers = ["drop", 503, 429, 200];
    await postNotice(url(), notice, SWIFT_RETRIES);
    expect(posted).to.have.length(3);
    expect(posted.at(-1)).to.equal(`POST application/json ${JSON.stringify(notice)}`);
  });

  it("fails where that lasts, and at once where the receiver does not want it", async () => {
    answers = Array<number>(4).fill(500);
    await expectCode("WEBHOOK_FAILED", () => postNotice(url(), notice, SWIFT_RETRIES));
    expect(posted).to.have.length(4);
    answers = [404];
    await expectCode("WEBHOOK_FAILED", () => postNotice(url(), notice, SWIFT_RETRIES));
    expect(posted).to.have.length(5);
  });

  it("is a URL", async () => {
    requireWebhook(url());
    for (const wrong of ["nowhere", "example.org/hook", "mailto:me@example.org"]) {
      await expectCode("FIELD_INVALID", () => requireWebhook(wrong));
    }
  });
});
