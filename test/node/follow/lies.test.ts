import { copyFileSync } from "node:fs";
import { expect } from "chai";
import { AbiCoder, dataSlice, toBeHex, toQuantity } from "ethers";
import { ROLLUP } from "../../../l1/contract.ts";
import { Follower } from "../../../node/follow/follower.ts";
import { openStore } from "../../../node/follow/restore.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { contentOf, follow, newStorePath, rpcOf } from "../../support/node/stores.ts";

interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** How an answer is changed; nothing for one that stays. */
type Lie = (method: string, params: readonly unknown[], answer: unknown) => unknown;

// An honest node brings the store half-way; then the lying one is asked for the rest.
describe("node: an L1 node that lies", () => {
  let world: FollowedRollup;
  let half: string;
  let whole: string;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    half = newStorePath();
    (await follow(world, { path: half })).close();
    // One of each event, and one of each kind of row in a batch.
    await world.deposit("alice", 1, 1001n);
    await world.forceWithdrawal("carol", 4095, 0);
    await world.batch({ creations: [], spends: [{ from: "bob", amount: 70n, fee: 3n }, transfer(9n)] });
    await world.pull("carol", 0);
    await world.batch({ token: 1, spends: [transfer(11n), { from: "dave", amount: 12n }] });
    await world.deposit("bob", 0, 2002n);
    whole = newStorePath();
    (await follow(world, { path: whole })).close();
  });
  after(() => world.close());

  const transfer = (amount: bigint) => ({ from: "alice", to: "bob", amount, fee: 1n });

  /** Expects the error, nothing but the truth in the store, and that an honest node brings it to its end. */
  async function refuses(code: ErrorCode, lie: Lie, mostBlocks = 50): Promise<void> {
    let told = false;
    const rpc: Rpc = async (method, params) => {
      const answer = await rpcOf(world)(method, params);
      const lied = lie(method, params, answer);
      told ||= lied !== undefined;
      if (lied instanceof Error) throw lied;
      return lied === undefined ? answer : lied;
    };
    const path = copyOf(half);
    await expectCode(code, () => follow(world, { path, rpc, mostBlocks }));
    expect(told).to.equal(true);
    expect(contentOf(path)).to.deep.equal(await truthUpTo(path));
    (await follow(world, { path })).close();
    expect(contentOf(path)).to.deep.equal(contentOf(whole));
  }

  /** What an honest node's store has at the block that a store has come to: not before the half that was there. */
  async function truthUpTo(path: string) {
    const store = await openStore(new L1(rpcOf(world), world.address), path);
    const { number } = store.cursor;
    store.close();
    const truth = await openStore(new L1(rpcOf(world), world.address), copyOf(half));
    expect(number).to.be.at.least(truth.cursor.number);
    await new Follower(new L1(upTo(number), world.address), truth).sync();
    const content = contentOf(truth.path);
    truth.close();
    return content;
  }

  /** The chain as it was at a block. */
  const upTo =
    (block: number): Rpc =>
    (method, params) =>
      rpcOf(world)(method, params[0] === "latest" ? [toQuantity(block), ...params.slice(1)] : params);

  function copyOf(store: string): string {
    const path = newStorePath();
    copyFileSync(store, path);
    return path;
  }

  /** Changes every log of an event, or leaves it out. */
  const logs =
    (name: string, change: (log: RawLog, i: number) => RawLog | undefined): Lie =>
    (method, _, answer) => {
      if (method !== "eth_getLogs") return undefined;
      let i = 0;
      const changed = (answer as RawLog[]).flatMap((log) => {
        const mine = log.topics[0] === ROLLUP.getEvent(name)!.topicHash;
        return mine ? (change(log, i++) ?? []) : [log];
      });
      return i === 0 ? undefined : changed;
    };
  /** Changes one argument of an event's data. */
  const data = (name: string, place: number, change: (value: bigint) => bigint): Lie =>
    logs(name, (log) => {
      const start = 32 * place;
      const value = BigInt(dataSlice(log.data, start, start + 32));
      const rest = [dataSlice(log.data, 0, start), dataSlice(log.data, start + 32)];
      return { ...log, data: `${rest[0]}${toBeHex(change(value), 32).slice(2)}${rest[1]!.slice(2)}` };
    });
  const topic = (name: string, place: number, change: (value: bigint) => bigint): Lie =>
    logs(name, (log) => ({
      ...log,
      topics: log.topics.with(place, toBeHex(change(BigInt(log.topics[place]!)), 32)),
    }));
  const call =
    (name: string, values: (true_: readonly unknown[]) => readonly unknown[]): Lie =>
    (method, params, answer) => {
      const { selector } = ROLLUP.getFunction(name)!;
      if (method !== "eth_call" || !(params[0] as { data: string }).data.startsWith(selector)) return undefined;
      return ROLLUP.encodeFunctionResult(name, values(ROLLUP.decodeFunctionResult(name, answer as string).toArray()));
    };
  /** Changes the arguments of `submitBatch`, or its bytes. */
  const submission =
    (change: (args: unknown[]) => unknown[], bytes: (calldata: string) => string = (same) => same): Lie =>
    (method, _, answer) => {
      if (method !== "eth_getTransactionByBlockHashAndIndex") return undefined;
      const transaction = answer as { input: string };
      const args = ROLLUP.decodeFunctionData("submitBatch", transaction.input).toArray(true);
      return { ...transaction, input: bytes(ROLLUP.encodeFunctionData("submitBatch", change(args))) };
    };
  const words = (offset: number, mask = 1): Lie =>
    submission(([size, proof, c, hex, ...rest]) => {
      const changed = Buffer.from((hex as string).slice(2), "hex");
      changed[offset < 0 ? changed.length + offset : offset]! ^= mask;
      return [size, proof, c, `0x${changed.toString("hex")}`, ...rest];
    });

  describe("about a batch's calldata", () => {
    // Offsets as docs/protocol.md has them: domain, old root, new root, numbers, an L1 row, a withdrawal, a transfer.
    const places: readonly [string, number, ErrorCode][] = [
      ["the domain", 30, "RPC_INCONSISTENT"],
      ["the old root", 62, "ROOT_MISMATCH"],
      ["the new root", 94, "ROOT_MISMATCH"],
      ["the timestamp", 110, "RPC_INCONSISTENT"],
      ["a deposit's key", 126 + 62, "ROOT_MISMATCH"],
      ["a deposit's amount", 126 + 93, "ROOT_MISMATCH"],
      ["a transfer's amount", -1, "WORDS_MALFORMED"],
    ];
    for (const [what, offset, code] of places) it(`${what}: ${code}`, () => refuses(code, words(offset)));

    it("bytes left out: WORDS_MALFORMED", () =>
      refuses(
        "WORDS_MALFORMED",
        submission(([size, proof, c, hex, ...rest]) => [size, proof, c, dataSlice(hex as string, 0, 126), ...rest]),
      ));

    it("the commitment, which only the contract's hash of all batches covers: RPC_INCONSISTENT", () =>
      refuses(
        "RPC_INCONSISTENT",
        submission(([size, proof, c, ...rest]) => [size, proof, (c as bigint) + 1n, ...rest]),
      ));

    it("the size: RPC_INCONSISTENT", () =>
      refuses(
        "RPC_INCONSISTENT",
        submission(([, ...rest]) => [1, ...rest]),
      ));

    it("a refund address: RPC_INCONSISTENT", () =>
      refuses(
        "RPC_INCONSISTENT",
        submission(([size, proof, c, hex, refunds, ...rest]) => {
          const changed = (refunds as string[]).map((refund) => `0x${"bad".repeat(13)}${refund.at(-1)}`);
          return [size, proof, c, hex, changed, ...rest];
        }),
      ));

    it("the beneficiary: RPC_INCONSISTENT", () =>
      refuses(
        "RPC_INCONSISTENT",
        submission((args) => args.with(-1, `0x${"11".repeat(20)}`)),
      ));

    it("that it calls something else: RPC_INCONSISTENT", async () => {
      await refuses(
        "RPC_INCONSISTENT",
        submission(
          (args) => args,
          (calldata) => `0xdeadbeef${calldata.slice(10)}`,
        ),
      );
      for (const change of [null, { to: `0x${"11".repeat(20)}` }, { hash: `0x${"22".repeat(32)}` }]) {
        await refuses("RPC_INCONSISTENT", (method, _, answer) =>
          method.startsWith("eth_getTransactionBy") ? change && { ...(answer as object), ...change } : undefined,
        );
      }
    });
  });

  describe("about logs", () => {
    const changes: readonly [string, Lie, ErrorCode][] = [
      ["a batch's beneficiary", topic("BatchSubmitted", 2, (address) => address + 1n), "RPC_INCONSISTENT"],
      ["a batch's root", data("BatchSubmitted", 0, (root) => root + 1n), "RPC_INCONSISTENT"],
      ["a batch's size", data("BatchSubmitted", 1, () => 1n), "RPC_INCONSISTENT"],
      ["how much a batch takes from the queue", data("BatchSubmitted", 2, (end) => end - 1n), "RPC_INCONSISTENT"],
      ["more taken than was queued", data("BatchSubmitted", 2, (end) => end + 50n), "RPC_LOGS_MISSING"],
      ["a deposit's key", data("DepositQueued", 0, (key) => key + 1n), "RPC_INCONSISTENT"],
      ["a deposit's amount", data("DepositQueued", 1, (amount) => amount + 1n), "RPC_INCONSISTENT"],
      ["a deposit's refund address", data("DepositQueued", 2, (address) => address + 1n), "RPC_INCONSISTENT"],
      ["a deposit's deadline", data("DepositQueued", 3, (deadline) => deadline + 1n), "RPC_INCONSISTENT"],
      ["a forced withdrawal's account", data("WithdrawalRequested", 0, () => 3n), "RPC_INCONSISTENT"],
      ["a credit's amount", data("WithdrawalCredited", 0, (amount) => amount + 1n), "RPC_INCONSISTENT"],
      ["a payout's amount", data("Withdrawn", 0, (amount) => amount + 1n), "RPC_LOGS_MISSING"],
      ["a payout's amount, less", data("Withdrawn", 0, (amount) => amount - 1n), "RPC_LOGS_MISSING"],
    ];
    for (const [what, lie, code] of changes) it(`${what}: ${code}`, () => refuses(code, lie));

    for (const name of ["DepositQueued", "WithdrawalRequested", "WithdrawalCredited", "BatchSubmitted", "Withdrawn"]) {
      for (const mostBlocks of [50, 1]) {
        const pages = mostBlocks === 1 ? "a block a page" : "one page";
        it(`all of ${name} left out, in ${pages}: RPC_LOGS_MISSING`, () =>
          refuses(
            "RPC_LOGS_MISSING",
            logs(name, () => undefined),
            mostBlocks,
          ));
      }
    }

    for (const [name, numbers] of Object.entries({ DepositQueued: [8n, 10n], BatchSubmitted: [5n, 6n] })) {
      for (const number of numbers) {
        it(`${name} ${number} left out: RPC_LOGS_MISSING`, () =>
          refuses(
            "RPC_LOGS_MISSING",
            logs(name, (log) => (BigInt(log.topics[1]!) === number ? undefined : log)),
          ));
      }
    }

    for (const name of ["DepositQueued", "BatchSubmitted", "Withdrawn"]) {
      it(`all of ${name} left out, where the node keeps no old state: RPC_LOGS_MISSING`, async () => {
        const head = Number(await rpcOf(world)("eth_blockNumber", []));
        const withhold = logs(name, () => undefined);
        const lie: Lie = (method, params, answer) => {
          const past = method === "eth_call" && Number(params[1]) !== head;
          return past ? new RpcError(-32000, "missing trie node") : withhold(method, params, answer);
        };
        await refuses("RPC_LOGS_MISSING", lie, 2);
      });
    }

    it("a log twice, of others, of other blocks, or taken back: RPC_INCONSISTENT", async () => {
      const twice: Lie = (method, _, answer) => (method === "eth_getLogs" ? [answer, answer].flat() : undefined);
      await refuses("RPC_LOGS_MISSING", twice);
      for (const change of [{ address: `0x${"33".repeat(20)}` }, { blockNumber: "0x1" }, { removed: true }]) {
        await refuses(
          "RPC_INCONSISTENT",
          logs("DepositQueued", (log) => ({ ...log, ...change })),
        );
      }
    });

    it("data that no such event has: RPC_MALFORMED", () =>
      refuses(
        "RPC_MALFORMED",
        logs("DepositQueued", (log) => ({ ...log, data: "0x1234" })),
      ));
  });

  describe("about the contract's values", () => {
    const changes: readonly [string, Lie, ErrorCode][] = [
      ["root", call("stateRoot", ([root]) => [(root as bigint) + 1n]), "RPC_INCONSISTENT"],
      ["number of batches, one more", call("batchNumber", ([n]) => [(n as bigint) + 1n]), "RPC_LOGS_MISSING"],
      ["number of batches, one less", call("batchNumber", ([n]) => [(n as bigint) - 1n]), "RPC_INCONSISTENT"],
      ["hash of all batches", call("batchChain", () => [`0x${"ab".repeat(32)}`]), "RPC_INCONSISTENT"],
      ["queue's head", call("queueBounds", ([h, t]) => [(h as bigint) - 1n, t]), "RPC_INCONSISTENT"],
      ["queue's hash", call("queueEntry", ([, d]) => [`0x${"cd".repeat(27)}`, d]), "RPC_INCONSISTENT"],
      ["number of tokens", call("tokenCount", () => [3]), "RPC_LOGS_MISSING"],
      ["total of a token, more", call("tokenTotal", ([t]) => [(t as bigint) + 1n]), "RPC_INCONSISTENT"],
      ["total of a token, less", call("tokenTotal", ([t]) => [(t as bigint) - 1n]), "RPC_LOGS_MISSING"],
    ];
    for (const [what, lie, code] of changes) it(`its ${what}: ${code}`, () => refuses(code, lie));

    it("that are no rollup's: RPC_INCONSISTENT", () =>
      refuses("RPC_INCONSISTENT", (method) => (method === "eth_call" ? "0x" : undefined)));
  });

  it("about a block's hash, which is another whenever logs have been read: RPC_INCONSISTENT", async () => {
    for (const mostBlocks of [50, 1]) {
      let read = false;
      const lie: Lie = (method, params, answer) => {
        if (params[0] === "latest") read = false;
        read ||= method === "eth_getLogs";
        if (!read || method !== "eth_getBlockByNumber") return undefined;
        return { ...(answer as object), hash: `0x${"5e".repeat(32)}` };
      };
      await refuses("RPC_INCONSISTENT", lie, mostBlocks);
    }
  });

  it("about the chain: STORE_MISMATCH", () =>
    refuses("STORE_MISMATCH", (method) => (method === "eth_chainId" ? "0x1" : undefined)));

  it("in answers that have another shape: RPC_MALFORMED", async () => {
    const coder = AbiCoder.defaultAbiCoder();
    const answers = ["", 7, {}, [], "0xzz", coder.encode(["uint256"], [1]), { number: "0x1" }, [{ topics: [] }]];
    for (const method of ["eth_getBlockByNumber", "eth_getLogs", "eth_getTransactionByBlockHashAndIndex"]) {
      for (const shape of answers.filter((answer) => method !== "eth_getLogs" || !Array.isArray(answer) || answer[0])) {
        await refuses("RPC_MALFORMED", (asked) => (asked === method ? shape : undefined));
      }
    }
  });
});
