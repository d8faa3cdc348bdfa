import { parseEther } from "ethers";
import { TO_L1, TOKENS, type ListedTransfer } from "./transfer-list.ts";

export interface ListedDeposit {
  readonly wallet: string;
  /** Id of the token. */
  readonly token: number;
  readonly amount: bigint;
}

/** What the demonstration's wallets do, by name: all deposits, then all transfers in order. */
export interface Scenario {
  readonly deposits: readonly ListedDeposit[];
  readonly transfers: readonly ListedTransfer[];
}

/** The wallet that all fees go to. */
export const OPERATOR = "olivia";

const [ETH, TEST] = TOKENS.map((_, token) => token) as [number, number];

/** Eight wallets and two tokens in as few batches of the smallest size as their deposits need. */
export const DEFAULT_SCENARIO: Scenario = {
  deposits: [
    deposit(OPERATOR, ETH, "3"),
    deposit("alice", ETH, "5"),
    deposit("bob", ETH, "4"),
    deposit("carol", ETH, "0.1"),
    deposit("dave", TEST, "1000"),
    deposit("erin", TEST, "600.5"),
    deposit("frank", TEST, "70"),
    deposit("grace", TEST, "2.75"),
  ],
  transfers: [
    transfer(OPERATOR, TO_L1, ETH, "1.5", "0.0007"),
    // A sender of several transfers, one of them to herself.
    transfer("alice", OPERATOR, ETH, "0.5", "0.0011"),
    transfer("alice", "alice", ETH, "0.25", "0.0012"),
    transfer("alice", OPERATOR, ETH, "0.125", "0.0013"),
    transfer(OPERATOR, "alice", ETH, "0.2", "0.0014"),
    // A busy receiver, who spends in the same batch what she receives in it.
    transfer("bob", TO_L1, ETH, "0.3", "0.0008"),
    transfer("alice", "carol", ETH, "1", "0.0015"),
    transfer("bob", "carol", ETH, "2", "0.0016"),
    transfer(OPERATOR, "carol", ETH, "0.75", "0.0017"),
    transfer("carol", "bob", ETH, "3.5", "0.0018"),
    // The ERC-20. Two that pay each other, more than either has on hand at times: a batch nets.
    transfer("erin", TO_L1, TEST, "40.125"),
    transfer("dave", "erin", TEST, "900"),
    transfer("erin", "dave", TEST, "1300"),
    transfer("dave", "erin", TEST, "12.5"),
    transfer("dave", "dave", TEST, "5"),
    transfer("dave", TO_L1, TEST, "33"),
    transfer("erin", "grace", TEST, "30"),
    transfer("frank", "grace", TEST, "55"),
    transfer("dave", "grace", TEST, "20.25"),
    transfer("grace", "frank", TEST, "100"),
  ],
};

/** A scenario of a user's own transfers: each sender deposits beforehand what he sends in all, at least one base unit. */
export function scenarioOf(transfers: readonly ListedTransfer[]): Scenario {
  const deposits = new Map<string, ListedDeposit>();
  for (const { from: wallet, token, amount, fee } of transfers) {
    const key = balanceKey(wallet, token);
    deposits.set(key, { wallet, token, amount: (deposits.get(key)?.amount ?? 0n) + amount + fee });
  }
  const atLeastOne = (amount: bigint): bigint => (amount > 0n ? amount : 1n);
  return { deposits: [...deposits.values()].map((row) => ({ ...row, amount: atLeastOne(row.amount) })), transfers };
}

/** The balances in the rollup, by `balanceKey`, that a scenario must lead to. */
export function expectedBalances({ deposits, transfers }: Scenario): ReadonlyMap<string, bigint> {
  const balances = new Map<string, bigint>();
  const add = (wallet: string, token: number, amount: bigint): void => {
    const key = balanceKey(wallet, token);
    balances.set(key, (balances.get(key) ?? 0n) + amount);
  };
  for (const { wallet, token, amount } of deposits) add(wallet, token, amount);
  for (const { from, to, token, amount, fee } of transfers) {
    add(from, token, -amount - fee);
    if (to !== TO_L1) add(to, token, amount);
    if (fee > 0n) add(OPERATOR, token, fee);
  }
  return balances;
}

export const balanceKey = (wallet: string, token: number): string => `${token} ${wallet}`;

export function parseBalanceKey(key: string): { readonly wallet: string; readonly token: number } {
  const space = key.indexOf(" ");
  return { wallet: key.slice(space + 1), token: Number(key.slice(0, space)) };
}

function deposit(wallet: string, token: number, amount: string): ListedDeposit {
  return { wallet, token, amount: parseEther(amount) };
}

function transfer(from: string, to: string, token: number, amount: string, fee = "0"): ListedTransfer {
  return { from, to, token, amount: parseEther(amount), fee: parseEther(fee) };
}
