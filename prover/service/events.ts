import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import { isFinished, type Job } from "../queue/job.ts";

/** Milliseconds between two looks at the job. */
const LOOK_MS = 250;
/** Milliseconds after which something is sent although nothing happened, so that nothing between closes the stream. */
const QUIET_MS = 15_000;

/** Sends a job's changes as server-sent events, `event: job`, until it is finished or the client has gone. */
export async function streamJob(
  reply: FastifyReply,
  first: Job,
  look: () => Promise<Job | undefined>,
  view: (job: Job) => object,
): Promise<void> {
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  let [job, sent, sentAt]: [Job | undefined, string, number] = [first, "", Date.now()];
  while (job !== undefined && !raw.destroyed) {
    const text = JSON.stringify(view(job));
    if (text !== sent) raw.write(`event: job\ndata: ${text}\n\n`);
    else if (Date.now() - sentAt > QUIET_MS) raw.write(": still there\n\n");
    if (text !== sent || Date.now() - sentAt > QUIET_MS) sentAt = Date.now();
    sent = text;
    if (isFinished(job)) break;
    await sleep(LOOK_MS);
    // While the queue's server is away there is no news.
    job = await look().catch(() => job);
  }
  raw.end();
}
