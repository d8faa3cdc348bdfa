import { LOCAL_CHAIN_IDS } from "../../protocol/constants.ts";
import type { Rpc } from "./rpc.ts";

/** Programs that keep a chain for development, as they call themselves; such a chain can have any id. */
const PROGRAMS = /^(anvil|hardhat|ganache|ethereumjs testrpc)/i;

/** Whether a chain is one for development: blocks come when somebody wants one, and nothing takes any back. */
export async function isDevelopmentChain(rpc: Rpc, chainId: number): Promise<boolean> {
  if (LOCAL_CHAIN_IDS.includes(chainId)) return true;
  const version = await rpc("web3_clientVersion", []).catch(() => undefined);
  return typeof version === "string" && PROGRAMS.test(version);
}
