import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensureCompiled } from "../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../prover/artifacts/key-cache.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { expectFailure, expectSuccess } from "../support/cli.ts";
import { chainCircuit } from "../support/prover/chain-circuit.ts";

describe("sheaf with bad keys, powers of tau and proofs", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await expectSuccess(["batch", "example", "--out", "batch.json"], folder);
    const key = await ensureDevelopmentKey(await ensureCompiled(await chainCircuit(), folder), folder);
    const bytes = await readFile(key.zkey);
    await writeFile(join(folder, "other-circuit.zkey"), bytes);
    await writeFile(join(folder, "cut.zkey"), bytes.subarray(0, bytes.length - 100));
    await writeFile(join(folder, "garbage.zkey"), "no key");
    await endCurveWorkers();
  });
  after(() => rm(folder, { recursive: true }));

  const prove = (...args: string[]) => ["prove", "--batch", "batch.json", "--out", "proof", ...args];
  async function expectNothingWritten(): Promise<void> {
    expect(await readdir(folder)).to.not.include("proof");
    expect((await readdir(folder)).filter((name) => name.includes("tmp"))).to.deep.equal([]);
  }

  it("proves nothing with a corrupt key", async () => {
    expect(await expectFailure("KEY_MALFORMED", prove("--key", "cut.zkey"), folder)).to.include("cut.zkey");
    await expectFailure("KEY_MALFORMED", prove("--key", "garbage.zkey"), folder);
    await expectFailure("FILE_UNREADABLE", prove("--key", "missing.zkey"), folder);
    await expectNothingWritten();
  });

  it("proves nothing with another circuit's key", async () => {
    await expectFailure("PROOF_INVALID", prove("--key", "other-circuit.zkey"), folder);
    await expectNothingWritten();
  });

  it("proves nothing for a batch that the state machine refuses", async () => {
    const batch = JSON.parse(await readFile(join(folder, "batch.json"), "utf8")) as {
      transfers: { signature: { s: string } }[];
    };
    batch.transfers[0]!.signature.s = "1";
    await writeFile(join(folder, "unsigned.json"), JSON.stringify(batch));
    await expectFailure("SIGNATURE_INVALID", ["prove", "--batch", "unsigned.json", "--out", "proof"], folder);
    await expectFailure("FILE_UNREADABLE", ["prove", "--batch", "missing.json", "--out", "proof"], folder);
    await expectNothingWritten();
  });

  it("takes no powers of tau that are cut off, and writes no key", async () => {
    const header = Buffer.from("7074617501000000", "hex");
    await writeFile(join(folder, "cut.ptau"), Buffer.concat([header, Buffer.from("0b00000001000000", "hex")]));
    await expectFailure("PTAU_MALFORMED", ["setup", "--ptau", "cut.ptau", "--to", "0000.zkey"], folder);
    await expectFailure("FILE_UNREADABLE", ["setup", "--ptau", "missing.ptau", "--to", "0000.zkey"], folder);
    expect(await readdir(folder)).to.not.include("0000.zkey");
    await expectFailure("USAGE", ["setup", "--ptau", "cut.ptau", "--to", "x", "--sizes", "batch-4,batch-16"], folder);
  });

  it("contributes to no corrupt key, and not to a development key", async () => {
    const contribute = (from: string) => ["setup", "contribute", "--from", from, "--to", "0001.zkey", "--name", "Ada"];
    await expectFailure("KEY_MALFORMED", contribute("cut.zkey"), folder);
    await expectFailure("KEY_INSECURE", contribute("other-circuit.zkey"), folder);
    const beacon = ["setup", "beacon", "--from", "cut.zkey", "--to", "0001.zkey", "--hash"];
    await expectFailure("BEACON_INVALID", [...beacon, "xyz"], folder);
    await expectFailure("BEACON_INVALID", [...beacon, "0123", "--iterations", "ten"], folder);
    await expectFailure("KEY_MALFORMED", ["setup", "verify", "--key", "garbage.zkey", "--ptau", "cut.ptau"], folder);
    expect(await readdir(folder)).to.not.include("0001.zkey");
  });

  it("verifies no proof that is missing or malformed", async () => {
    await expectFailure("FILE_UNREADABLE", ["verify", "nowhere"], folder);
    await writeFile(join(folder, "proof.json"), "{}");
    await writeFile(join(folder, "public.json"), "[]");
    await expectFailure("PROOF_INVALID", ["verify", "."], folder);
  });

  it("deploys to no network that is not there, and for no operator that is none", async () => {
    await expectFailure("USAGE", ["deploy", "--network", "nowhere"]);
    await expectFailure("NETWORK_UNREACHABLE", ["deploy", "--network", "http://127.0.0.1:1"]);
    expect(await expectFailure("FIELD_INVALID", ["deploy", "--network", "local", "--operator", "0x12"])).to.include(
      "operator",
    );
    expect(await expectFailure("FIELD_INVALID", ["deploy", "--network", "local", "--local-chain", "x"])).to.include(
      "localChain",
    );
  });
});
