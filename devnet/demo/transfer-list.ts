import { extname } from "node:path";
import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { parseUnits } from "ethers";
import * as z from "zod";
import { BITS } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { amountFloat, feeFloat } from "../../protocol/float.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import { parseJson, readText } from "../../prover/files/text-files.ts";

/** In place of a receiver's name: a withdrawal to the sender's address on L1. */
export const TO_L1 = "L1";

/** A token of the demonstration; both have 18 decimals. Its id is its place in this list. */
export const TOKENS = ["ETH", "TEST"] as const;
export const DECIMALS = 18;

/** A transfer, or a withdrawal if `to` is `TO_L1`, between wallets by name. Amounts are base units. */
export interface ListedTransfer {
  readonly from: string;
  readonly to: string;
  /** Id of the token. */
  readonly token: number;
  readonly amount: bigint;
  readonly fee: bigint;
}

const name = z.union([z.string().trim().min(1, "must not be empty"), z.int().min(0).transform(String)]);
// A number in JSON is rounded to 15 to 17 digits before anybody can look at it.
const isExact = (value: number): boolean => String(value).replace(/\D/g, "").replace(/^0+/, "").length <= 15;
const number = z.union([
  z.string().trim(),
  z.number().refine(isExact, "must be a text: it has too many digits for a number").transform(String),
]);
const rowSchema = z.strictObject({ from: name, to: name, token: number, amount: number, fee: number.default("0") });

const COLUMNS: readonly string[] = Object.keys(rowSchema.shape);

/**
 * Reads a list of transfers: a CSV file with the columns from, to, token, amount, fee (divided by commas,
 * semicolons or tabs), or a JSON array of objects with
 * these fields. Amounts are whole tokens, such as `0.25`, or base units as `250 wei`.
 *
 * @throws SheafError FILE_UNREADABLE, JSON_MALFORMED, CSV_MALFORMED, FIELD_INVALID, TOKEN_UNKNOWN,
 * AMOUNT_NOT_REPRESENTABLE: each names the file and the line or entry
 */
export async function readTransferList(path: string): Promise<readonly ListedTransfer[]> {
  const text = await readText(path);
  const rows = extname(path).toLowerCase() === ".json" ? jsonRows(path, text) : csvRows(path, text);
  if (rows.length === 0) throw new SheafError("FIELD_INVALID", `${path} lists no transfer`);
  const transfers = rows.map(({ place, row }) => transferOf(place, row));
  TOKENS.forEach((symbol, token) => {
    const total = transfers.reduce((sum, { amount, fee, token: of }) => (of === token ? sum + amount + fee : sum), 0n);
    if (total >> BigInt(BITS.balance) > 0n) {
      throw new SheafError(
        "FIELD_INVALID",
        `${path}: all amounts of ${symbol} together must be below 2^${BITS.balance}`,
      );
    }
  });
  return transfers;
}

interface PlacedRow {
  /** File and line or entry, for messages. */
  readonly place: string;
  readonly row: unknown;
}

function jsonRows(path: string, text: string): PlacedRow[] {
  const rows = parseFields(path, z.array(z.unknown()), parseJson(path, text));
  return rows.map((row, i) => ({ place: `${path}: entry ${i + 1}`, row }));
}

function csvRows(path: string, text: string): PlacedRow[] {
  const options = { trim: true, skip_empty_lines: true, delimiter: delimiterOf(text), info: true };
  const columns = (header: readonly string[]): string[] => columnsOf(path, header);
  try {
    const records = parseCsv(text, { ...options, columns });
    return (records as unknown as { info: { lines: number }; record: unknown }[]).map(({ info, record }) => ({
      place: `${path}: line ${info.lines}`,
      row: record,
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new SheafError("CSV_MALFORMED", `${path} is not CSV: ${cause.message}`, { cause });
  }
}

const DELIMITERS = [",", ";", "\t"];

/** What the header line is divided by: spreadsheets write semicolons where a comma stands in numbers. */
function delimiterOf(text: string): string {
  const header = text.trimStart().split(/\r?\n/, 1)[0]!;
  const parts = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (parts(delimiter) > parts(best) ? delimiter : best));
}

/** The header's columns, in any order and case. Throws `CSV_MALFORMED`. */
function columnsOf(path: string, header: readonly string[]): string[] {
  const found = header.map((column) => column.trim().toLowerCase());
  const isKnown = found.every((column) => COLUMNS.includes(column)) && new Set(found).size === found.length;
  if (isKnown && COLUMNS.every((column) => column === "fee" || found.includes(column))) return found;
  const expected = `the header line must name ${COLUMNS.join(", ")}, each once; fee may be left out`;
  throw new SheafError("CSV_MALFORMED", `${path}: ${expected}; it names ${header.join(", ").slice(0, 200)}`);
}

function transferOf(place: string, row: unknown): ListedTransfer {
  const { from, to, token: symbol, amount, fee } = parseFields(place, rowSchema, row);
  const token = tokenOf(place, symbol);
  if (from === TO_L1)
    throw new SheafError("FIELD_INVALID", `${place}: from: ${TO_L1} cannot send; deposits are made as needed`);
  const transfer = { from, to, token, amount: unitsOf(`${place}: amount`, amount), fee: unitsOf(`${place}: fee`, fee) };
  try {
    if (to !== TO_L1) amountFloat.encode(transfer.amount);
    feeFloat.encode(transfer.fee);
  } catch (cause) {
    if (!(cause instanceof SheafError)) throw cause;
    throw new SheafError(cause.code, `${place}: ${cause.message}`, { cause });
  }
  return transfer;
}

function tokenOf(place: string, symbol: string): number {
  const token = TOKENS.findIndex((known, id) => known === symbol.toUpperCase() || String(id) === symbol);
  if (token >= 0) return token;
  throw new SheafError("TOKEN_UNKNOWN", `${place}: token: ${symbol} is none of ${TOKENS.join(", ")}`);
}

function unitsOf(place: string, text: string): bigint {
  const [, number, wei] = /^(\d{1,60}(?:\.\d{1,60})?)(\s*wei)?$/i.exec(text) ?? [];
  const value = number === undefined ? undefined : parseAmount(number, wei === undefined ? DECIMALS : 0);
  if (value === undefined || value >> BigInt(BITS.balance) > 0n) {
    throw new SheafError(
      "FIELD_INVALID",
      `${place}: ${text.slice(0, 80)} must be a number of whole tokens, not negative, with at most ${DECIMALS} digits ` +
        `after the point and below 2^${BITS.balance} base units; base units are written as "250 wei"`,
    );
  }
  return value;
}

function parseAmount(number: string, decimals: number): bigint | undefined {
  try {
    return parseUnits(number, decimals);
  } catch {
    return undefined; // more digits after the point than the token has
  }
}
