import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { OPERATOR } from "../../devnet/demo/scenario.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import { expectFailure, expectSuccess, runProgram } from "../support/cli.ts";
import { LONG } from "../support/random.ts";

const SNARKJS = resolve(import.meta.dirname, "../../node_modules/snarkjs/build/cli.cjs");

describe("command line, with real proofs", function () {
  // The first run builds circuit and keys.
  this.timeout(600_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "sheaf-"))));
  after(() => rm(folder, { recursive: true }));

  it("tells each size's circuit", async () => {
    // To compile the second one takes longer than all else here.
    const sizes = BATCH_SIZES.slice(0, LONG ? 2 : 1).map(({ name }) => name);
    const infos = JSON.parse(await expectSuccess(["circuit", "info", "--sizes", sizes.join(), "--json"])) as Record<
      string,
      unknown
    >[];
    expect(infos).to.have.length(sizes.length);
    infos.forEach((info, id) => {
      const { name, transfers, accounts, l1Operations: l1Ops, withdrawals, segments, nodes } = BATCH_SIZES[id]!;
      expect(info).to.include({ name, transfers, accounts, l1Ops, withdrawals, segments, nodes });
      expect(info).to.have.keys(
        ...["name", "transfers", "accounts", "l1Ops", "withdrawals", "segments", "nodes"],
        ...["constraints", "wires", "nonZeros", "domainPower", "r1cs"],
      );
      expect(2 ** (info["domainPower"] as number)).to.be.above(info["constraints"] as number);
    });
  });

  it("proves a batch; snarkjs itself accepts the proof", async () => {
    await expectSuccess(["batch", "example", "--out", "batch.json"], folder);
    const proved = JSON.parse(
      await expectSuccess(["prove", "--batch", "batch.json", "--out", "proof", "--size-id", "3", "--json"], folder),
    ) as Record<string, string>;
    const files = ["calldata.json", "proof.json", "public.json"];
    expect(await readdir(join(folder, "proof"))).to.have.members(files);

    const [key] = JSON.parse(await expectSuccess(["setup", "--json"])) as { verificationKey: string; setup: string }[];
    expect(key!.setup).to.equal("development-INSECURE");
    const verify = [SNARKJS, "groth16", "verify", key!.verificationKey, "proof/public.json", "proof/proof.json"];
    const { exitCode, stdout } = await runProgram(process.execPath, verify, { cwd: folder });
    expect(exitCode, stdout).to.equal(0);
    expect(stdout).to.include("OK!");

    const checked = JSON.parse(await expectSuccess(["batch", "check", "batch.json", "--json"], folder)) as Record<
      string,
      string
    >;
    const calldata = JSON.parse(await readFile(join(folder, "proof/calldata.json"), "utf8")) as Record<string, string>;
    expect(calldata).to.include({ size: 3, c: checked["c"], words: checked["words"] });
    expect(calldata).to.have.property("proof").with.length(8);
    expect(calldata).to.have.property("refundAddresses").with.length(1);
    expect(proved).to.include({ c: checked["c"], y: checked["y"], alpha: checked["alpha"] });
  });

  it("verifies that proof, and no other public signals", async () => {
    expect(JSON.parse(await expectSuccess(["verify", "proof", "--json"], folder))).to.include({ valid: true });
    const signals = JSON.parse(await readFile(join(folder, "proof/public.json"), "utf8")) as string[];
    await writeFile(join(folder, "proof/public.json"), JSON.stringify(signals.with(1, "12")));
    await expectFailure("PROOF_INVALID", ["verify", "proof"], folder);
  });

  it("demonstrates a user's own transfers, and several batches in one transaction", async () => {
    // The fees go to a wallet of this name.
    const rows = ["from,to,token,amount,fee", `${OPERATOR},L1,TEST,7 wei,10 wei`, `${OPERATOR},ben,TEST,1.5,200 wei`];
    // Of one size there is room for one withdrawal.
    await writeFile(join(folder, "list.csv"), [...rows, `${OPERATOR},L1,TEST,3 wei,4 wei`].join("\n"));
    const demo = JSON.parse(
      await expectSuccess(["demo", "--transfers", "list.csv", "--settle", "2", "--json"], folder),
    ) as Demo;
    const [first, second] = demo.batches;
    expect(demo.batches.map(({ together }) => together)).to.deep.equal([2, 2]);
    expect(second!.transaction).to.equal(first!.transaction);
    expect(Number(first!.alone)).to.be.above(1.4 * Number(first!.gasUsed));
    expect(first).to.include({ l1Operations: 2, transfers: 1, withdrawals: 1, accountsTouched: 2 });
    expect(second).to.include({ l1Operations: 0, transfers: 0, withdrawals: 1, accountsTouched: 1 });
    expect(demo.pulled).to.deep.equal({ wallet: OPERATOR, token: "TEST", amount: "10" });
    expect(demo.holdings).to.deep.equal([
      { wallet: OPERATOR, token: "TEST", inRollup: "214", withdrawable: "0", onL1: "10" },
      { wallet: "ben", token: "TEST", inRollup: "1500000000000000000", withdrawable: "0", onL1: "0" },
    ]);
    expect(demo.root.onL1).to.equal(demo.root.offChain).and.to.equal(demo.root.replayed);
  });
});

interface Demo {
  readonly batches: readonly { readonly [name: string]: unknown }[];
  readonly holdings: readonly object[];
  readonly pulled: object;
  readonly root: { readonly onL1: string; readonly offChain: string; readonly replayed: string };
}
