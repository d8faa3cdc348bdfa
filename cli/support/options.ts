import { join } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { getAddress, isAddress } from "ethers";
import { ROOT } from "../../lib/root.ts";
import { BATCH_SIZES, BITS, type BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { faultOfAddress } from "../../protocol/l1-address.ts";
import { EXIT, type Provable } from "../../prover/artifacts/provable.ts";

/** Folder for submitted inputs, the embedded queue, and what workers fetch. */
export const PROVER_DATA = join(ROOT, "build", "prover");

/** Environment variable of the service's bearer token: an argument would show in the list of processes. */
export const TOKEN_VARIABLE = "SHEAF_PROVER_TOKEN";
export const proverToken = (): string | undefined => process.env[TOKEN_VARIABLE];

/** For commander: a whole number of at least `minimum`, and at most `maximum`. */
export const wholeNumber =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    const most = maximum === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}${most}.`);
  };

/** For commander: an L1 address. */
export function l1Address(text: string): string {
  const fault = faultOfAddress(text);
  if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}.`);
  return text;
}

/** A signal that the terminal or the system gives by SIGINT or SIGTERM, or a parent with a channel by its end. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "disconnect"] as const) process.once(name, () => stop.abort());
  // A listener keeps the channel open, and that the process.
  process.channel?.unref();
  return stop.signal;
}

const NAMES = BATCH_SIZES.map(({ name }) => name).join(", ");
const DEFAULT_PROVABLES = [BATCH_SIZES[0]!.name, EXIT];

/** `--size <name>`, by default the smallest. */
export function sizeOption(): Option {
  return new Option("--size <name>", `batch size: ${NAMES}`).default(BATCH_SIZES[0]!.name);
}

/** `--sizes <names…>`, by default the smallest alone. */
export function sizesOption(): Option {
  return new Option("--sizes <names...>", `batch sizes: ${NAMES}`).default([BATCH_SIZES[0]!.name]);
}

/** As `sizeOption`, for what also the exit circuit has. */
export function provableOption(): Option {
  return new Option("--size <name>", `batch size: ${NAMES}; or ${EXIT}`).default(BATCH_SIZES[0]!.name);
}

/** As `sizesOption`, for what also the exit circuit has. */
export function provablesOption(): Option {
  return new Option(
    "--sizes <names...>",
    `batch sizes: ${NAMES}; or ${EXIT} (default: ${DEFAULT_PROVABLES.join(", ")})`,
  );
}

/** A batch size or the exit. Throws `SIZE_UNKNOWN`. */
export const provableNamed = (wanted: string): Provable => (wanted === EXIT ? EXIT : sizeNamed(wanted));

/** As `sizesNamed`, and the exit at the end if it is named. Of all there is by default: the smallest size and the exit. */
export function provablesNamed(wanted: readonly string[] = DEFAULT_PROVABLES): readonly Provable[] {
  const names = wanted.flatMap((list) => list.split(","));
  const sizes = sizesNamed(names.filter((name) => name !== EXIT));
  return names.includes(EXIT) ? [...sizes, EXIT] : sizes;
}

/** Throws `SIZE_UNKNOWN`. */
export function sizeNamed(wanted: string): BatchSize {
  const size = BATCH_SIZES.find(({ name }) => name === wanted);
  if (size === undefined) throw new SheafError("SIZE_UNKNOWN", `there is no batch size ${wanted}`);
  return size;
}

/** The sizes of these names, also separated by commas, in the order of `BATCH_SIZES`. */
export function sizesNamed(wanted: readonly string[]): readonly BatchSize[] {
  const sizes = new Set(wanted.flatMap((names) => names.split(",")).map(sizeNamed));
  return BATCH_SIZES.filter((size) => sizes.has(size));
}

// Options of the commands that follow L1.

export const rpcOption = (): Option =>
  new Option("--rpc <url>", "JSON-RPC of an L1 node (http or https)").makeOptionMandatory();

export const rollupOption = (): Option =>
  new Option("--rollup <address>", "the rollup's contract").makeOptionMandatory();

export const keysOption = (): Option =>
  new Option("--keys <folder or url>", "the rollup's published key files").makeOptionMandatory();

export const exitKeysOption = (): Option =>
  new Option("--keys <folder or url>", "the rollup's published key files, to leave by proofs, which is cheapest");

