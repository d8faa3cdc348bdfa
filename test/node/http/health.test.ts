import { parseUnits } from "ethers";
import { expect } from "chai";
import { SYSTEM_CLOCK, type Clock } from "../../../node/clock.ts";
import { healthOf, operatorCheck, proverCheck, purseCheck, workChecks, type Check } from "../../../node/http/health.ts";
import { L1 } from "../../../node/l1/l1.ts";
import type { Vitals } from "../../../node/sequencer/vitals.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { ApiWorld } from "../../support/node/api-world.ts";
import { sham } from "../../support/node/node-options.ts";
import { NodeWorld } from "../../support/node/node-world.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { until } from "../../support/until.ts";

const MINUTE = 60_000;
const GWEI = parseUnits("1", "gwei");

/** What is wrong, as far as the API is told of it. */
interface Fault {
  readonly checks?: (api: ApiWorld) => readonly Check[];
  readonly vitals?: Vitals;
  /** L1's newest block in place of the real one. */
  readonly head?: (real: { number: string; timestamp: string }) => { number: string; timestamp: string };
  readonly break?: (api: ApiWorld) => void;
}

const account = (balance: bigint, baseFee: bigint) => ({
  balance: async () => balance,
  market: async () => ({ baseFee, priorityFee: 0n }),
});
const failing = (code: ConstructorParameters<typeof SheafError>[0], duration: number): Vitals => ({
  stalled: 0,
  failing: { count: 3, duration, error: new SheafError(code, "for a test") },
});
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Each way in which nothing, or less, works, and what health must say of it. */
const FAULTS: readonly (readonly [
  name: string,
  fault: Fault,
  status: "degraded" | "down",
  what: string,
  why: RegExp,
])[] = [
  [
    "a full disk",
    {
      break: ({ node }) =>
        (node.pool.requireWritable = () => {
          throw new SheafError("FILE_UNWRITABLE", "database or disk is full");
        }),
    },
    ...(["down", "disk", /disk is full/] as const),
  ],
  ["a disk that steps cannot write to", { vitals: failing("FILE_UNWRITABLE", 1) }, "down", "looks at L1", /UNWRITABLE/],
  [
    "a prover that hangs, at first",
    { vitals: { stalled: 4 * MINUTE, batch: { number: 7, age: 5 * MINUTE } } },
    ...(["degraded", "work", /nothing has got on for 240 s, and batch 7 is/] as const),
  ],
  [
    "a prover that hangs",
    { vitals: { stalled: 16 * MINUTE, batch: { number: 7, age: 17 * MINUTE } } },
    ...(["down", "work", /nothing has got on for 960 s/] as const),
  ],
  [
    "a prover service that hangs",
    { checks: () => [proverCheck({ health: () => new Promise(() => undefined) })] },
    ...(["degraded", "prover", /does not answer/] as const),
  ],
  [
    "keys that are gone",
    { break: ({ node }) => (node.proverLacks = async () => "/keys/a.zkey cannot be read") },
    ...(["degraded", "keys", /a\.zkey cannot be read/] as const),
  ],
  [
    "gas above the cap",
    { checks: () => [purseCheck(account(10n ** 20n, 300n * GWEI), 200n * GWEI)] },
    ...(["degraded", "gas", /above the cap/] as const),
  ],
  [
    "a blob's gas above its own cap",
    {
      checks: () => {
        const market = () => Promise.resolve({ baseFee: GWEI, priorityFee: 0n, blobBaseFee: 9n * GWEI });
        const rich = { balance: () => Promise.resolve(10n ** 20n), market };
        return [purseCheck(rich, 200n * GWEI, undefined, 8n * GWEI)];
      },
    },
    ...(["degraded", "gas", /a blob's gas costs 9000000000 wei, which is above the cap of 8000000000/] as const),
  ],
  [
    "an account without ether",
    { checks: () => [purseCheck(account(10n ** 12n, GWEI), 200n * GWEI)] },
    ...(["down", "ether", /0\.000001 ETH/] as const),
  ],
  ["another chain", { vitals: failing("CHAIN_WRONG", 1) }, "down", "looks at L1", /CHAIN_WRONG/],
  [
    "a shorter chain",
    { head: (real) => ({ ...real, number: hex(Number(real.number) - 11) }) },
    ...(["down", "L1", /of another chain, or far behind/] as const),
  ],
  ["a chain that was begun anew", { vitals: failing("REORG_TOO_DEEP", 1) }, "down", "looks at L1", /REORG_TOO_DEEP/],
  ["looks that fail, at first", { vitals: failing("RPC_BEHIND", 1000) }, "degraded", "looks at L1", /3 in a row/],
  ["looks that fail", { vitals: failing("RPC_BEHIND", 3 * MINUTE) }, "down", "looks at L1", /for 180 s: RPC_BEHIND/],
  [
    "a queue past its deadline by L1's clock",
    { head: (real) => ({ ...real, timestamp: hex(Number(real.timestamp) + 15 * 86_400) }) },
    ...(["degraded", "queue", /operation \d+ of L1's queue is past its deadline/] as const),
  ],
  [
    "an operator that delegates to a contract",
    {
      checks: ({ rollup }) => {
        const rpc = rpcOf(rollup);
        const l1 = new L1(
          async (method, params) => (method === "eth_getCode" ? `0xef0100${"5e".repeat(20)}` : rpc(method, params)),
          rollup.address,
        );
        return [operatorCheck(l1, rollup.chain.signers.operator!.address)];
      },
    },
    ...(["down", "operator", /delegates to a contract/] as const),
  ],
];

describe("health of a node", () => {
  let api: ApiWorld;
  before(async () => (api = await ApiWorld.create()));
  after(() => api.close());
  afterEach(() => api.stop());

  async function start(fault: Fault = {}): Promise<void> {
    const rpc = rpcOf(api.rollup);
    await api.start({
      rpc: async (method, params) => {
        const answer = await rpc(method, params);
        const isHead = method === "eth_getBlockByNumber" && params[0] === "latest";
        return isHead && fault.head ? { ...(answer as object), ...fault.head(answer as never) } : answer;
      },
      checks: fault.checks?.(api) ?? [],
    });
    if (fault.vitals) api.node.state = fault.vitals;
    fault.break?.(api);
  }

  it("is good where nothing is wrong, and the account has ether", async () => {
    await start({ checks: () => [purseCheck(account(10n ** 18n, GWEI), 200n * GWEI)] });
    expect(await api.client.health()).to.deep.equal({
      ...{ status: "ok", missing: [], work: { failedLooks: 0, stalledFor: 0 } },
    });
  });

  for (const [name, fault, status, what, why] of FAULTS) {
    it(`tells of ${name}`, async () => {
      await start(fault);
      const health = await api.client.health();
      expect([health.status, health.missing.map((missing) => missing.what)]).to.deep.equal([status, [what]]);
      expect(health.missing[0]!.why).to.match(why);
      expect((await fetch(`${api.url}/health`)).status).to.equal(status === "down" ? 503 : 200);
      expect(await api.metrics()).to.include(`sheaf_node_missing{what="${what}"} 1`);
    });
  }

  it("says how old the oldest batch and operation are, and what a submission waits for", async () => {
    const id = `0x${"ab".repeat(32)}`;
    await start({
      vitals: {
        ...{ stalled: 2_000, batch: { number: 7, age: 9_500, submission: "expensive" } },
        operation: { id, age: 61_000 },
      },
    });
    expect((await api.client.health()).work).to.deep.equal({
      ...{ failedLooks: 0, stalledFor: 2, oldestBatch: { number: 7, age: 9, submission: "expensive" } },
      oldestOperation: { id, age: 61 },
    });
  });
});

describe("vitals of a node", () => {
  let skew = 0;
  const clock: Clock = {
    ...SYSTEM_CLOCK,
    now: () => SYSTEM_CLOCK.now() + skew,
    elapsed: () => SYSTEM_CLOCK.elapsed() + skew,
  };
  let world: NodeWorld;
  beforeEach(() => (skew = 0));
  afterEach(() => world.close());

  const statusOf = async (): Promise<string> => (await healthOf(workChecks(world.node), world.node)).status;

  it("tell that a prover hangs, until it does not", async () => {
    const proof = Promise.withResolvers<void>();
    let isStuck = false;
    const prover = {
      ...sham,
      prove: async (...given: Parameters<typeof sham.prove>) => {
        if (isStuck) await proof.promise;
        return sham.prove(...given);
      },
    };
    world = await NodeWorld.create({ clock });
    await world.fund();
    const { equip } = world.options;
    await world.restart({ equip: async (rollup) => ({ ...(await equip(rollup)), prover }) });
    isStuck = true;
    await world.send("alice", "bob", 5n);
    await world.node.step();
    expect(await statusOf()).to.equal("ok");
    skew = 4 * MINUTE;
    await world.node.step();
    expect(await statusOf()).to.equal("degraded");
    skew = 16 * MINUTE;
    await world.node.step();
    expect(await statusOf()).to.equal("down");
    expect(world.node.vitals().batch!.age).to.be.above(15 * MINUTE);
    proof.resolve();
    await world.settle();
    expect(await statusOf()).to.equal("ok");
    expect(world.node.vitals()).to.deep.include({ stalled: 0 });
  });

  it("tell of looks at L1 that fail, and that they do not any more", async () => {
    world = await NodeWorld.create({ clock });
    const { l1 } = world.options;
    const chainId = l1.chainId.bind(l1);
    l1.chainId = async () => 4711;
    await world.node.step().catch(() => undefined);
    const { status, missing, work } = await healthOf(workChecks(world.node), world.node);
    expect([status, missing[0]!.what, work!.failedLooks]).to.deep.equal(["down", "looks at L1", 1]);
    expect(missing[0]!.why).to.include("CHAIN_WRONG");
    l1.chainId = chainId;
    await world.node.step();
    expect(await statusOf()).to.equal("ok");
  });

  it("tell that the chain is another one than what was read", async () => {
    world = await NodeWorld.create({ clock });
    const { l1 } = world.options;
    const block = l1.block.bind(l1);
    // Its blocks have other hashes, as those of a chain for development that was started again.
    l1.block = async (which) => {
      const found = await block(which);
      return found && { ...found, hash: `0x${"ab".repeat(32)}` };
    };
    await world.node.step().catch(() => undefined);
    expect(await statusOf()).not.to.equal("ok");
    skew = 3 * MINUTE;
    await world.node.step().catch(() => undefined);
    expect(await statusOf()).to.equal("down");
    l1.block = block;
    await world.node.step();
    await until(async () => ((await statusOf()) === "ok" ? true : undefined), "health");
  });
});
