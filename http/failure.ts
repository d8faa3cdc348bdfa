import * as z from "zod";

/** What every route answers when it fails. */
export const failure = z
  .object({
    code: z.string().describe("see docs/troubleshooting.md"),
    message: z.string().describe("what happened, and why"),
    fix: z.string().describe("what to do"),
  })
  .meta({ id: "Failure" });
