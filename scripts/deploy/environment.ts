import { join, resolve } from "node:path";
import { configVariable } from "hardhat/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HttpNetworkUserConfig } from "hardhat/types/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";
import userConfig from "../../hardhat.config.ts";
import { LOCAL_CHAIN_IDS } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Name of the variable with the deployer's key. */
const DEPLOYER_KEY = "DEPLOYER_PRIVATE_KEY";

/** A Hardhat environment and its connection to the network that was asked for. */
export interface DeployEnvironment {
  readonly hre: HardhatRuntimeEnvironment;
  readonly connection: NetworkConnection<"l1">;
}

/**
 * Connects to `local`, `sepolia` or any RPC URL, from whatever folder the command is run. A loopback node's own accounts
 * are used unless the environment has a key.
 *
 * @param key name of the variable that holds the key, in Hardhat's keystore or the environment
 *
 * @throws SheafError USAGE if the network is neither a known name nor a URL
 */
export async function openNetwork(network: string, key = DEPLOYER_KEY): Promise<DeployEnvironment> {
  const networks = { ...userConfig.networks };
  let name = network;
  if (!(network in networks)) {
    if (!URL.canParse(network)) throw new SheafError("USAGE", `${network} is neither a network's name nor an RPC URL`);
    name = "target";
    networks[name] = httpNetwork(network, key);
  } else if (network === "local" && process.env[key] !== undefined) {
    networks[name] = { ...networks[name], accounts: [configVariable(key)] } as HttpNetworkUserConfig;
  }
  const options = { config: join(ROOT, "hardhat.config.ts"), network: name };
  const hre = await createHardhatRuntimeEnvironment({ ...userConfig, networks }, options, ROOT);
  return { hre, connection: (await hre.network.getOrCreate(name)) as NetworkConnection<"l1"> };
}

function httpNetwork(url: string, key: string): HttpNetworkUserConfig {
  const ownAccounts = isLoopback(url) && process.env[key] === undefined;
  return { type: "http", chainType: "l1", url, accounts: ownAccounts ? "remote" : [configVariable(key)] };
}

/** The chain's id. @throws SheafError NETWORK_UNREACHABLE */
export async function chainIdOf(connection: NetworkConnection<"l1">): Promise<number> {
  try {
    return Number(await connection.provider.request({ method: "eth_chainId" }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SheafError("NETWORK_UNREACHABLE", `network ${connection.networkName} does not answer: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Whether nobody but the machine's user can hold funds there: an in-process or loopback node, AND a chain id that is
 * listed as local. Either alone is not enough: a tunnel or a mainnet node of one's own is loopback too, and chain ids
 * collide.
 */
export async function isLocalChain(
  { networkConfig }: NetworkConnection<"l1">,
  chainId: number,
  localChainIds: readonly number[] = [],
): Promise<boolean> {
  const near = networkConfig.type === "edr-simulated" || isLoopback(await networkConfig.url.getUrl());
  return near && [...LOCAL_CHAIN_IDS, ...localChainIds].includes(chainId);
}

/** Whether the URL's host is this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
