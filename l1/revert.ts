import { Interface } from "ethers";
import { ROLLUP } from "./contract.ts";

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
}

/** The contract's error, wherever in an error of a provider or node its bytes are; `undefined` if there are none. */
export function revertOf(error: unknown, depth = 5): Revert | undefined {
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  const data = "data" in error && typeof error.data === "string" ? error.data : undefined;
  const parsed =
    data !== undefined && /^0x[0-9a-f]{8}/i.test(data) ? (ROLLUP.parseError(data) ?? TOKENS.parseError(data)) : null;
  if (parsed !== null) return { name: parsed.name, text: `${parsed.name}(${parsed.args.join(", ")})` };
  for (const key of ["data", "info", "error", "cause"] as const) {
    const inner = revertOf((error as Record<string, unknown>)[key], depth - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
