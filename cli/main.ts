import { Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { SheafError } from "../protocol/errors.ts";
import { addBatch } from "./batch.ts";
import { addBench } from "./bench.ts";
import { addCircuit } from "./circuit.ts";
import { addDemo } from "./demo.ts";
import { addDeploy } from "./deploy.ts";
import { addDeposit } from "./deposit.ts";
import { addDev } from "./dev.ts";
import { addExit } from "./exit.ts";
import { addNode } from "./node.ts";
import { addPrepack } from "./prepack.ts";
import { addPropose } from "./propose.ts";
import { addProve } from "./prove.ts";
import { addProver } from "./prover.ts";
import { addPull } from "./pull.ts";
import { addRefund } from "./refund.ts";
import { addRestore } from "./restore.ts";
import { addSetup } from "./setup.ts";
import { addStatus } from "./status.ts";
import { endWithReader, print, printed, say } from "./support/output.ts";
import { describeError } from "./support/report.ts";
import { addTest } from "./test.ts";
import { addTransfer } from "./transfer.ts";
import { addVerify } from "./verify.ts";
import { addWallet } from "./wallet.ts";
import { addWatch } from "./watch.ts";
import { addWithdraw } from "./withdraw.ts";

// Commands import what they do when they are run, so that `--help` and a wrong option answer at once.
const program = new Command("sheaf")
  .description("A zk-rollup for balance transfers: circuits, prover, contracts, and the commands around them.")
  .version(packageJson.version, "--version", "print the version")
  .option("--debug", "show the stack of errors (before the command's name)")
  // `setup` and its subcommands have options of the same name.
  .enablePositionalOptions()
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: () => undefined, writeOut: print })
  .exitOverride();

const commands = [
  ...[addDemo, addDev, addTest, addBench, addSetup, addCircuit, addBatch],
  ...[addProve, addProver, addVerify, addDeploy, addRestore, addNode, addPropose, addExit, addRefund, addWatch],
  ...[addWallet, addDeposit, addTransfer, addWithdraw, addPull, addStatus, addPrepack],
];
for (const add of commands) add(program);

endWithReader();
// What fails beside the command's own work ends it too, and is told in the same way.
process.on("uncaughtException", (error) => void tell(error).finally(() => process.exit(1)));
try {
  await program.parseAsync();
} catch (error) {
  const isDone = error instanceof CommanderError && error.exitCode === 0;
  // Help that was printed because the command is missing is not an error message, but not a success either.
  const isHelp = error instanceof CommanderError && error.code === "commander.help";
  if (!isDone && !isHelp) await tell(error);
  if (!isDone) process.exitCode = 1;
}
await printed();
// Workers of the proving libraries can outlive the work; what was to be written has been awaited.
process.exit();

async function tell(error: unknown): Promise<void> {
  say(describeError(await sheafError(error), program.opts()["debug"] === true));
}

async function sheafError(error: unknown): Promise<SheafError> {
  if (error instanceof SheafError) return error;
  if (!(error instanceof CommanderError)) return (await import("./support/coded.ts")).coded(error);
  return new SheafError("USAGE", error.message.replace(/^error: /, ""), { cause: error });
}
