import { Command } from "commander";
import { mutateCircuits } from "./circuits.ts";
import { EQUIVALENT } from "./equivalents.ts";
import { mutantsOf, type Mutant } from "./mutants.ts";
import { Sandbox } from "./sandbox.ts";

// Takes guards out of contracts and circuits, and expects a test to fail: npm run mutate -- --help

const program = new Command("mutate")
  .description(
    "takes each guard out of the contracts, one at a time, and expects their tests to fail: a few seconds a mutant; " +
      "then drops constraints from the circuits, one at a time, and expects a forged witness to be accepted",
  )
  .argument("[part...]", "circuits, or texts of which a contract's mutant's name contains one: all if none is given")
  .option("--long", "drop every constraint of the circuits, not some: minutes")
  .parse();
const wanted = program.args;
if (wanted[0] !== "circuits") await mutateContracts();
if (wanted.length === 0 || wanted[0] === "circuits") {
  if (!(await mutateCircuits(program.opts<{ long?: true }>().long === true))) process.exitCode = 1;
}

async function mutateContracts(): Promise<void> {
  const sandbox = await Sandbox.create();
  try {
    const all = sandbox.sources().flatMap(([file, source]) => mutantsOf(file, source));
    const stale = Object.keys(EQUIVALENT).filter((name) => !all.some((mutant) => nameOf(mutant) === name));
    const mutants = all.filter((mutant) => {
      const name = nameOf(mutant);
      return EQUIVALENT[name] === undefined && (wanted.length === 0 || wanted.some((text) => name.includes(text)));
    });
    const failure = await sandbox.testUnchanged();
    if (failure !== undefined) throw new Error(`the tests fail before anything is changed:\n${failure}`);

    const survivors: string[] = [];
    for (const [i, mutant] of mutants.entries()) {
      const { result, by } = await sandbox.test(mutant);
      const killer = by === undefined ? "" : ` by ${by}`;
      process.stdout.write(
        `${i + 1}/${mutants.length} ${mutant.file}:${mutant.line} ${mutant.change}: ${result}${killer}\n`,
      );
      if (result !== "killed") survivors.push(`${result}: ${nameOf(mutant)} (line ${mutant.line})`);
    }
    const killed = mutants.length - survivors.length;
    const excused = Object.keys(EQUIVALENT).length;
    process.stdout.write(
      `${killed} of ${mutants.length} mutants killed, ${excused} are equivalent and were left out\n`,
    );
    for (const problem of [...survivors, ...stale.map((name) => `not a mutant: ${name}`)]) {
      process.stdout.write(`${problem}\n`);
      process.exitCode = 1;
    }
  } finally {
    await sandbox.close();
  }
}

function nameOf({ file, change }: Mutant): string {
  return `${file}: ${change}`;
}
