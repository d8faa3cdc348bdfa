import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { zKey } from "snarkjs";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { closingFiles } from "../../prover/files/snarkjs-files.ts";
import { runProgram } from "../support/cli.ts";
import { newFolder } from "../support/folders.ts";
import { writePreparedPowersOfTau } from "../support/prover/powers-of-tau.ts";
import { LONG } from "../support/random.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PTAU = "powersOfTau28_hez_final_17.ptau";
const BEACON = "c3".repeat(31) + "d4";

/** What docs/setup.md has its reader type. */
function ceremonyBlock(): string {
  const text = readFileSync(join(ROOT, "docs/setup.md"), "utf8");
  const [, block] = /```sh\n(export PTAU=[^]*?)```/.exec(text)!;
  return block!.replace(/BEACON=\S+/, `BEACON=${BEACON}`);
}

// Minutes: only with `SHEAF_LONG=1`.
(LONG ? describe : describe.skip)("the ceremony of docs/setup.md", function () {
  this.timeout("3h");
  after(() => endCurveWorkers());

  it("makes production keys of a size and of the exit, which snarkjs verifies too", async () => {
    const clone = newFolder();
    cloneInto(clone);
    await writePreparedPowersOfTau(join(clone, PTAU), 17, { tau: 3n ** 140n, alpha: 5n ** 90n, beta: 7n ** 80n });
    const hash = createHash("blake2b512")
      .update(readFileSync(join(clone, PTAU)))
      .digest("hex");

    // Nobody has published this file.
    const sheaf = `sheaf() { "${process.execPath}" cli/main.ts "$@" $([[ " $* " = *" --ptau "* ]] && echo --ptau-hash ${hash}); }`;
    const script = ["set -e", sheaf, ceremonyBlock().replaceAll("./sheaf ", "sheaf ")].join("\n");
    const { exitCode, stdout, stderr } = await runProgram("bash", ["-c", script], { cwd: clone });
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).not.to.match(/Warning|garbage/);
    expect(stdout.match(/^BLAKE2b-512 of the (contribution|beacon): /gm)).to.have.length(6);

    for (const name of ["batch-4", "exit"]) {
      const [folder] = readdirSync(join(clone, "build/keys")).filter((path) => path.startsWith(`${name}-`));
      const key = join(clone, "build/keys", folder!, "production");
      expect(readdirSync(key)).to.include.members(["manifest.json", "production.zkey", "transcript.json"]);
      const r1cs = join(clone, "build/circuits", circuitOf(name), "circuit.r1cs");
      const isRight = await closingFiles(() =>
        zKey.verifyFromR1cs(r1cs, join(clone, PTAU), join(key, "production.zkey")),
      );
      expect(isRight, name).to.equal(true);
    }
  });
});

const circuitOf = (name: string): string => {
  const manifests = readdirSync(join(ROOT, "build/circuits")).filter((path) => path.startsWith(`${name}-`));
  return manifests[0]!;
};

/** A copy of the repository in which keys can be installed; what was built already is this one's. */
function cloneInto(folder: string): void {
  const rooms = ["lib", "protocol", "circuits", "http", "l1", "api", "prover", "node", "wallet", "cli"];
  for (const name of [...rooms, "package.json"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "build"));
  for (const name of ["circuits", "native"]) symlinkSync(join(ROOT, "build", name), join(folder, "build", name));
}
