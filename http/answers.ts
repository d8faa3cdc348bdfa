import * as z from "zod";
import { failure } from "./failure.ts";

/** What a route answers when it fails, by status. */
export const FAILURES = { "4xx": failure, "5xx": failure };

const anyText: z.ZodType = z.string();

/** What a route answers that answers something else than JSON, by status. */
export const contentOf = (type: string, description: string) => ({
  200: { description, content: { [type]: { schema: anyText } } },
  ...FAILURES,
});
