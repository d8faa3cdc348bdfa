import { amountText, type NamedToken } from "../../wallet/named-tokens.ts";
import { table } from "./output.ts";

/** One thing that left, or would. */
export interface Step {
  /** An account's index, a deposit's place in the queue, or a token's id. */
  readonly place: number;
  readonly token: number;
  /** Base units. */
  readonly amount: bigint;
  /** Of what was sent here. */
  readonly transaction?: string;
  /** Whether it had happened before, by whoever was first. */
  readonly done?: true;
  /** Of a payout, what stays credited: the rollup has less of the token than it owes. */
  readonly left?: bigint;
}

/** What `./sheaf exit` and `./sheaf refund` print. */
export interface Exits {
  readonly rollup: string;
  /** L1 address that gets it all. */
  readonly account: string;
  /** That the proofs are against. */
  readonly root: bigint;
  readonly dryRun: boolean;
  readonly exits: readonly Step[];
  readonly refunds: readonly Step[];
  readonly pulls: readonly Step[];
  /** By id. */
  readonly tokens: readonly NamedToken[];
}

export function describeExits({ account, dryRun, exits, refunds, pulls, tokens }: Exits): readonly string[] {
  const rows = (what: string, steps: readonly Step[]): string[][] =>
    steps.map(({ place, token, amount, transaction, done, left }) => [
      ...[what, String(place), amountText(amount, tokens[token]!)],
      transaction ?? (done === true ? "somebody else was first" : left === undefined ? "not sent" : "not paid now"),
    ]);
  return [
    `${dryRun ? "would leave" : "left"} to ${account}:`,
    ...table(
      ["step", "place", "amount", "transaction"],
      [...rows("exit of account", exits), ...rows("refund of deposit", refunds), ...rows("payout of token", pulls)],
    ),
    ...pulls
      .filter(({ left = 0n }) => left > 0n)
      .map(
        ({ token, left }) =>
          `${amountText(left!, tokens[token]!)} stay credited: the rollup has no more of it now; run it again later`,
      ),
  ];
}
