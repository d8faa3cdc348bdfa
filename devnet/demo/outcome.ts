import type { BatchReport, Sheaf } from "../../fixture/sheaf.ts";
import { SheafError } from "../../protocol/errors.ts";
import { balanceKey, expectedBalances, parseBalanceKey, type Scenario } from "./scenario.ts";
import { TO_L1, TOKENS } from "./transfer-list.ts";

/** One wallet's holdings of a token, in base units. */
export interface Holding {
  readonly wallet: string;
  readonly token: string;
  readonly inRollup: bigint;
  /** Credited by withdrawals and not pulled yet. */
  readonly withdrawable: bigint;
  readonly onL1: bigint;
}

export interface Outcome {
  readonly holdings: readonly Holding[];
  /** The withdrawal that was pulled, if there was one. */
  readonly pulled: { readonly wallet: string; readonly token: string; readonly amount: bigint } | undefined;
  /** On L1, and computed off chain from the operations and, again, from what L1 published. */
  readonly root: { readonly onL1: bigint; readonly offChain: bigint; readonly replayed: bigint };
}

/** Pulls the first withdrawal and compares both sides with each other and with the scenario. Throws `DEMO_DIFFERS`. */
export async function checkOutcome(
  sheaf: Sheaf,
  scenario: Scenario,
  batches: readonly BatchReport[],
): Promise<Outcome> {
  const root = {
    onL1: await sheaf.rollup.stateRoot(),
    offChain: batches.at(-1)!.root,
    replayed: sheaf.node.store.state().root,
  };
  expectEqual("the root computed off chain", root.offChain, root.onL1);
  expectEqual("the root replayed from L1's data", root.replayed, root.onL1);
  const pulled = await pullFirst(sheaf, scenario);
  const holdings = await holdingsOf(sheaf, scenario);
  checkHoldings(holdings, scenario, pulled);
  for (const [id, token] of TOKENS.entries()) {
    const owed = holdings
      .filter((holding) => holding.token === token)
      .map((holding) => holding.inRollup + holding.withdrawable);
    expectEqual(`what L1 holds for the rollup in ${token}`, await sheaf.rollup.tokenTotal(id), sum(owed));
  }
  return { holdings, pulled, root };
}

async function pullFirst(sheaf: Sheaf, { transfers }: Scenario): Promise<Outcome["pulled"]> {
  const withdrawal = transfers.find(({ to }) => to === TO_L1);
  if (withdrawal === undefined) return undefined;
  const wallet = await sheaf.wallet(withdrawal.from);
  const before = await sheaf.balanceOnL1(wallet, withdrawal.token);
  const amount = await sheaf.pull(wallet, withdrawal.token);
  const after = await sheaf.balanceOnL1(wallet, withdrawal.token);
  expectEqual(`what ${wallet.name} pulled on L1`, after - before, amount);
  return { wallet: wallet.name, token: TOKENS[withdrawal.token]!, amount };
}

async function holdingsOf(sheaf: Sheaf, scenario: Scenario): Promise<readonly Holding[]> {
  const holdings: Holding[] = [];
  for (const key of expectedBalances(scenario).keys()) {
    const { wallet: name, token } = parseBalanceKey(key);
    const wallet = await sheaf.wallet(name);
    holdings.push({
      wallet: name,
      token: TOKENS[token]!,
      inRollup: sheaf.balance(wallet, token),
      withdrawable: await sheaf.rollup.withdrawable(token, wallet.address),
      onL1: await sheaf.balanceOnL1(wallet, token),
    });
  }
  return holdings;
}

/** Balances and credits are what the scenario's deposits, transfers and withdrawals add up to. */
function checkHoldings(holdings: readonly Holding[], scenario: Scenario, pulled: Outcome["pulled"]): void {
  const balances = expectedBalances(scenario);
  for (const { wallet, token: symbol, inRollup, withdrawable } of holdings) {
    const token = TOKENS.findIndex((known) => known === symbol);
    expectEqual(`${wallet}'s balance in ${symbol}`, inRollup, balances.get(balanceKey(wallet, token))!);
    const withdrawals = scenario.transfers.filter(
      (row) => row.to === TO_L1 && row.from === wallet && row.token === token,
    );
    const isPulled = pulled?.wallet === wallet && pulled.token === symbol;
    const left = sum(withdrawals.map(({ amount }) => amount)) - (isPulled ? pulled.amount : 0n);
    expectEqual(`what ${wallet} can withdraw in ${symbol}`, withdrawable, left);
  }
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

function expectEqual(what: string, actual: bigint, expected: bigint): void {
  if (actual !== expected) throw new SheafError("DEMO_DIFFERS", `${what} is ${actual}; it must be ${expected}`);
}
