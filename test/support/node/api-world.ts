import type { FastifyInstance } from "fastify";
import { NodeClient } from "../../../api/client.ts";
import { bigintJson } from "../../../lib/json.ts";
import { makeNodeServer, type NodeServerOptions } from "../../../node/http/server.ts";
import { signTransfer, signWithdrawal, type Transfer } from "../../../protocol/operations.ts";
import { amended } from "../protocol/amended.ts";
import { keyOf } from "../protocol/world.ts";
import { FollowedRollup, placeOf } from "./followed-rollup.ts";
import { TestNode } from "./served-node.ts";
import { rpcOf } from "./stores.ts";

export const VALID_UNTIL = 2 ** 40 - 2;

/** A rollup with some history, and a server of its node's API. */
export class ApiWorld {
  readonly rollup: FollowedRollup;
  node!: TestNode;
  app!: FastifyInstance;
  client!: NodeClient;
  url!: string;

  private constructor(rollup: FollowedRollup) {
    this.rollup = rollup;
  }

  /** With everything that can happen, and two operations that wait in L1's queue. */
  static async create(): Promise<ApiWorld> {
    const rollup = await FollowedRollup.create();
    await rollup.batch({ creations: ["alice"] });
    await rollup.fund();
    await rollup.busy(12, "node/http");
    await rollup.batch({ token: 1, spends: [{ from: "alice", amount: 41n, fee: 3n }] });
    await rollup.deposit("bob", 0, 99n);
    await rollup.forceWithdrawal("carol", placeOf("carol", 1), 1);
    return new ApiWorld(rollup);
  }

  /** Starts a node and its server, as new. */
  async start(options: Partial<NodeServerOptions> = {}): Promise<void> {
    this.node = await TestNode.of(this.rollup);
    this.app = await makeNodeServer({ node: this.node, rpc: rpcOf(this.rollup), ...options });
    this.url = await this.app.listen({ host: "127.0.0.1", port: 0 });
    this.client = new NodeClient(this.url);
  }

  async stop(): Promise<void> {
    await this.app.close();
    this.node.close();
  }

  close(): Promise<void> {
    return this.rollup.close();
  }

  /** A person's next transfer of ETH, to bob unless another is named. */
  transfer(name: string, change: Partial<Transfer> = {}) {
    const from = placeOf(name, 0);
    const { nonce } = this.node.reserved(from)!;
    const fields = { from, to: placeOf("bob", 0), token: 0, amount: 1_000n, fee: 20n, nonce, validUntil: VALID_UNTIL };
    const transfer = amended<Transfer>(fields, change);
    return { kind: "transfer" as const, ...signTransfer(keyOf(name), this.node.domain, transfer) };
  }

  /** A person's next withdrawal of the token 1. */
  withdrawal(name: string) {
    const from = placeOf(name, 1);
    const { nonce } = this.node.projected(from)!;
    const fields = { from, token: 1, amount: 31n, fee: 2n, nonce, validUntil: VALID_UNTIL };
    return { kind: "withdrawal" as const, ...signWithdrawal(keyOf(name), this.node.domain, fields) };
  }

  async post(path: string, value: object) {
    const init = { method: "POST", body: bigintJson(value), headers: { "content-type": "application/json" } };
    const response = await fetch(`${this.url}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }
}

/** Reads a stream in the background. */
export function collect<T>(stream: AsyncGenerator<T>) {
  const seen: T[] = [];
  let wake = (): void => undefined;
  const ended = (async () => {
    for await (const event of stream) {
      seen.push(event);
      wake();
    }
  })().catch((error: unknown) => {
    // Its reader has ended it.
    if (!(error instanceof DOMException)) throw error;
  });
  return {
    /** Waits for so many. */
    has: async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise<void>((done) => (wake = done));
    },
    /** Waits for the end. */
    end: async (): Promise<readonly T[]> => {
      await ended;
      return seen;
    },
  };
}
