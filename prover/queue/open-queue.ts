import { SheafError } from "../../protocol/errors.ts";
import type { JobQueue, QueueOptions } from "./queue.ts";

/**
 * Opens the queue at a URL: `sqlite:FILE`, `redis://…`, `rediss://…`, `postgres://…`, `postgresql://…`. The programs
 * are those that jobs can be about; workers take them from the catalogue if they are not given.
 *
 * @throws SheafError QUEUE_URL_INVALID, QUEUE_UNREACHABLE
 */
export async function openQueue(
  url: string,
  { programs, ...options }: QueueOptions & { readonly programs?: readonly string[] } = {},
): Promise<JobQueue> {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? "";
  switch (scheme) {
    case "sqlite": {
      const { sqliteQueue } = await import("./sqlite.ts");
      return sqliteQueue(url.slice("sqlite:".length), options);
    }
    case "redis":
    case "rediss":
    case "postgres":
    case "postgresql": {
      const { bullQueue } = await import("./bull.ts");
      return bullQueue(url, programs, options);
    }
    default:
      throw new SheafError(
        "QUEUE_URL_INVALID",
        `the queue's URL starts with ${scheme === "" ? "no scheme" : scheme}; there are sqlite:FILE, redis://, postgres://`,
      );
  }
}
