import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import { unwritable } from "../files/unwritable.ts";
import { MANIFEST, replaceWhole, sha256File, toJson, writeWhole } from "../files/whole-files.ts";
import type { Progress } from "../setup/progress.ts";
import { circuitNameOf, FILES, parseManifest, type CircuitHashes } from "./published.ts";

/** A manifest has a few circuits. */
const LONGEST_MANIFEST = 1 << 20;

/**
 * Brings the files of a circuit from a published folder that a server shows. Files that are there already are kept, and
 * none is taken that has another hash than the manifest says, or the manifest another than L1.
 *
 * @param url of the folder
 * @param folder laid out as the published one, with this circuit alone
 * @returns the circuit's name
 * @throws SheafError DOWNLOAD_FAILED, ARTIFACT_CORRUPT, ARTIFACT_MISMATCH
 */
export async function downloadCircuit(
  url: string,
  hashes: CircuitHashes,
  folder: string,
  onProgress?: Progress,
): Promise<string> {
  const manifest = parseManifest(`${url}/${MANIFEST}`, await getManifest(url));
  const name = circuitNameOf(url, manifest, hashes);
  const { files } = manifest.circuits.find((circuit) => circuit.name === name)!;
  const parts = Object.entries(files) as [keyof typeof FILES, { bytes: number; sha256: string }][];
  const total = parts.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  let arrived = 0;
  for (const [part, { bytes, sha256 }] of parts) {
    const path = join(folder, name, FILES[part]);
    if ((await sha256File(path).catch(() => undefined)) !== sha256) {
      const start = arrived;
      const onBytes = (count: number): void => onProgress?.((start + count) / total, FILES[part]);
      await getFile(`${url}/${name}/${FILES[part]}`, path, { bytes, sha256 }, onBytes);
    }
    arrived += bytes;
  }
  await writeWhole(join(folder, MANIFEST), toJson(manifest));
  return name;
}

async function getManifest(url: string): Promise<unknown> {
  const response = await get(`${url}/${MANIFEST}`);
  const text = await response.text().catch((cause: unknown) => failed(url, cause));
  try {
    if (text.length <= LONGEST_MANIFEST) return JSON.parse(text);
  } catch {
    // As below.
  }
  throw new SheafError("DOWNLOAD_FAILED", `${url}/${MANIFEST} is no manifest`);
}

async function getFile(
  url: string,
  path: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
  onBytes: (count: number) => void,
): Promise<void> {
  const response = await get(url);
  await replaceWhole(path, async (draft) => {
    const hash = createHash("sha256");
    let count = 0;
    const check = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        onBytes((count += chunk.length));
        done(count > bytes ? new Error(`it is longer than ${bytes} bytes`) : null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as ReadableStream);
    await pipeline(body, check, createWriteStream(draft)).catch((cause: unknown) =>
      failed(url, unwritable(draft, cause)),
    );
    const actual = hash.digest("hex");
    if (actual !== sha256) throw new SheafError("DOWNLOAD_FAILED", `${url} has the SHA-256 ${actual}, not ${sha256}`);
  });
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url).catch((cause: unknown) => failed(url, cause));
  if (!response.ok || response.body === null) {
    throw new SheafError("DOWNLOAD_FAILED", `${url}: the server answers HTTP ${response.status}`);
  }
  return response;
}

function failed(url: string, cause: unknown): never {
  if (cause instanceof SheafError) throw cause;
  const reason = errorText(cause);
  throw new SheafError("DOWNLOAD_FAILED", `${url}: ${reason}`, { cause });
}
