import { Interface } from "ethers";
import { ROLLUP } from "./contract.ts";
import type { NodeError } from "./node-errors.ts";

/** Errors of the tokens that the rollup calls, as OpenZeppelin's contracts have them. */
const TOKENS = new Interface([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error SafeERC20FailedOperation(address token)",
  "error EnforcedPause()",
]);

/** An error that the contract answered with. */
export interface Revert {
  readonly name: string;
  /** Name and arguments. */
  readonly text: string;
  /** Its bytes, in hexadecimal with 0x. */
  readonly data: string;
}

/** The contract's error, wherever in an error of a provider or node its bytes are; `undefined` if there are none. */
export function revertOf(error: unknown, depth = 5): Revert | undefined {
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  const data = "data" in error && typeof error.data === "string" ? error.data : undefined;
  // Some clients write "Reverted 0x…".
  const bytes = data === undefined ? undefined : /^(?:reverted )?(0x[0-9a-f]{8,})$/i.exec(data.trim())?.[1];
  const parsed = bytes === undefined ? null : (ROLLUP.parseError(bytes) ?? TOKENS.parseError(bytes));
  if (parsed !== null) {
    return { name: parsed.name, text: `${parsed.name}(${parsed.args.join(", ")})`, data: bytes! };
  }
  for (const key of ["data", "info", "error", "cause"] as const) {
    const inner = revertOf((error as Record<string, unknown>)[key], depth - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Codes of calls that revert: Geth's and those after it, and Nethermind's. */
const REVERT_CODES: readonly number[] = [3, -32015];

/** Whether a node says that a call reverts, with or without a reason. */
export const isRevert = ({ code, message }: NodeError): boolean =>
  REVERT_CODES.includes(code) || /revert/i.test(message);
