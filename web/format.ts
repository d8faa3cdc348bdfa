// Texts for people. Exact wherever a number stands alone; tables cut long fractions and have the exact one in a title.

/** Digits of a number that a table shows, of which at least two and at most six are its fraction's. */
const TABLE_DIGITS = 8;
const [FEWEST, MOST] = [2, 6];

/** Base units as whole tokens, exact: `1,250.5`. */
export function amountText(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? grouped(whole) : `${grouped(whole)}.${fraction}`;
}

/** As `amountText`, with a long fraction cut, never rounded, nor to nothing: `0.123456…`, `0.000000075…`. */
export function shortAmountText(amount: bigint, decimals: number): string {
  const text = amountText(amount, decimals);
  const [whole, fraction = ""] = text.split(".");
  const room = Math.min(MOST, Math.max(FEWEST, TABLE_DIGITS - whole!.replaceAll(",", "").length));
  const digits = whole === "0" ? Math.max(room, fraction.search(/[1-9]/) + FEWEST) : room;
  return fraction.length <= digits ? text : `${whole}.${fraction.slice(0, digits)}…`;
}

/** A number with the digits of its whole part in groups. */
export function grouped(value: number | bigint | string): string {
  const [whole, ...fraction] = String(value).split(".");
  return [whole!.replace(/\B(?=(\d{3})+$)/g, ","), ...fraction].join(".");
}

/** A rate to a tenth, or, below one, to two digits: a small one is not none. */
export const rateText = (rate: number): string =>
  grouped(rate < 1 ? Number(rate.toPrecision(2)) : Math.round(rate * 10) / 10);

/** The beginning and the end of a long hash, key, root or `sheaf:` address. */
export function shortened(text: string, head = text.startsWith("sheaf:") ? 12 : 6, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

const GWEI_DECIMALS = 9;
export const gweiText = (wei: bigint): string => `${amountText(wei, GWEI_DECIMALS)} gwei`;

/** The first three digits of a price: the rest of it changes with each block. */
export function shortGweiText(wei: bigint): string {
  const cut = 10n ** BigInt(Math.max(0, wei.toString().length - 3));
  return gweiText(wei - (wei % cut));
}

export const secondsText = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const AGES = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** How long ago a Unix time was, or how far ahead it is, in the largest unit: `3 min ago`, `in 2 d`. */
export function ageText(timestamp: number, now: number): string {
  const age = Math.round(now - timestamp);
  for (const [unit, length] of AGES) {
    const count = Math.floor(Math.abs(age) / length);
    if (count > 0) return age < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
  }
  return "now";
}

/** A Unix time in UTC: `2026-11-21 14:03:05 UTC`. */
export const dateText = (timestamp: number): string =>
  new Date(timestamp * 1000)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");

/**
 * A Unix time as the clock of whoever reads this shows it: `16:03:05 UTC+2`, with its day where that is another one than in
 * UTC. Undefined where the clock shows UTC.
 *
 * @param offset of that clock in minutes, east of UTC
 */
export function localText(
  timestamp: number,
  offset = -new Date(timestamp * 1000).getTimezoneOffset(),
): string | undefined {
  if (offset === 0) return undefined;
  const [day] = dateText(timestamp).split(" ");
  const [localDay, time] = dateText(timestamp + offset * 60).split(" ");
  return `${localDay === day ? "" : `${localDay} `}${time} ${zoneText(offset)}`;
}

function zoneText(offset: number): string {
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `UTC${offset < 0 ? "−" : "+"}${hours}${minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`}`;
}

/** A Unix time in UTC and, where that is another one, by the reader's clock. */
export function fullDateText(timestamp: number): string {
  const local = localText(timestamp);
  return local === undefined ? dateText(timestamp) : `${dateText(timestamp)}, here ${local}`;
}

const LENGTHS = [
  ["days", 86_400],
  ["hours", 3_600],
  ["minutes", 60],
  ["seconds", 1],
] as const;

/** A length of time in the largest unit that it is whole in: `3 days`, `90 minutes`. */
export function durationText(seconds: number): string {
  const [unit, length] = LENGTHS.find(([, length]) => seconds % length === 0 && seconds >= length) ?? ["seconds", 1];
  const count = seconds / length;
  return `${grouped(count)} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

/** A word of the API's for people: `forcedWithdrawal` becomes `Forced withdrawal`. */
export function titled(word: string): string {
  const words = word.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0]!.toUpperCase() + words.slice(1);
}
