import { Command, CommanderError, Help } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { SheafError } from "../protocol/errors.ts";
import { endWithReader, print, printed, say } from "./support/output.ts";

interface CommandModule {
  /** Gives a command its options, subcommands and action. */
  readonly define: (command: Command) => void;
}

/** Every command as it is listed, with its module: that is loaded once the command is named, so that `--help` answers at once. */
const COMMANDS: Readonly<
  Record<string, readonly [description: string | undefined, load: () => Promise<CommandModule>]>
> = {
  "demo [options]": [
    "run a rollup from nothing: build, deploy to a local chain, deposit, transfer, prove, withdraw",
    () => import("./demo.ts"),
  ],
  "dev [options]": [
    "run everything on this machine: a chain, a rollup, its node and prover, the explorer, funded accounts",
    () => import("./dev.ts"),
  ],
  "test [options] [files...]": [
    "check types and style, build the contracts, and run all tests; or run the named files of tests alone",
    () => import("./test.ts"),
  ],
  "bench [options]": [
    "measure batch sizes: constraints, setup, proofs, gas; everything is built anew, which takes minutes",
    () => import("./bench.ts"),
  ],
  "setup [options]": [
    "make proving keys: INSECURE ones for development, or the first key of a ceremony with --ptau",
    () => import("./setup.ts"),
  ],
  circuit: ["about the circuits", () => import("./circuit.ts")],
  batch: ["make and check batch descriptions: accounts and signed operations", () => import("./batch.ts")],
  "prove [options]": [
    "prove a batch: writes proof.json, public.json and calldata.json (the arguments of submitBatch)",
    () => import("./prove.ts"),
  ],
  prover: ["proofs as a service: a coordinator, and workers on any machine", () => import("./prover.ts")],
  "verify [options] <folder>": [
    "verify a proof: the proof.json and public.json that `sheaf prove` writes",
    () => import("./verify.ts"),
  ],
  "deploy [options]": [
    "deploy the rollup and its verifiers, or resume a deployment that was interrupted",
    () => import("./deploy.ts"),
  ],
  "verify-deployment [options]": [
    "make a deployed rollup's circuits, keys' hashes, verifiers and code again from source, and compare with L1",
    () => import("./verify-deployment.ts"),
  ],
  "restore [options]": [
    "rebuild the rollup's whole state from L1 alone, each root checked; resumes where it stopped",
    () => import("./restore.ts"),
  ],
  "node [options]": [
    "run a rollup: take operations in over HTTP, bring them to L1 in proven batches; stops on Ctrl-C",
    () => import("./node.ts"),
  ],
  "propose [options]": [
    "serve the queue when the operator does not: past the deadline anyone may prove and submit a batch",
    () => import("./propose.ts"),
  ],
  "exit [options]": [
    "leave a frozen rollup: shows L1 each account of an L1 address, by a proof or without, and takes out all that is its own",
    () => import("./exit.ts"),
  ],
  "refund [options]": [
    "get deposits back from a frozen rollup that no batch took; needs neither key files nor a proof",
    () => import("./refund.ts"),
  ],
  "watch [options]": [
    "look after a rollup from L1 alone: deadlines, roots, freezing, who governs it",
    () => import("./watch.ts"),
  ],
  wallet: [
    "a person's keys, in an encrypted file: of the rollup, and of the L1 account that belongs to them",
    () => import("./wallet.ts"),
  ],
  "deposit [options] <amount>": [
    "pay from L1 into an account of the rollup: the wallet's own, unless --to names another",
    () => import("./deposit.ts"),
  ],
  "transfer [options] <to> <amount>": ["pay somebody in the rollup", () => import("./transfer.ts")],
  "withdraw [options] [amount]": [
    "take an amount out of the rollup; once it is verified, `sheaf pull` has L1 pay it out",
    () => import("./withdraw.ts"),
  ],
  "pull [options]": ["have L1 pay out what the wallet withdrew from the rollup", () => import("./pull.ts")],
  "status [options] [id]": [
    "how far an operation is; without one, what the wallet has and what it did last",
    () => import("./status.ts"),
  ],
  prepack: [undefined, () => import("./prepack.ts")],
};

/**
 * The program, with every command. Only the one that the arguments name, alone or after `help`, is loaded. Its errors are
 * thrown, not printed.
 *
 * @param args as on the command line, after the program's name
 * @param writeOut takes help
 */
export async function programFor(args: readonly string[], writeOut: (text: string) => void): Promise<Command> {
  const listed = new Map<Command, string>();
  const program = new Command("sheaf")
    .description("A zk-rollup for balance transfers: circuits, prover, contracts, and the commands around them.")
    .version(packageJson.version, "--version", "print the version")
    .option("--debug", "show the stack of errors (before the command's name)")
    // `setup` and its subcommands have options of the same name.
    .enablePositionalOptions()
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => listed.get(command) ?? new Help().subcommandTerm(command),
    })
    .configureOutput({ outputError: () => undefined, writeOut })
    .exitOverride();
  const [first, second] = args.filter((word) => !word.startsWith("-"));
  const named = first === "help" ? second : first;
  for (const [usage, [description, load]] of Object.entries(COMMANDS)) {
    const [name] = usage.split(" ");
    const command = program.command(name!, { hidden: description === undefined });
    if (description !== undefined) command.description(description);
    listed.set(command, usage);
    if (name === named) (await load()).define(command);
  }
  return program;
}

if (import.meta.main) await run(process.argv.slice(2));

/** Ends the process. */
async function run(args: readonly string[]): Promise<never> {
  let program: Command | undefined;
  const tellOf = (error: unknown): Promise<void> => tell(error, program?.opts()["debug"] === true);
  endWithReader();
  // A failure beside the command's own work ends it too, and is told in the same way.
  process.on("uncaughtException", (error) => void tellOf(error).finally(() => process.exit(1)));
  try {
    program = await programFor(args, print);
    await program.parseAsync();
  } catch (error) {
    const isDone = error instanceof CommanderError && error.exitCode === 0;
    // Help that was printed because the command is missing is not an error message, but not a success either.
    const isHelp = error instanceof CommanderError && error.code === "commander.help";
    if (!isDone && !isHelp) await tellOf(error);
    if (!isDone) process.exitCode = 1;
  }
  await printed();
  // Workers of the proving libraries can outlive the work; all output has been awaited.
  process.exit();
}

async function tell(error: unknown, isDebug: boolean): Promise<void> {
  const { coded, describeError } = await import("./support/failure.ts");
  const told =
    error instanceof CommanderError
      ? new SheafError("USAGE", error.message.replace(/^error: /, ""), { cause: error })
      : coded(error);
  say(describeError(told, isDebug));
}
