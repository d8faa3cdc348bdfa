import { closingFiles } from "../files/snarkjs-files.ts";
import { curveOfSnarkjs } from "./curve-workers.ts";

/** Runs a function of snarkjs that needs its curve, and closes the files that it leaves open. */
export async function bySnarkjs<T>(work: () => Promise<T>): Promise<T> {
  await curveOfSnarkjs();
  return closingFiles(work);
}
