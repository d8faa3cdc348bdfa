import { table } from "./output.ts";

/** One thing that left, or would. */
export interface Step {
  /** An account's index, a deposit's place in the queue, or a token's id. */
  readonly place: number;
  readonly token: number;
  /** Base units. */
  readonly amount: bigint;
  /** Without one in a dry run. */
  readonly transaction?: string;
}

/** What `./sheaf exit` prints. */
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
}

export function describeExits({ account, dryRun, exits, refunds, pulls }: Exits): readonly string[] {
  const rows = (what: string, steps: readonly Step[]): string[][] =>
    steps.map(({ place, token, amount, transaction }) => [
      ...[what, String(place), String(token), String(amount)],
      transaction ?? "not sent",
    ]);
  return [
    `${dryRun ? "would leave" : "left"} to ${account}, in base units:`,
    ...table(
      ["step", "place", "token", "amount", "transaction"],
      [...rows("exit of account", exits), ...rows("refund of deposit", refunds), ...rows("payout of token", pulls)],
    ),
  ];
}
