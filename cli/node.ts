import { Option, type Command } from "commander";
import { keyOption } from "./support/l1-account.ts";
import { blockOption, keysOption, rollupOption, rpcOption } from "./support/l1-options.ts";
import { logFormatOption, logLevelOption } from "./support/log-options.ts";
import { TOKEN_VARIABLE, wholeNumber } from "./support/prover-options.ts";
import { proxyNetwork } from "./support/proxies.ts";
import type { NodeCommandOptions } from "./support/run-node.ts";
import { tokenPrice } from "./support/token-prices.ts";

/** A day: the contract gives three, and a batch takes time. */
const MOST_QUEUE_WAIT = 86_400;

export function define(command: Command): void {
  command
    .addOption(rpcOption())
    .addOption(rollupOption())
    .addOption(keysOption())
    .addOption(keyOption())
    .option("--data <folder>", "where the node keeps what it knows (default: build/nodes/<chain id>-<rollup>)")
    .addOption(blockOption())
    .option("--prover <url>", "a prover service (default: proofs are made in this process)")
    .option("--fees-to <owner>", "who gets the fees: sheaf:0x… (default: the wallet of the L1 account)")
    .option(
      "--charge",
      "refuse operations whose fee does not pay for their share of a batch, and make none that does not pay for itself before --longest-wait",
    )
    .addOption(
      new Option(
        "--price <token=amount...>",
        "what an ether is worth in base units of tokens, by id or address; with --charge, others than these and ETH are refused",
      ).argParser(tokenPrice),
    )
    .option(
      "--longest-wait <seconds>",
      "with --charge: how long anything waits for a batch that pays for itself; then the operator pays the rest",
      wholeNumber(0),
      3600,
    )
    .addOption(
      new Option(
        "--queue-wait <seconds>",
        "how long an operation of L1's queue waits for a fuller batch (default: 300 with --charge, else --max-age)",
      ).argParser(wholeNumber(0, MOST_QUEUE_WAIT)),
    )
    .option(
      "--free-accounts <number>",
      "that are opened a day for nothing, in batches that others pay for",
      wholeNumber(0),
      0,
    )
    .option("--free-accounts-each <number>", "the same, for one client's address", wholeNumber(0), 3)
    .option(
      "--fee-cap <gwei>",
      "the most that a gas may cost; batches wait while L1 asks for more",
      wholeNumber(1),
      200,
    )
    .option(
      "--max-age <seconds>",
      "how long an operation waits for a fuller batch than one that pays for itself",
      wholeNumber(0),
      10,
    )
    .option(
      "--confirmations <blocks>",
      "that a deposit must have before a batch takes it (default: 2; none on a chain for development)",
      wholeNumber(0),
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 for any", wholeNumber(0, 65_535), 8790)
    .addOption(
      new Option(
        "--metrics-port <number>",
        "serve /metrics there instead, out of the public's sight; 0 for any",
      ).argParser(wholeNumber(0, 65_535)),
    )
    .option("--metrics-host <address>", "address that the metrics' port listens on", "127.0.0.1")
    .addOption(
      new Option(
        "--proxy <network...>",
        "reverse proxies whose X-Forwarded-For names the client, for the limits per client: loopback, 10.0.0.7, …",
      ).argParser(proxyNetwork),
    )
    .addOption(
      new Option("--threads <number>", "that verify signatures (default: one a core)").argParser(wholeNumber(1)),
    )
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText("after", `\nThe prover service's token is in ${TOKEN_VARIABLE}. More in docs/node.md.`)
    .action(async (options: NodeCommandOptions) => {
      const { runNode } = await import("./support/run-node.ts");
      const { runLogged } = await import("./support/service-log.ts");
      await runLogged(options, (log) => runNode(options, log));
    });
}
