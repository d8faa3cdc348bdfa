import { join, resolve } from "node:path";
import { parseEther } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { NetworkConnection } from "hardhat/types/network";
import userConfig from "../../hardhat.config.ts";
import { LOCAL_CHAIN_IDS } from "../../protocol/constants.ts";
import type { DeployEnvironment } from "../deploy/environment.ts";
import { operator, users } from "./accounts.ts";
import { Journal } from "./journal.ts";
import { serveChain } from "./rpc-server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PURSE = parseEther("10000");

/** What changes the chain besides transactions and time, and so would not come back with the journal. */
const UNRECORDED = /^(hardhat_(set|impersonate|reset|drop)|evm_(revert|setBlockGasLimit))/;

export interface DevChain {
  readonly url: string;
  /** Hardhat's, as `deployOn` takes it: its first account is the operator. */
  readonly environment: DeployEnvironment;
  /** Ends it; the journal, if there is one, has every block then. */
  close(): Promise<void>;
}

export interface DevChainOptions {
  /** Of the loopback interface; 0 for any. */
  readonly port: number;
  /** File that the chain is kept in. Without one it is gone when it ends. */
  readonly journal?: string | undefined;
  readonly onReplay: (fraction: number) => void;
}

/**
 * Starts a chain in this process, or goes on with the one in a journal. It ends with the process, whatever ends that.
 *
 * @throws SheafError PORT_TAKEN, DEV_STATE_BROKEN
 */
export async function startChain({ port, journal: path, onReplay }: DevChainOptions): Promise<DevChain> {
  const kept = path === undefined ? undefined : await Journal.genesisTime(path);
  const genesis = kept ?? Math.floor(Date.now() / 1000);
  const options = { config: join(ROOT, "hardhat.config.ts") };
  const hre = await createHardhatRuntimeEnvironment(userConfig, options, ROOT);
  const connection = (await hre.network.create({
    network: "default",
    override: {
      chainId: LOCAL_CHAIN_IDS[0]!,
      initialDate: new Date(genesis * 1000).toISOString(),
      mining: { auto: false },
      accounts: [operator(), ...users()].map(({ l1 }) => ({ privateKey: l1.privateKey, balance: String(PURSE) })),
    },
  })) as NetworkConnection<"l1">;
  const { provider } = connection;

  const journal = path === undefined ? undefined : new Journal(path, provider);
  await journal?.replay(onReplay);
  await toPresent(provider);
  await provider.request({ method: "evm_setAutomine", params: [true] });
  await provider.request({ method: "eth_subscribe", params: ["newHeads"] });
  provider.on("notification", () => void journal?.catchUp());
  await journal?.catchUp();

  const server = await serveChain(provider, port, (method) => journal === undefined || !UNRECORDED.test(method));
  const close = async (): Promise<void> => {
    await server.close();
    await journal?.catchUp();
    await connection.close();
  };
  return { url: server.url, environment: { hre, connection }, close };
}

/** The chain's time stood still since its last block. */
async function toPresent(provider: NetworkConnection<"l1">["provider"]): Promise<void> {
  const { timestamp } = (await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    timestamp: string;
  };
  const behind = Math.floor(Date.now() / 1000) - Number(timestamp);
  if (behind > 0) await provider.request({ method: "evm_increaseTime", params: [behind] });
}
