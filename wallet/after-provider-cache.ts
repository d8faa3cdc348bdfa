import { JsonRpcApiProvider, type Provider } from "ethers";
import { sleep } from "../lib/sleep.ts";

/** Milliseconds for which providers of ethers repeat an answer that they have had, an account's nonce for one. */
const REPEATED = 250;

/** Waits for something that L1 does, and until the provider does not tell any more how things were before it. */
export async function afterProviderCache<T>(change: Promise<T>, provider: Provider | null): Promise<T> {
  try {
    return await change;
  } finally {
    if (mayRepeat(provider)) await sleep(REPEATED);
  }
}

/** A provider can be told to repeat nothing. */
const mayRepeat = (provider: Provider | null): boolean =>
  !(provider instanceof JsonRpcApiProvider) || (provider._getOption("cacheTimeout") ?? REPEATED) >= 0;
