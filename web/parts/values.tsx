import { ageText, amountText, fullDateText, grouped, shortAmountText } from "../format.ts";
import { useNow } from "../data/clock.ts";
import { visible } from "../../protocol/visible.ts";
import type { Token } from "../data/node.ts";
import { useToken } from "../data/tokens.tsx";

interface AmountOptions {
  readonly amount: bigint;
  readonly token: number;
  /** With all its digits. */
  readonly exact?: boolean;
}

/** An amount in whole tokens with its symbol; in base units until the token is known. */
export function Amount({ amount, token: id, exact = false }: AmountOptions) {
  const token = useToken(id);
  if (token === undefined) return <span class="amount">{grouped(amount)} base units</span>;
  const whole = amountText(amount, token.decimals);
  const shown = exact ? whole : shortAmountText(amount, token.decimals);
  return (
    <span class="amount" title={`${whole} ${visible(token.symbol)}`}>
      {shown} <Symbol token={token} />
    </span>
  );
}

/** A token's symbol: its contract's own words, which must not reach beyond themselves. A token without one has its number. */
export const Symbol = ({ token: { id, symbol } }: { readonly token: Token }) => (
  <bdi class="symbol">{symbol === "" ? `token ${id}` : visible(symbol)}</bdi>
);

interface AgeOptions {
  readonly timestamp: number;
  /** Whether it may be still to come. What happened did not happen later than now, whatever another clock says. */
  readonly isDue?: boolean;
}

/** How long ago something was, or how far ahead it is; the exact time in a title. */
export function Age({ timestamp, isDue = false }: AgeOptions) {
  const now = useNow();
  return (
    <time class="age" dateTime={new Date(timestamp * 1000).toISOString()} title={fullDateText(timestamp)}>
      {ageText(isDue ? timestamp : Math.min(timestamp, now), now)}
    </time>
  );
}

/** A time in full, in UTC and by the reader's clock, and how long ago it was. */
export const Time = ({ timestamp, isDue = false }: AgeOptions) => (
  <>
    {fullDateText(timestamp)} (<Age timestamp={timestamp} isDue={isDue} />)
  </>
);
