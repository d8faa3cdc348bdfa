import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { SheafError } from "../../protocol/errors.ts";

/** Between a folder's purpose and its process's id: other machines may write to the same place. */
const MACHINE = `-${hostname()}-`;

/**
 * Makes a temporary folder. Whoever makes it deletes it; after a kill -9, the next process that makes one does.
 *
 * @param purpose a word for its name
 * @throws SheafError FILE_UNWRITABLE
 */
export async function temporaryFolder(purpose: string): Promise<string> {
  await removeLeftovers();
  return mkdtemp(join(tmpdir(), `sheaf-${purpose}${MACHINE}${process.pid}-`)).catch((error: unknown) => {
    throw new SheafError("FILE_UNWRITABLE", `cannot write to ${tmpdir()}`, { cause: error });
  });
}

/** Removes temporary folders of processes that are not there any more. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const owner = ownerOf(name);
    // Another user's stay.
    if (owner !== undefined && !isRunning(owner)) {
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** The process that made a temporary folder. */
function ownerOf(name: string): number | undefined {
  const [, purpose, rest] = /^sheaf-([a-z0-9]+)(-.*)$/.exec(name) ?? [];
  if (purpose === undefined || !rest!.startsWith(MACHINE)) return undefined;
  const [, id] = /^(\d+)-/.exec(rest!.slice(MACHINE.length)) ?? [];
  return id === undefined ? undefined : Number(id);
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
