import { Option, type Command } from "commander";
import { tokenPrice } from "./token-prices.ts";
import { wholeNumber } from "./prover-options.ts";

// Options of the commands that use a wallet.

/** Of commands that ask L1 alone: for what a node is asked all the same. */
export const ROLLUP_BY_NODE = "; where no rollup is named, a node tells which one it runs";

/** Gives a command options in this order. */
export const withOptions = (command: Command, options: readonly Option[]): Command =>
  options.reduce((command, option) => command.addOption(option), command);

/** Which wallet, and where it is used. */
export const walletChoice = (): readonly Option[] => [
  ...[walletOption(), passwordOption(), signerOption(), nodeOption(), l1Option(), rollupOption()],
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

export const rollupOption = (): Option =>
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

export const feeOption = (): Option =>
  new Option("--fee <amount>", "what the operator gets, in whole tokens (default: what the node suggests)");

export const maxFeeOption = (): Option =>
  new Option(
    "--max-fee <amount>",
    "the most that a fee may be, in whole tokens (default: a few times what it costs on L1)",
  );

/** With L1, fees in tokens are bounded as those in ether. */
export const priceOption = (): Option =>
  new Option(
    "--price <token=amount>",
    "what an ether is worth in a token's base units, as 1=2500000000; repeatable",
  ).argParser(tokenPrice);

/** @param also what else is not asked */
export const yesOption = (also = ""): Option =>
  new Option("--yes", `do not ask whether a fee of more than a tenth of the amount is worth it${also}`);

const noWaitOption = (): Option => new Option("--no-wait", "do not wait until it is verified on L1");

const timeoutOption = (): Option =>
  new Option("--timeout <seconds>", "how long to wait").default(1800).argParser(wholeNumber(1));
