import { monitorEventLoopDelay } from "node:perf_hooks";
import { startNodeServer } from "../../../node/http/server.ts";
import { IdleNode } from "../../../scripts/bench/node/idle-node.ts";

// A node's API in a process of its own, to measure what it takes. It says where it listens, and answers what it has taken.
const [folder] = process.argv.slice(2) as [string];
const node = await IdleNode.open(folder, 100, () => Promise.resolve(true));
const { url } = await startNodeServer({
  ...{ node, port: 0, rpc: () => Promise.reject(new Error("there is no L1 here")) },
  // What is not limited by a count must be bounded all the same.
  limits: { requests: { max: 1e9, perSeconds: 1 }, connections: { perClient: 1e6, inAll: 1e6 } },
});
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on("message", () => process.send!({ bytes: process.memoryUsage.rss(), longest: delay.max / 1e6 }));
process.on("disconnect", () => process.exit());
process.send!({ url });
