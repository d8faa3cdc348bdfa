import { Contract, isError, type Signer, type TransactionReceipt, type TransactionResponse } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { ROLLUP, ROLLUP_ABI } from "./contract.ts";

/** Milliseconds to wait for a transaction to be mined. */
const PATIENCE = 15 * 60_000;

/** A call that the contract refused, with the name of its custom error. */
export class Reverted extends SheafError {
  readonly reason: string;

  constructor(message: string, reason: string, cause: unknown) {
    super("L1_REVERTED", message, { cause });
    this.reason = reason;
  }
}

/**
 * Calls a function of the rollup in a transaction, and waits until it is mined.
 *
 * @throws SheafError L1_REVERTED (`Reverted`) if the contract refuses, L1_FAILED if L1 does not take the transaction
 */
export async function sendToRollup(
  signer: Signer,
  rollup: string,
  name: string,
  args: readonly unknown[],
): Promise<TransactionReceipt> {
  try {
    const call = new Contract(rollup, ROLLUP_ABI, signer).getFunction(name);
    const response = (await call(...args)) as TransactionResponse;
    const receipt = await response.wait(1, PATIENCE);
    if (receipt !== null) return receipt;
    throw new Error("it was not mined");
  } catch (error) {
    const reason = revertReason(error);
    if (reason !== undefined)
      throw new Reverted(`${name}: the contract answers ${reason}`, reason.split("(")[0]!, error);
    if (isError(error, "CALL_EXCEPTION")) throw new Reverted(`${name}: the contract refused`, "", error);
    const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw new SheafError("L1_FAILED", `${name}: ${message}`, { cause: error });
  }
}

/** Name and arguments of the contract's error, wherever in an error of a provider its bytes are. */
function revertReason(error: unknown, depth = 5): string | undefined {
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  const data = "data" in error && typeof error.data === "string" ? error.data : undefined;
  const parsed = data !== undefined && /^0x[0-9a-f]{8}/i.test(data) ? ROLLUP.parseError(data) : null;
  if (parsed !== null) return `${parsed.name}(${parsed.args.join(", ")})`;
  for (const key of ["data", "info", "error", "cause"] as const) {
    const inner = revertReason((error as Record<string, unknown>)[key], depth - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
