import { pause } from "./pause.ts";

/** Milliseconds for which providers of ethers repeat an answer that they have had, an account's nonce for one. */
const REPEATED = 250;

/** Waits for something that L1 does, and until no provider tells any more how things were before it. */
export async function settled<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } finally {
    await pause(REPEATED);
  }
}
