import { join } from "node:path";
import { ROOT } from "../../lib/root.ts";
import { downloadCircuit } from "../../prover/artifacts/download.ts";
import { circuitNameOf, openPublished, parseManifest, type CircuitHashes } from "../../prover/artifacts/published.ts";
import type { SnarkjsKeys } from "../../prover/backends/snarkjs.ts";
import { readJson } from "../../prover/files/text-files.ts";
import { MANIFEST } from "../../prover/files/whole-files.ts";
import { withProgress } from "./progress.ts";

/** A published circuit that L1 vouches for. */
export interface PublishedKeys {
  readonly name: string;
  readonly keys: SnarkjsKeys;
}

/**
 * The files of the circuit that L1 names by its hashes.
 *
 * @param source published folder, or the URL of one
 * @throws SheafError ARTIFACT_MISMATCH, ARTIFACT_CORRUPT, DOWNLOAD_FAILED, FILE_UNREADABLE, JSON_MALFORMED
 */
export async function publishedKeys(source: string, hashes: CircuitHashes): Promise<PublishedKeys> {
  if (!/^https?:\/\//.test(source)) {
    const path = join(source, MANIFEST);
    return open(source, circuitNameOf(source, parseManifest(path, await readJson(path)), hashes), hashes);
  }
  const folder = join(ROOT, "build", "downloads", hashes.keyHash.slice(2, 18));
  const url = source.replace(/\/+$/, "");
  const name = await withProgress("keys", (onProgress) => downloadCircuit(url, hashes, folder, onProgress));
  return open(folder, name, hashes);
}

async function open(folder: string, name: string, hashes: CircuitHashes): Promise<PublishedKeys> {
  const { wasm, zkey, verificationKey } = await openPublished(folder, name, hashes);
  return { name, keys: { wasm, zkey, verificationKey } };
}
