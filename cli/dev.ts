import { InvalidArgumentError, Option, type Command } from "commander";
import { formatEther } from "ethers";
import type { Narrator } from "../devnet/demo/run.ts";
import { startDev, type DevRollup, type DevUser } from "../devnet/run.ts";
import { isLoopbackHost } from "../http/listening.ts";
import { DEVELOPMENT_WARNING } from "../prover/setup/development.ts";
import { openLog } from "./support/log.ts";
import { beneficiaryOption, sizesNamed, sizesOption, untilStopped, wholeNumber } from "./support/options.ts";
import { printResult, say } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

interface DevCommandOptions {
  readonly accounts?: number;
  readonly balance?: bigint;
  readonly mnemonic?: string;
  readonly chainId?: number;
  readonly blockTime?: number;
  readonly host: string;
  readonly port: number;
  readonly l1Port: number;
  readonly sizes: string[];
  readonly beneficiary?: string;
  readonly state?: string;
  readonly blobs?: true;
  readonly quiet?: true;
  readonly json?: true;
}

/** Each has deposits in the rollup, which are proven at the start. */
const MOST_ACCOUNTS = 100;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export function define(command: Command): void {
  command
    .option(
      "--accounts <number>",
      "accounts with funds on L1 and in the rollup (default: 10)",
      wholeNumber(1, MOST_ACCOUNTS),
    )
    .option("--balance <ether>", "of each account on L1 (default: 10000)", wholeEther)
    .option("--mnemonic <words>", "whose accounts they are (default: the words of Anvil and Hardhat)")
    .option("--chain-id <number>", "of the chain (default: 31337)", wholeNumber(1))
    .addOption(
      new Option(
        "--block-time <seconds>",
        "mine a block every so often (default: one for each transaction, and one after 12 s without any)",
      ).argParser(blockSeconds),
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port of the explorer and the API; 0 for any", wholeNumber(0, 65_535), 8790)
    .option("--l1-port <number>", "port of the chain's JSON-RPC; 0 for any", wholeNumber(0, 65_535), 8545)
    .addOption(sizesOption())
    .addOption(beneficiaryOption())
    .option("--state <folder>", "keep the chain and the node's data here, and go on with what is here")
    .option("--blobs", "put transfers into blobs; the chain is Anvil then, which must be among the installed packages")
    .option("--quiet", "log nothing of requests, batches and payments")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The chain answers over HTTP and WebSocket at the same port. Requests, batches and payments are logged on stderr.
Runs until Ctrl-C, and leaves nothing behind but the folder that --state names. A chain there keeps the accounts, the
balance, the mnemonic and the chain id that it began with.`,
    )
    .action(async (options: DevCommandOptions) => {
      const { accounts, balance, mnemonic, chainId, sizes, quiet, json, ...places } = options;

      say(DEVELOPMENT_WARNING);
      if (!isLoopbackHost(places.host)) say(`Whoever reaches ${places.host} has these accounts: their keys are known.`);
      // A start that was begun is not worth waiting for; everything that it has made goes with the process.
      const leave = (): never => process.exit(130);
      for (const signal of SIGNALS) process.on(signal, leave);
      const progress: Narrator["progress"] = (label, work, expectedSeconds) =>
        withProgress(label, work, expectedSeconds === undefined ? {} : { expectedSeconds });
      const log = openLog({ log: "silent", logFormat: "text" });
      const genesis = {
        ...(accounts !== undefined && { accounts }),
        ...(balance !== undefined && { balance }),
        ...(mnemonic !== undefined && { mnemonic }),
        ...(chainId !== undefined && { chainId }),
      };
      const begun = { ...places, genesis, sizes: sizesNamed(sizes), log };
      const { close, ...rollup } = await startDev(begun, { say, progress });
      printResult(json, rollup, () => describeDev(rollup));
      // Of what is done with it, not of how it came to be.
      if (quiet !== true) log.level = "debug";
      for (const signal of SIGNALS) process.removeListener(signal, leave);
      const stopped = untilStopped();
      await new Promise((done) => stopped.addEventListener("abort", done));
      // Whoever stops it twice does not want to wait for the step under way.
      for (const signal of SIGNALS) process.on(signal, leave);
      await close();
    });
}

/** Ether as wei, for commander. */
function wholeEther(text: string): bigint {
  const [, whole, part = ""] = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole + part.padEnd(18, "0"));
  throw new InvalidArgumentError("It must be ether, as 10000 or 0.5, of at most 18 decimals.");
}

/** The longest interval that timers have, in seconds, is not to be reached. */
const MOST_BLOCK_SECONDS = 86_400;

function blockSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds >= 0.1 && seconds <= MOST_BLOCK_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be seconds, from 0.1 to ${MOST_BLOCK_SECONDS}.`);
}

/** What a developer needs to know of what was started, in the order in which Anvil and Hardhat tell it. */
function describeDev(rollup: Omit<DevRollup, "close">): string {
  const { url, rpc, chainId, tokens, keys, mnemonic, balance, operator, accounts } = rollup;
  const [, test] = tokens;
  const each = (describe: (user: DevUser) => string): string[] =>
    accounts.map((user, place) => `(${place})`.padEnd(6) + describe(user));
  return [
    "",
    `Accounts on L1, with ${formatEther(balance)} ETH each`,
    ...each(({ l1Address }) => l1Address),
    "",
    "Private keys",
    ...each(({ l1Key }) => l1Key),
    "",
    "Wallets in the rollup, as others pay to them",
    ...each(({ address, holdings }) => `${address}  ${holdings.map(describeHolding).join(", ")}`),
    "",
    `mnemonic   ${mnemonic}`,
    `paths      m/44'/60'/0'/0/<number>; ./sheaf wallet import makes number 0 a wallet`,
    `chain id   ${chainId}`,
    `rollup     ${rollup.rollup}`,
    `operator   ${operator}`,
    `tokens     0: ETH, 1: TEST at ${test} (anyone may mint it)`,
    `keys       ${keys}`,
    `L1         ${rpc}  (WebSocket too)`,
    `explorer   ${url}  (the API too)`,
    "",
    "Everybody has these keys: send nothing of value here. Ctrl-C ends it.",
  ].join("\n");
}

const describeHolding = ({ index, token, balance }: DevUser["holdings"][number]): string =>
  `${formatEther(balance)} ${["ETH", "TEST"][token]} (account ${index})`;
