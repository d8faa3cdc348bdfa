import { AsyncLocalStorage } from "node:async_hooks";
import fs, { type promises } from "node:fs";

const opened = new AsyncLocalStorage<promises.FileHandle[]>();
const { open } = fs.promises;

// snarkjs opens files by this function alone. Everybody else's calls pass through.
fs.promises.open = async (...args) => {
  const file = await open(...args);
  opened.getStore()?.push(file);
  return file;
};

/**
 * Runs what snarkjs does with files, and closes those that it has left open: all of them when it fails, and the powers of
 * tau always. Node.js would close them when it collects garbage, with a warning.
 */
export async function closingFiles<T>(work: () => Promise<T>): Promise<T> {
  const files: promises.FileHandle[] = [];
  try {
    return await opened.run(files, work);
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}