export const withoutProofOption = (): Option =>
  new Option(
    "--without-proof",
    "instead of --keys, leave by the accounts' places in the state, which L1 gives: needs no files, and several times the gas; whoever is first also deploys a contract",
  ).conflicts("keys");

export const storeOption = (): Option =>
  new Option("--store <file>", "where the state is kept (default: build/stores/<chain id>-<rollup>.db)");

export const blockOption = (): Option =>
  new Option("--from-block <number>", "block of the rollup's deployment (default: searched for)").argParser(
    wholeNumber(0),
  );

export const beaconOption = (): Option =>
  new Option(
    "--beacon <url>",
    "API of a beacon node of L1, which has the blobs of the last 18 days: for rollups whose transfers are in blobs",
  );

export const archiveOption = (): Option =>
  new Option(
    "--archive <url...>",
    "another Sheaf node, which has the blobs of the batches that it has read; asked after --beacon, in this order",
  );

/** How a command that follows L1 keeps what it reads, and where it finds what L1 forgets. */
export const followOptions = (): readonly Option[] => [
  ...[storeOption(), blockOption(), beaconOption(), archiveOption()],
];

export const beneficiaryOption = (): Option =>
  new Option(
    "--beneficiary <address>",
    "L1 address that proofs are made for: what L1 pays for batches is its, which is nothing so far (default: the account that submits them)",
  ).argParser(l1Address);

export const payerFileOption = (): Option =>
  new Option("--wallet <file>", "instead of --key, a wallet's key file, whose L1 account pays").conflicts("key");

export const leaverFileOption = (): Option =>
  new Option("--wallet <file>", "a wallet's key file, whose L1 account leaves, and pays unless --key is named");

export const accountOption = (): Option =>
  new Option(
    "--account <address>",
    "L1 address whose funds leave; it gets them, whoever pays (default: the wallet's, or the payer's)",
  );

export const freezeOption = (): Option =>
  new Option(
    "--freeze",
    "freeze the rollup first, for good, if nobody served its queue in time; where nothing waits in it, queue what must",
  );

export const dryRunOption = (): Option =>
  new Option(
    "--dry-run",
    "make the proofs and send nothing; needs no key if --account is given, or --key besides --wallet",
  );

// Options of the commands that use a wallet.

/** Of commands that ask L1 alone: for what a node is asked all the same. */
export const ROLLUP_BY_NODE = "; where no rollup is named, a node tells which one it runs";

/** Gives a command options in this order. */
export const withOptions = (command: Command, options: readonly Option[]): Command =>
  options.reduce((command, option) => command.addOption(option), command);

/** Which wallet, and where it is used. */
export const walletChoice = (): readonly Option[] => [
  ...[walletOption(), passwordOption(), signerOption(), nodeOption(), l1Option(), meantRollupOption()],
];

/**
 * What an operation is made with, and what it may cost.
 *
 * @param also what else is not asked
 */
export const feeChoice = (also?: string): readonly Option[] => [
  ...[tokenOption(), feeOption(), maxFeeOption(), priceOption(), yesOption(also)],
];

/** Whether to wait for what was sent, and how long. */
export const waitChoice = (): readonly Option[] => [noWaitOption(), timeoutOption()];

export const walletOption = (): Option =>
  new Option("--wallet <file>", "the wallet's key file (default: $SHEAF_WALLET, or .sheaf/wallet.json in your home)");

const signerOption = (): Option =>
  new Option(
    "--signer <name>",
    "instead of a file, the wallet that belongs to an L1 account: variable with its private key, in Hardhat's keystore or the environment",
  ).conflicts("wallet");

export const passwordOption = (): Option =>
  new Option("--password-file <file>", "file with the wallet's password (default: $SHEAF_PASSWORD, or a prompt)");

export const nodeOption = (): Option =>
  new Option("--node <url>", "a Sheaf node (default: $SHEAF_NODE, or what the wallet's file remembers)");

export const l1Option = (): Option =>
  new Option("--rpc <url>", "JSON-RPC of an L1 node (default: $SHEAF_RPC, or what the wallet's file remembers)");

export const meantRollupOption = (): Option =>
  new Option(
    "--rollup <address>",
    "the contract of the rollup that is meant (default: $SHEAF_ROLLUP, what the wallet's file remembers, or the node's word)",
  );

