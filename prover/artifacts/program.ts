import { stat } from "node:fs/promises";
import { sha256File } from "../files/whole-files.ts";
import type { VerificationKey } from "../prover.ts";
import type { CircuitArtifacts } from "./circuit-cache.ts";
import type { KeyArtifacts, SetupKind } from "./key-cache.ts";

/** A file that a worker needs to prove. */
export interface ProgramFile {
  readonly sha256: string;
  readonly bytes: number;
}

/** One thing for each file; not every circuit has a witness plan. */
export interface OfFiles<T> {
  readonly wasm: T;
  readonly zkey: T;
  readonly plan?: T;
}

/** A circuit with its key: what proofs can be asked for, and which files, by their content, making them takes. */
export interface Program {
  /** `<name>-<start of the proving key's SHA-256>`. */
  readonly id: string;
  /** Name of the batch size. */
  readonly name: string;
  readonly setup: SetupKind;
  readonly constraints: number;
  readonly files: OfFiles<ProgramFile>;
  readonly verificationKey: VerificationKey;
}

/** A program whose files are on this machine. */
export interface LocalProgram extends Program {
  readonly paths: OfFiles<string>;
}

/** A program's id, by its size's name and its proving key's SHA-256. */
export const programId = (name: string, keyHash: string): string => `${name}-${keyHash.slice(0, 16)}`;

export async function localProgram(circuit: CircuitArtifacts, key: KeyArtifacts): Promise<LocalProgram> {
  const { wasm, plan } = circuit;
  const paths = { wasm, zkey: key.zkey, ...(plan !== undefined && { plan }) };
  return {
    id: programId(circuit.name, key.hash),
    name: circuit.name,
    setup: key.setup,
    constraints: circuit.counts.constraints,
    files: {
      wasm: await fileAt(wasm),
      zkey: await fileAt(key.zkey),
      ...(plan !== undefined && { plan: await fileAt(plan) }),
    },
    verificationKey: key.verificationKey,
    paths,
  };
}

async function fileAt(path: string): Promise<ProgramFile> {
  return { sha256: await sha256File(path), bytes: (await stat(path)).size };
}

/** What others may know of a program. */
export function publicProgram({ id, name, setup, constraints, files, verificationKey }: LocalProgram): Program {
  return { id, name, setup, constraints, files, verificationKey };
}
