import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { downloadCircuit } from "../../../prover/artifacts/download.ts";
import { FILES, openPublished } from "../../../prover/artifacts/published.ts";
import { PROTOCOL_VERSION } from "../../../protocol/constants.ts";
import { expectCode } from "../../support/errors.ts";
import { newFolder } from "../../support/folders.ts";
import { serveFolder } from "../../support/static-server.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("prover: published files from a server", () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let target: string;
  const contents = Object.fromEntries(
    Object.keys(FILES).map((part) => [
      part,
      part === "verificationKey" ? `{"of":"${part}"}` : `the ${part} `.repeat(999),
    ]),
  ) as Record<keyof typeof FILES, string>;
  const hashes = { circuitHash: `0x${sha256(contents.r1cs)}`, keyHash: `0x${sha256(contents.zkey)}` };
  const MANIFEST = {
    protocol: "Sheaf",
    version: PROTOCOL_VERSION,
    deployment: "chain-31337",
    chainId: 31337,
    rollup: `0x${"11".repeat(20)}`,
    block: 7,
    circuits: [
      {
        name: "small",
        setup: "production",
        files: Object.fromEntries(
          Object.entries(contents).map(([part, text]) => [part, { bytes: text.length, sha256: sha256(text) }]),
        ),
      },
    ],
  };
  const put = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);

  beforeEach(async () => {
    folder = newFolder();
    target = join(newFolder(), "keys");
    await mkdir(join(folder, "small"));
    for (const [part, text] of Object.entries(contents)) {
      await put(`small/${FILES[part as keyof typeof FILES]}`, text);
    }
    await put("manifest.json", JSON.stringify(MANIFEST));
    server = await serveFolder(folder);
  });
  afterEach(() => server.close());

  const download = (wanted = hashes) => downloadCircuit(server.url, wanted, target);

  it("arrive, and open as a published folder", async () => {
    const fractions: number[] = [];
    const name = await downloadCircuit(server.url, hashes, target, (fraction) => fractions.push(fraction));
    expect(name).to.equal("small");
    const { zkey, wasm, verificationKey } = await openPublished(target, name, hashes);
    expect(await readFile(zkey, "utf8")).to.equal(contents.zkey);
    expect(await readFile(wasm, "utf8")).to.equal(contents.wasm);
    expect(verificationKey).to.deep.equal({ of: "verificationKey" });
    expect(fractions.at(-1)).to.equal(1);
    expect(fractions).to.deep.equal(fractions.toSorted((a, b) => a - b));
  });

  it("that are there are not fetched again, what is damaged is", async () => {
    await download();
    await put("small/key.zkey", "the server has lost it");
    await download();
    await writeFile(join(target, "small/key.zkey"), "damaged here");
    await expectCode("DOWNLOAD_FAILED", () => download());
    await put("small/key.zkey", contents.zkey);
    await download();
    expect(await readFile(join(target, "small/key.zkey"), "utf8")).to.equal(contents.zkey);
  });

  it("are refused where they are shorter, longer or other than the manifest says", async () => {
    for (const damage of [contents.zkey.slice(1), `${contents.zkey}!`, contents.zkey.replace("t", "T")]) {
      await put("small/key.zkey", damage);
      await expectCode("DOWNLOAD_FAILED", () => download());
      expect(existsSync(join(target, "small/key.zkey"))).to.equal(false);
    }
  });

  it("are refused where the manifest is not of L1's circuit", async () => {
    await expectCode("ARTIFACT_MISMATCH", () => download({ ...hashes, keyHash: `0x${"22".repeat(32)}` }));
    await expectCode("ARTIFACT_MISMATCH", () => download({ ...hashes, circuitHash: hashes.keyHash }));
    expect(existsSync(target)).to.equal(false);
  });

  it("are refused where the manifest is none, or names a folder that is not its own", async () => {
    await put("manifest.json", "<html>");
    await expectCode("DOWNLOAD_FAILED", () => download());
    for (const name of ["../small", ".", "..", "a/b", ""]) {
      const circuits = [{ ...MANIFEST.circuits[0], name }];
      await put("manifest.json", JSON.stringify({ ...MANIFEST, circuits }));
      await expectCode("ARTIFACT_CORRUPT", () => download());
    }
  });

  it("are refused of another version of the protocol, with the release to use", async () => {
    for (const [version, release] of [
      [1, /release 0\.1, which has the tag v0\.1/],
      [PROTOCOL_VERSION + 1, /a release that knows it/],
    ] as const) {
      await put("manifest.json", JSON.stringify({ ...MANIFEST, version }));
      expect((await expectCode("PROTOCOL_VERSION_WRONG", () => download())).message).to.match(release);
    }
    await put("manifest.json", JSON.stringify({ ...MANIFEST, protocol: "Straw", version: 1 }));
    await expectCode("ARTIFACT_CORRUPT", () => download());
  });

  it("are not there where nobody serves them", async () => {
    await server.close();
    await expectCode("DOWNLOAD_FAILED", () => download());
    server = await serveFolder(join(folder, "nowhere"));
    await expectCode("DOWNLOAD_FAILED", () => download());
  });
});
