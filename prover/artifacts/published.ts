import { copyFile, link, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { VerificationKey } from "snarkjs";
import * as z from "zod";
import { PROTOCOL_NAME, PROTOCOL_VERSION } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { requireVersion } from "../../protocol/versions.ts";
import { checkFiles, ensureFolder, exists, MANIFEST, readManifest, sha256File, toJson } from "../files/whole-files.ts";
import type { ProvingArtifacts, SetupKind } from "./artifacts.ts";

/** Names of a circuit's files in its folder, as they are published. */
export const FILES = {
  r1cs: "circuit.r1cs",
  wasm: "circuit.wasm",
  zkey: "key.zkey",
  verificationKey: "verification_key.json",
};

/** Which rollup a folder of published files is for. `block` is the first that matters to it. */
export interface PublishedFor {
  /** Name of the deployment, which depends on chain, parameters and code. */
  readonly deployment: string;
  readonly chainId: number;
  readonly rollup: string;
  readonly block: number;
}

const file = z.object({ bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const schema = z.object({
  protocol: z.literal(PROTOCOL_NAME),
  version: z.literal(PROTOCOL_VERSION),
  deployment: z.string(),
  chainId: z.int(),
  rollup: z.string(),
  block: z.int(),
  circuits: z.array(
    z.object({
      // Becomes a folder's.
      name: z
        .string()
        .regex(/^[\w.-]+$/)
        .refine((name) => !name.startsWith(".")),
      setup: z.enum(["development-INSECURE", "production"] satisfies SetupKind[]),
      files: z.object({ r1cs: file, wasm: file, zkey: file, verificationKey: file }),
    }),
  ),
});

/** What a manifest of any version has. */
const versioned = z.object({ protocol: z.literal(PROTOCOL_NAME), version: z.int() });

/** A published folder's `manifest.json`. */
export type PublishedManifest = z.output<typeof schema>;

/** What L1 knows of a circuit: SHA-256 of R1CS and proving key, `0x` and 64 digits. */
export interface CircuitHashes {
  readonly circuitHash: string;
  readonly keyHash: string;
}

/**
 * Reads a manifest; `source` is where it is from.
 *
 * @throws SheafError PROTOCOL_VERSION_WRONG, ARTIFACT_CORRUPT
 */
export function parseManifest(source: string, content: unknown): PublishedManifest {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const other = versioned.safeParse(content);
  if (other.success) requireVersion(source, other.data.version);
  throw new SheafError("ARTIFACT_CORRUPT", `${source}: ${parsed.error.message}`);
}

/** The name of the circuit with these hashes. Throws `ARTIFACT_MISMATCH` if there is none. */
export function circuitNameOf(source: string, manifest: PublishedManifest, hashes: CircuitHashes): string {
  const circuit = manifest.circuits.find(({ files }) => isSame(files, hashes));
  if (circuit !== undefined) return circuit.name;
  throw new SheafError("ARTIFACT_MISMATCH", `${source} has no circuit with the key ${hashes.keyHash}, which is on L1`);
}

const isSame = (
  { r1cs, zkey }: PublishedManifest["circuits"][number]["files"],
  { circuitHash, keyHash }: CircuitHashes,
): boolean => circuitHash === `0x${r1cs.sha256}` && keyHash === `0x${zkey.sha256}`;

/**
 * Writes everything that proofs for a rollup take to a folder, whole or not at all: any static server can serve it, and
 * any copy is as good, because the hashes of circuit and key are on L1. Does nothing if the folder is there already.
 *
 * Layout: `manifest.json`, and for each circuit `<name>/circuit.r1cs`, `circuit.wasm`, `key.zkey`,
 * `verification_key.json`.
 */
export async function publishKeys(
  folder: string,
  rollup: PublishedFor,
  circuits: readonly ProvingArtifacts[],
): Promise<void> {
  await ensureFolder(folder, async (draft) => {
    const entries: PublishedManifest["circuits"] = [];
    for (const { circuit, key } of circuits) {
      const sources = {
        r1cs: circuit.r1cs,
        wasm: circuit.wasm,
        zkey: key.zkey,
        verificationKey: key.verificationKeyPath,
      };
      await mkdir(join(draft, circuit.name));
      const files = {} as PublishedManifest["circuits"][number]["files"];
      for (const [part, source] of Object.entries(sources) as [keyof typeof FILES, string][]) {
        const path = join(draft, circuit.name, FILES[part]);
        // A key may have gigabytes: a second name for the same bytes will do, unless the folder is on another disk.
        await link(source, path).catch(() => copyFile(source, path));
        files[part] = { bytes: (await stat(path)).size, sha256: await sha256File(path) };
      }
      entries.push({ name: circuit.name, setup: key.setup, files });
    }
    const manifest: PublishedManifest = {
      protocol: PROTOCOL_NAME,
      version: PROTOCOL_VERSION,
      ...rollup,
      circuits: entries,
    };
    await writeFile(join(draft, MANIFEST), toJson(manifest));
  });
}

/**
 * Looks, before anything is deployed, whether a folder is free for a deployment's files, or has them already.
 *
 * @throws SheafError PUBLISH_EXISTS if it holds anything else
 */
export async function requirePublishable(folder: string, deployment: string): Promise<void> {
  if (!(await exists(folder))) return;
  const { data } = schema.safeParse(await readManifest(folder).catch(() => undefined));
  if (data?.deployment === deployment) return;
  throw new SheafError("PUBLISH_EXISTS", `${folder} is there already, and not of deployment ${deployment}`);
}

/** What a prover takes of a published circuit. */
export interface PublishedCircuit {
  readonly wasm: string;
  readonly r1cs: string;
  readonly zkey: string;
  readonly verificationKey: VerificationKey;
}

/**
 * Opens a circuit of a published folder, once its files are seen to be those whose hashes L1 has.
 *
 * @param hashes as the contract gives them
 * @throws SheafError ARTIFACT_CORRUPT if a file is not as the manifest says, ARTIFACT_MISMATCH if L1 says otherwise
 */
export async function openPublished(folder: string, name: string, hashes: CircuitHashes): Promise<PublishedCircuit> {
  const manifest = parseManifest(join(folder, MANIFEST), await readManifest(folder));
  const circuit = manifest.circuits.find((entry) => entry.name === name);
  if (circuit === undefined) throw new SheafError("ARTIFACT_MISMATCH", `${folder} has no circuit ${name}`);
  if (!isSame(circuit.files, hashes)) {
    throw new SheafError(
      "ARTIFACT_MISMATCH",
      `${folder} has other files for ${name} than those whose hashes are on L1`,
    );
  }
  const parts = Object.entries(circuit.files) as [keyof typeof FILES, { sha256: string }][];
  await checkFiles(join(folder, name), Object.fromEntries(parts.map(([part, { sha256 }]) => [FILES[part], sha256])));
  const path = (part: keyof typeof FILES): string => join(folder, name, FILES[part]);
  return {
    wasm: path("wasm"),
    r1cs: path("r1cs"),
    zkey: path("zkey"),
    verificationKey: JSON.parse(await readFile(path("verificationKey"), "utf8")) as VerificationKey,
  };
}
