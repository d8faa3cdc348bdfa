import type { FastifyReply } from "fastify";
import { EventSender } from "../../http/event-sender.ts";
import { sleep } from "../../lib/sleep.ts";
import { isFinished, type Job } from "../queue/job.ts";

/** Milliseconds between two looks at the job. */
const LOOK_MS = 250;

/** Sends a job's changes as server-sent events, `event: job`, until it is finished or the client has gone. */
export async function streamJob(
  reply: FastifyReply,
  first: Job,
  look: () => Promise<Job | undefined>,
  view: (job: Job) => object,
): Promise<void> {
  const events = new EventSender(reply);
  let [job, sent]: [Job | undefined, string] = [first, ""];
  while (job !== undefined && events.isOpen) {
    const text = JSON.stringify(view(job));
    if (text !== sent) events.send("job", text);
    sent = text;
    if (isFinished(job)) break;
    await sleep(LOOK_MS);
    // While the queue's server is away there is no news.
    job = await look().catch(() => job);
  }
  events.end();
}
