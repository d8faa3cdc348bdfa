import type { Provider } from "ethers";

/** What one of Ethereum's forks charges a rollup for, in gas. */
export interface GasSchedule {
  readonly fork: "osaka" | "glamsterdam";
  /** A transaction to a contract, without ether, besides its calldata and what it executes. */
  readonly transaction: number;
  /** A transaction that creates a contract, besides its data, its code and what it executes. */
  readonly creation: number;
  /** A byte of calldata in a transaction that is mostly calldata, and so pays by it alone. */
  readonly floorByte: { readonly zero: number; readonly nonZero: number };
  /** A write to a storage slot that was empty, its first access included. */
  readonly newSlot: number;
  /** A write to a storage slot that was not empty, its first access included. */
  readonly changedSlot: number;
  /** A byte of a contract's code, when it is deployed. */
  readonly codeByte: number;
}

/** Since December 2025, and the forks before it from Prague on: EIP-7623 (calldata), EIP-2929 and 2200 (storage). */
export const OSAKA: GasSchedule = {
  ...{ fork: "osaka", transaction: 21_000, creation: 53_000, floorByte: { zero: 10, nonZero: 40 } },
  ...{ newSlot: 22_100, changedSlot: 5_000, codeByte: 200 },
};

/**
 * EIP-7976 (calldata), EIP-2780 (a transaction), EIP-8037 (new state: 1,530 a byte, an account is 120, a slot 64) and
 * EIP-8038 (writes: 10,000, after an access of 2,100).
 */
export const GLAMSTERDAM: GasSchedule = {
  ...{ fork: "glamsterdam", transaction: 15_000, creation: 24_000 + 120 * 1_530, floorByte: { zero: 64, nonZero: 64 } },
  ...{ newSlot: 64 * 1_530 + 10_000 + 2_100, changedSlot: 10_000 + 2_100, codeByte: 1_530 },
};

type Estimator = Pick<Provider, "estimateGas">;

/**
 * Which rules a chain applies. Its name and number do not say, and a fork can come at any time: so a node is asked what
 * a new storage slot costs, or a byte of calldata where it estimates no deployments.
 *
 * @throws the node's error if it estimates neither
 */
export async function gasScheduleOf(node: Estimator): Promise<GasSchedule> {
  // A chain on top of another adds what its calldata costs there: the slot is the better witness, at the same length.
  const newSlot = await difference(node, { data: NO_SLOT }, { data: NEW_SLOT }).catch(() => 0);
  if (newSlot > 0) return newSlot > halfway(OSAKA.newSlot, GLAMSTERDAM.newSlot) ? GLAMSTERDAM : OSAKA;
  const bytes = await difference(node, { to: NOBODY, data: CALLDATA }, { to: NOBODY, data: CALLDATA + MORE_CALLDATA });
  const byte = bytes / MORE_BYTES;
  return byte > halfway(OSAKA.floorByte.nonZero, GLAMSTERDAM.floorByte.nonZero) ? GLAMSTERDAM : OSAKA;
}

/** An address that nobody has code at. */
const NOBODY = `0x${"5e".repeat(20)}`;
/** PUSH1 1, PUSH1 1, SSTORE, STOP; and the same with POP, POP in place of SSTORE. Each deploys nothing. */
const [NEW_SLOT, NO_SLOT] = ["0x6001600155000000", "0x6001600150500000"];
const MORE_BYTES = 4_096;
/** So much that the floor is above the usual price of the same bytes. */
const CALLDATA = `0x${"ff".repeat(1_024)}`;
const MORE_CALLDATA = "ff".repeat(MORE_BYTES);

type Call = Parameters<Estimator["estimateGas"]>[0];

async function difference(node: Estimator, less: Call, more: Call): Promise<number> {
  const [a, b] = await Promise.all([node.estimateGas(less), node.estimateGas(more)]);
  return Number(b - a);
}

const halfway = (a: number, b: number): number => (a + b) / 2;
