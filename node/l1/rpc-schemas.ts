import { getAddress } from "ethers";
import * as z from "zod";
import { lacksBlock } from "../../l1/node-errors.ts";
import { SheafError } from "../../protocol/errors.ts";
import { RpcError, type Rpc } from "./rpc.ts";

// Shapes of a node's answers (https://ethereum.github.io/execution-apis).

export const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/);
export const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((digits) => digits.toLowerCase());
/** A number below 2^52. Zeros before it are against the standard, and sent all the same. */
export const quantity = z
  .string()
  .regex(/^0x0*[0-9a-fA-F]{1,13}$/)
  .transform(Number);
/** A number of up to 256 bits: wei. */
export const amount = z
  .string()
  .regex(/^0x0*[0-9a-fA-F]{1,64}$/)
  .transform(BigInt);
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((digits) => getAddress(digits.toLowerCase()));

/** The name or the number of a block, as nodes want it. */
export const tagOf = (block: number | string): string =>
  typeof block === "number" ? `0x${block.toString(16)}` : block;

/**
 * A node's answer, once its shape is checked.
 *
 * @throws SheafError RPC_MALFORMED, RPC_REFUSED, and the codes of the call
 */
export async function ask<T>(
  rpc: Rpc,
  schema: z.ZodType<T>,
  method: string,
  ...params: readonly unknown[]
): Promise<T> {
  try {
    return parseAnswer(schema, method, await rpc(method, params));
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
    throw new SheafError("RPC_REFUSED", `the node refuses ${method}: ${cause.message}`, { cause });
  }
}

/** Whether a node refused because it does not have the block that was asked for. */
export const saysUnknownBlock = (error: unknown): boolean =>
  error instanceof SheafError && error.cause instanceof RpcError && lacksBlock(error.cause);

/** Throws `RPC_MALFORMED`. */
export function parseAnswer<T>(schema: z.ZodType<T>, method: string, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new SheafError("RPC_MALFORMED", `the answer to ${method} is malformed at /${path.join("/")}: ${message}`);
}
