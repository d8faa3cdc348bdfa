import { join } from "node:path";
import { Wallet } from "ethers";
import { configVariable } from "hardhat/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HttpNetworkUserConfig } from "hardhat/types/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkHooks } from "hardhat/types/hooks";
import type { NetworkConnection } from "hardhat/types/network";
import type { FailedJsonRpcResponse } from "hardhat/types/providers";
import userConfig from "../hardhat.config.ts";
import { passing, requestedPause } from "../l1/node-errors.ts";
import { reasonOf } from "../l1/reason.ts";
import { withRetries } from "../lib/retry.ts";
import { ROOT } from "../lib/root.ts";
import { LOCAL_CHAIN_IDS } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";

/** Name of the variable with the deployer's key. */
const DEPLOYER_KEY = "DEPLOYER_PRIVATE_KEY";
/** Milliseconds for a loopback node to answer. */
const PATIENCE = 10_000;

/** A Hardhat environment and its connection to the network that was asked for. */
export interface DeployEnvironment {
  readonly hre: HardhatRuntimeEnvironment;
  readonly connection: NetworkConnection<"l1">;
}

/**
 * Connects to `local`, `sepolia` or any RPC URL, from whatever folder the command is run. Accounts that a loopback node has
 * of its own, as local chains do, are used unless the environment has a key.
 *
 * @param key name of the variable that holds the key, in Hardhat's keystore or the environment
 * @param isNamed whether the user named that variable, so that no other account will do
 *
 * @throws SheafError USAGE if the network is neither a known name nor a URL, NETWORK_UNREACHABLE if its URL is in no variable
 */
export async function openNetwork(network: string, key = DEPLOYER_KEY, isNamed = false): Promise<DeployEnvironment> {
  const networks = { ...userConfig.networks };
  let name = network;
  if (!(network in networks)) {
    if (!/^https?:$/.test(URL.parse(network)?.protocol ?? "")) {
      throw new SheafError("USAGE", `${network} is neither a network's name nor an http(s) URL of an L1 node`);
    }
    name = "target";
    const isLocal = !isNamed && isLoopback(network) && process.env[key] === undefined && (await hasAccounts(network));
    networks[name] = {
      ...{ type: "http", chainType: "l1", url: network },
      accounts: isLocal ? "remote" : [configVariable(key)],
    } as HttpNetworkUserConfig;
  } else if (network === "local" && process.env[key] !== undefined) {
    networks[name] = { ...networks[name], accounts: [configVariable(key)] } as HttpNetworkUserConfig;
  }
  const options = { config: join(ROOT, "hardhat.config.ts"), network: name };
  const hre = await createHardhatRuntimeEnvironment({ ...userConfig, networks }, options, ROOT);
  hre.hooks.registerHandlers("network", { onRequest: patiently });
  try {
    return { hre, connection: (await hre.network.getOrCreate(name)) as NetworkConnection<"l1"> };
  } catch (cause) {
    const [, variable] = /^HHE7: Configuration Variable "(\w+)"/.exec(reasonOf(cause)) ?? [];
    const why = variable === undefined ? reasonOf(cause) : `${variable} ${NOWHERE}`;
    throw new SheafError("NETWORK_UNREACHABLE", `network ${network} has no URL: ${why}`, { cause });
  }
}

/** A refusal for the moment. */
class Busy extends Error {
  readonly response: FailedJsonRpcResponse;

  constructor(response: FailedJsonRpcResponse) {
    super(response.error.message);
    this.response = response;
  }
}

/** Makes a request again that the node refuses for the moment: Hardhat knows HTTP's own way to say so, and no other. */
const patiently: NetworkHooks["onRequest"] = async (context, connection, request, next) => {
  const ask = async () => {
    const response = await next(context, connection, request);
    if ("error" in response && passing(request.method, response.error) !== undefined) throw new Busy(response);
    return response;
  };
  try {
    return await withRetries(ask, (error) =>
      error instanceof Busy ? requestedPause(null, error.response.error) : undefined,
    );
  } catch (error) {
    if (error instanceof Busy) return error.response;
    throw error;
  }
};

/** Whether a node has accounts. Of one that does not answer that is for others to say. */
async function hasAccounts(url: string): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_accounts", params: [] });
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
    const { result } = (await response.json()) as { result?: unknown };
    return Array.isArray(result) && result.length > 0;
  } catch {
    return true;
  }
}

/** The chain's id. @throws SheafError NETWORK_UNREACHABLE, DEPLOYER_KEY_MISSING */
export async function chainIdOf(connection: NetworkConnection<"l1">): Promise<number> {
  await keyOf(connection, "DEPLOYER_KEY_MISSING");
  try {
    return Number(await connection.provider.request({ method: "eth_chainId" }));
  } catch (error) {
    const { networkConfig, networkName } = connection;
    // Without the rest of the URL, which may hold a secret.
    const name = networkConfig.type === "http" ? new URL(await networkConfig.url.getUrl()).host : networkName;
    const reason = reasonOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
    throw new SheafError("NETWORK_UNREACHABLE", `the L1 node at ${name} does not answer: ${reason}`, { cause: error });
  }
}

const NOWHERE = "is neither in Hardhat's keystore nor in the environment";
/** Number of Hardhat's error for a configuration variable that is not there. */
const VARIABLE_MISSING = 7;

/** The account of a network's private key; `undefined` where the node's own accounts are used. Throws with the code. */
export async function keyOf(
  { networkConfig }: NetworkConnection<"l1">,
  code: "DEPLOYER_KEY_MISSING" | "L1_KEY_MISSING",
): Promise<Wallet | undefined> {
  const accounts = networkConfig.type === "http" ? networkConfig.accounts : "remote";
  const variable = Array.isArray(accounts) ? accounts[0] : undefined;
  if (variable === undefined) return undefined;
  const name = "name" in variable ? String(variable.name) : "the variable";
  try {
    return new Wallet(await variable.getHexString());
  } catch (cause) {
    if ((cause as { number?: number }).number === VARIABLE_MISSING) {
      throw new SheafError(code, `${name} ${NOWHERE}`, { cause });
    }
    // Nothing of the text is shown: it may be a key but for a digit.
    throw new SheafError(code, `${name} does not hold a private key: 0x and 64 hexadecimal digits`);
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