export const payerOption = (): Option =>
  new Option(
    "--key <name>",
    "variable with the private key of an L1 account that pays, in Hardhat's keystore or the environment (default: the wallet's own L1 account)",
  );

/** By default ether's id: another token may have its symbol. */
export const tokenOption = (): Option =>
  new Option("--token <name>", "symbol, id or address of the token").default("0", "ETH");

const feeOption = (): Option =>
  new Option("--fee <amount>", "what the operator gets, in whole tokens (default: what the node suggests)");

const maxFeeOption = (): Option =>
  new Option(
    "--max-fee <amount>",
    "the most that a fee may be, in whole tokens (default: a few times what it costs on L1)",
  );

/** With L1, fees in tokens are bounded as those in ether. */
const priceOption = (): Option =>
  new Option(
    "--price <token=amount>",
    "what an ether is worth in a token's base units, as 1=2500000000; repeatable",
  ).argParser(tokenPrice);

const notBeforeOption = (): Option =>
  new Option(
    "--not-before <time>",
    "have the node keep it until then: a date as 2027-01-01 or 2027-01-01T12:00Z, or a time from now as +90s, +30m, +2h, +7d",
  ).argParser((text: string) => timeNamed(text));

const replacesOption = (): Option =>
  new Option("--replaces <id>", "comes in place of this operation, the account's first one that is not due");

/** When an operation is good, and in place of which one. */
export const termChoice = (): readonly Option[] => [notBeforeOption(), replacesOption()];

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/;

/** For commander: Unix time in seconds, of a date or of a time from now. */
export function timeNamed(text: string, now = Date.now()): number {
  const [, count, unit] = /^\+(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time =
    unit === undefined
      ? DATE.test(text) && isDay(text)
        ? Date.parse(text) / 1000
        : NaN
      : Math.floor(now / 1000) + Number(count) * SECONDS[unit as keyof typeof SECONDS];
  if (time >= 0 && time < 2 ** BITS.validUntil) return time;
  throw new InvalidArgumentError(
    "It must be a date as 2027-01-01 or 2027-01-01T12:00Z, or a time from now as +90s, +30m, +2h, +7d.",
  );
}

/** JavaScript takes February 30 for March 1. */
const isDay = (text: string): boolean =>
  new Date(`${text.slice(0, 10)}T00:00Z`).toJSON()?.startsWith(text.slice(0, 10)) ?? false;

const yesOption = (also = ""): Option =>
  new Option("--yes", `do not ask whether a fee of more than a tenth of the amount is worth it${also}`);

const noWaitOption = (): Option => new Option("--no-wait", "do not wait until it is verified on L1");

const timeoutOption = (): Option =>
  new Option("--timeout <seconds>", "how long to wait").default(1800).argParser(wholeNumber(1));

/** What an ether is worth in base units of tokens, by their ids or addresses, as an operator names them. */
export type TokenPrices = ReadonlyMap<string, bigint>;

/** For commander, one after the other: `1=2500000000` says that an ether is worth 2,500 dollars of 6 decimals. */
export function tokenPrice(text: string, before: TokenPrices = new Map()): TokenPrices {
  const [, token, amount] = /^(\d{1,5}|0x[0-9a-fA-F]{40})=([1-9]\d{0,37})$/.exec(text) ?? [];
  const isRight = token !== undefined && token !== "0" && (!token.startsWith("0x") || isAddress(token));
  if (!isRight) {
    throw new InvalidArgumentError(
      "It must be TOKEN=AMOUNT: an id or an address, and what an ether is worth in base units.",
    );
  }
  return new Map([...before, [token, BigInt(amount!)]]);
}

/**
 * The prices by id.
 *
 * @param tokens addresses, by id
 * @throws SheafError TOKEN_UNKNOWN
 */
export function pricesById(prices: TokenPrices, tokens: readonly string[]): ReadonlyMap<number, bigint> {
  const idOf = (token: string): number => {
    const id = token.startsWith("0x")
      ? tokens.findIndex((address) => getAddress(address) === getAddress(token))
      : Number(token);
    if (id > 0 && id < tokens.length) return id;
    throw new SheafError(
      "TOKEN_UNKNOWN",
      `--price names token ${token}; the rollup has ${tokens.length} tokens, 0 is ETH`,
    );
  };
  return new Map([...prices].map(([token, amount]) => [idOf(token), amount]));
}
