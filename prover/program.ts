import { stat } from "node:fs/promises";
import { sha256File } from "./cache.ts";
import type { CircuitArtifacts } from "./circuit-cache.ts";
import type { KeyArtifacts, SetupKind } from "./key-cache.ts";
import type { VerificationKey } from "./prover.ts";

/** The files that a worker needs to prove. */
export const PROGRAM_FILES = ["wasm", "zkey"] as const;
export type ProgramFile = (typeof PROGRAM_FILES)[number];

/** A circuit with its key: what proofs can be asked for, and which files, by their content, making them takes. */
export interface Program {
  /** `<name>-<start of the proving key's SHA-256>`. */
  readonly id: string;
  /** Name of the batch size. */
  readonly name: string;
  readonly setup: SetupKind;
  readonly constraints: number;
  readonly files: Readonly<Record<ProgramFile, { readonly sha256: string; readonly bytes: number }>>;
  readonly verificationKey: VerificationKey;
}

/** A program whose files are on this machine. */
export interface LocalProgram extends Program {
  readonly paths: Readonly<Record<ProgramFile, string>>;
}

export async function localProgram(circuit: CircuitArtifacts, key: KeyArtifacts): Promise<LocalProgram> {
  const paths = { wasm: circuit.wasm, zkey: key.zkey };
  return {
    id: `${circuit.name}-${key.hash.slice(0, 16)}`,
    name: circuit.name,
    setup: key.setup,
    constraints: circuit.counts.constraints,
    files: {
      wasm: { sha256: await sha256File(paths.wasm), bytes: (await stat(paths.wasm)).size },
      zkey: { sha256: key.hash, bytes: (await stat(paths.zkey)).size },
    },
    verificationKey: key.verificationKey,
    paths,
  };
}

/** What others may know of a program. */
export function publicProgram({ id, name, setup, constraints, files, verificationKey }: LocalProgram): Program {
  return { id, name, setup, constraints, files, verificationKey };
}
