import { SheafError } from "../protocol/errors.ts";

/** Runs work unless too much of its kind is under way, for its client if one is named. Throws `SERVICE_BUSY`. */
export function limited(what: string, limit: number) {
  const running = new Map<string, number>();
  return async <T>(work: () => Promise<T>, client = ""): Promise<T> => {
    const count = running.get(client) ?? 0;
    if (count >= limit) throw new SheafError("SERVICE_BUSY", `${limit} ${what} are under way already`);
    running.set(client, count + 1);
    try {
      return await work();
    } finally {
      const left = running.get(client)! - 1;
      if (left > 0) running.set(client, left);
      else running.delete(client);
    }
  };
}
