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
