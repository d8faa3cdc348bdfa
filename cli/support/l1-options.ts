import { Option } from "commander";
import { wholeNumber } from "./prover-options.ts";

// Options of the commands that follow L1.

export const rpcOption = (): Option =>
  new Option("--rpc <url>", "JSON-RPC of an L1 node (http or https)").makeOptionMandatory();

export const rollupOption = (): Option =>
  new Option("--rollup <address>", "the rollup's contract").makeOptionMandatory();

export const keysOption = (): Option =>
  new Option("--keys <folder or url>", "the rollup's published key files").makeOptionMandatory();

export const storeOption = (): Option =>
  new Option("--store <file>", "where the state is kept (default: build/stores/<chain id>-<rollup>.db)");

export const blockOption = (): Option =>
  new Option("--from-block <number>", "block of the rollup's deployment (default: searched for)").argParser(
    wholeNumber(0),
  );

export const payerFileOption = (): Option =>
  new Option("--wallet <file>", "instead of --key, a wallet's key file, whose L1 account pays").conflicts("key");

export const accountOption = (): Option =>
  new Option("--account <address>", "L1 address whose funds leave; it gets them, whoever pays (default: the payer's)");

export const freezeOption = (): Option =>
  new Option(
    "--freeze",
    "freeze the rollup first, for good, if nobody served its queue in time; where nothing waits in it, queue what must",
  );

export const dryRunOption = (): Option =>
  new Option("--dry-run", "make the proofs and send nothing; needs no key if --account is given");
