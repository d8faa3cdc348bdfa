import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { concat, dataLength, dataSlice, toBeHex, type Signer } from "ethers";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { deployOn, type Deployment } from "../../deploy/deploy.ts";
import { verifyDeployment, type DeploymentReport, type DeploymentSources } from "../../deploy/verify-deployment.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { BatchArtifacts } from "../../prover/artifacts/artifacts.ts";
import { installProductionKey } from "../../prover/artifacts/key-cache.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import type { PowersOfTauOptions } from "../../prover/setup/powers-of-tau.ts";
import { contribute, startCeremony } from "../../prover/setup/production.ts";
import { expectCode } from "../support/errors.ts";
import { chainArtifacts } from "../support/prover/chain-circuit.ts";
import { writePreparedPowersOfTau } from "../support/prover/powers-of-tau.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const VERIFIERS = ["VerifierVerifiedSmall", "DevelopmentVerifierVerifiedExit", "VerifierJointVerifiedSmall"];

// Circuits of a hundred constraints stand for the batches'. The size's key is a ceremony's, the exit's is not.
describe("deployments, verified", () => {
  let folder: string;
  let size: BatchArtifacts;
  let exit: BatchArtifacts;
  let powersOfTau: PowersOfTauOptions;
  let connection: NetworkConnection<"l1">;
  let deployment: Deployment;
  /** In which the rollup was created. */
  let creationBlock: number;
  let undo: () => Promise<void>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    const development = await chainArtifacts("verified-small", { steps: 80, transfers: 4 }, folder);
    exit = await chainArtifacts("verified-exit", { steps: 82, transfers: 0 }, folder);
    const path = join(folder, "small.ptau");
    await writePreparedPowersOfTau(path, 8, { tau: 3n ** 140n, alpha: 5n ** 90n, beta: 7n ** 80n });
    powersOfTau = {
      path,
      hash: createHash("blake2b512")
        .update(await readFile(path))
        .digest("hex"),
    };
    const { circuit } = development;
    const [first, zkey] = [join(folder, "0.zkey"), join(folder, "1.zkey")];
    await startCeremony({ circuit, powersOfTau, to: first });
    await contribute({ from: first, to: zkey, name: "Ada" });
    size = { ...development, key: await installProductionKey({ circuit, powersOfTau, zkey }, folder) };

    connection = await hre.network.create({ chainType: "l1" });
    const options = { sizes: [size], exit, timelockDelay: 3600, output: join(folder, "addresses.json") };
    deployment = await deployOn({ hre, connection }, { ...options, publish: join(folder, "published") });
    creationBlock = deployment.block;
    while ((await connection.ethers.provider.getCode(deployment.rollup, creationBlock)) === "0x") creationBlock++;
    const snapshot = await connection.networkHelpers.takeSnapshot();
    undo = () => snapshot.restore();
  });
  afterEach(() => undo());
  after(async () => {
    await connection.close();
    await endCurveWorkers();
    await rm(folder, { recursive: true });
    for (const name of VERIFIERS) await rm(join(ROOT, "build/verifiers", `${name}.sol`), { force: true });
  });

  const verify = (changes: Partial<DeploymentSources> = {}, rollup = deployment.rollup, block = creationBlock) =>
    verifyDeployment(
      { hre, provider: connection.ethers.provider, rollup, block },
      {
        circuit: async ({ rows }) => (rows === undefined ? exit : size).circuit,
        key: async ({ rows }) => (rows === undefined ? exit : size).key,
        powersOfTau,
        ...changes,
      },
    );
  const wrongIn = ({ findings }: DeploymentReport): readonly string[] =>
    findings.filter((finding) => finding.is === "wrong").map(({ about }) => about);

  const codeOf = (address: string) => connection.ethers.provider.getCode(address);
  const setCode = (address: string, code: string) => connection.networkHelpers.setCode(address, code);
  /** Flips a bit. */
  const changed = (code: string, at: number): string =>
    concat([dataSlice(code, 0, at), toBeHex(Number(dataSlice(code, at, at + 1)) ^ 1, 1), dataSlice(code, at + 1)]);

  it("are right where nothing was changed, with who made the keys and who governs", async () => {
    const report = await verify();
    expect(wrongIn(report)).to.deep.equal([]);
    expect(report.findings.filter(({ is }) => is === "right").map(({ about }) => about)).to.deep.equal([
      ...[
        "Rollup",
        "creation",
        "data",
        "verified-small",
        "verified-small",
        "verified-small",
        "verified-exit",
        "verified-exit",
      ],
      ...[deployment.sizes[0]!.contract, deployment.exit.contract, deployment.jointVerifier.contract],
    ]);
    expect(report.findings.filter(({ is }) => is === "open").map(({ about }) => about)).to.deep.equal([
      "verified-exit",
    ]);
    const [ceremony, development] = report.setups;
    expect(ceremony!.transcript!.contributions.map(({ name }) => name)).to.deep.equal(["Ada"]);
    expect(development).to.deep.include({ name: "verified-exit", setup: "development-INSECURE" });
    const { owner, operator } = deployment;
    expect(report).to.deep.include({ owner, operator, timelockDelay: 3600 });
  });

  it("say what was left open: a ceremony without its powers of tau, and another block than the rollup's", async () => {
    const { findings } = await verify({ powersOfTau: undefined }, deployment.rollup, creationBlock + 1);
    const open = findings.filter(({ is }) => is === "open").map(({ about }) => about);
    expect(open).to.deep.equal(["creation", "verified-small", "verified-exit"]);
  });

  it("are wrong where verifiers' code is another", async () => {
    const verifiers = [deployment.sizes[0]!, deployment.exit, deployment.jointVerifier];
    for (const { verifier } of verifiers) await setCode(verifier, changed(await codeOf(verifier), 100));
    expect(wrongIn(await verify())).to.deep.equal(verifiers.map(({ contract }) => contract));
  });

  it("are wrong where the rollup's code is another, and nothing more that it says is told", async () => {
    const { deployedBytecode, immutableReferences = {} } = await hre.artifacts.readArtifact("Rollup");
    const code = await codeOf(deployment.rollup);
    const [twice] = Object.values(immutableReferences).filter((places) => places.length > 1);
    const others = {
      "one bit": changed(code, 500),
      "its end": changed(code, dataLength(code) - 1),
      "one byte more": concat([code, "0x00"]),
      "an immutable variable, where one of two reads it": changed(code, twice![1]!.start + 31),
      "an account's": "0x",
      "what the compiler made, without its immutable variables' values": dataSlice(deployedBytecode, 0, 100),
    };
    for (const [what, other] of Object.entries(others)) {
      await setCode(deployment.rollup, other);
      if (other === "0x") await expectCode("ROLLUP_NOT_FOUND", () => verify());
      else {
        const report = await verify();
        expect(wrongIn(report), what).to.deep.equal(["Rollup"]);
        expect(report.owner, what).to.equal(undefined);
      }
      await undo();
    }
  });

  it("are wrong where another constructor left the same code, and a storage of its own", async () => {
    const [signer] = (await connection.ethers.getSigners()) as unknown as [Signer];
    const code = await codeOf(deployment.rollup);
    // It writes to a slot that no getter shows, copies the code from behind itself, and returns it.
    const constructor = (length: number): string =>
      concat([
        "0x6001617777",
        "0x55",
        `0x62${toBeHex(dataLength(code), 3).slice(2)}`,
        `0x80`,
        `0x60${toBeHex(length, 1).slice(2)}`,
        "0x5f39",
        "0x5ff3",
      ]);
    const prefix = constructor(dataLength(constructor(0)));
    const sent = await signer.sendTransaction({ data: concat([prefix, code]) });
    const { contractAddress, blockNumber } = (await sent.wait())!;
    expect(await codeOf(contractAddress!)).to.equal(code);
    const report = await verify({}, contractAddress!, blockNumber);
    expect(wrongIn(report)).to.deep.equal(["creation"]);
    expect(report.owner).to.equal(undefined);
  });

  it("are wrong where the constructor was given other circuits than are registered", async () => {
    const [signer] = (await connection.ethers.getSigners()) as unknown as [Signer];
    const creation = await connection.ethers.provider.getBlock(creationBlock, true);
    const data = creation!.prefetchedTransactions.find(({ to }) => to === null)!.data;
    const sent = await signer.sendTransaction({ data: concat([data, "0x00"]) });
    const { contractAddress, blockNumber } = (await sent.wait())!;
    expect(wrongIn(await verify({}, contractAddress!, blockNumber))).to.deep.equal(["creation"]);
  });

  it("are wrong where circuit or key is not what L1 has the hash of", async () => {
    const other = async () => exit.circuit;
    expect(wrongIn(await verify({ circuit: other }))).to.deep.equal(["verified-exit"]);
    const refuse = async (): Promise<never> => {
      throw new SheafError("ARTIFACT_MISMATCH", "another key");
    };
    expect(wrongIn(await verify({ key: refuse }))).to.deep.equal(["verified-small", "verified-exit"]);
  });

  it("are not called wrong where a key or the powers of tau cannot be had: that ends it with its own error", async () => {
    for (const code of ["KEY_MISSING", "DOWNLOAD_FAILED", "ARTIFACT_CORRUPT", "FILE_UNREADABLE"] as const) {
      const key = (): Promise<never> => Promise.reject(new SheafError(code, "none here"));
      await expectCode(code, () => verify({ key }));
    }
    const other = { ...powersOfTau, hash: "00".repeat(64) };
    await expectCode("PTAU_HASH_MISMATCH", () => verify({ powersOfTau: other }));
  });

  it("are wrong where no batch size is registered", async () => {
    const { immutableReferences = {} } = await hre.artifacts.readArtifact("Rollup");
    let code = await codeOf(deployment.rollup);
    // The number of sizes is one of those that are 1.
    for (const { start, length } of Object.values(immutableReferences).flat()) {
      if (BigInt(dataSlice(code, start, start + length)) === 1n) code = changed(code, start + length - 1);
    }
    const copy = "0x00000000000000000000000000000000000c0de5";
    await setCode(copy, code);
    expect(wrongIn(await verify({}, copy))).to.deep.equal(["sizes"]);
  });

  it("have their creation found whatever the case of the address", async () => {
    const { findings } = await verify({}, deployment.rollup.toLowerCase());
    expect(findings.find(({ about }) => about === "creation")).to.include({ is: "right" });
  });
});
