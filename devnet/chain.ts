import { join } from "node:path";
import { parseEther } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";
import type { DeployEnvironment } from "../deploy/environment.ts";
import userConfig from "../hardhat.config.ts";
import { ROOT } from "../lib/root.ts";
import { accountsOf, DEPOSITS, type DevAccount, type DevAccounts, type Genesis } from "./accounts.ts";
import { Clock } from "./clock.ts";
import { Journal } from "./journal.ts";
import { serveChain } from "./rpc-server.ts";

/** Of the operator; the faucet has it besides what it deposits. */
const PURSE = parseEther("10000");

/** What changes the chain besides transactions and time, and so would not come back with the journal. */
const UNRECORDED = /^(hardhat_(set|impersonate|reset|drop)|evm_(revert|setBlockGasLimit))/;

export interface DevChain {
  readonly url: string;
  /** Hardhat's, as `deployOn` takes it: its first account is the operator, the second one the faucet. */
  readonly environment: DeployEnvironment;
  readonly accounts: DevAccounts;
  readonly genesis: Genesis;
  /** Of its beacon node, which serves blobs, if it takes any. */
  readonly beacon?: string;
  /** From now on blocks come as the developer asked for: until then, each transaction has one at once. */
  keepTime(): Promise<void>;
  /** Ends it; the journal, if there is one, has every block then. */
  close(): Promise<void>;
}

export interface DevChainOptions {
  readonly genesis: Genesis;
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** Seconds between blocks. Default: a block for each transaction, and one where none came for a while. */
  readonly blockTime?: number | undefined;
  /** Milliseconds without a block, after which one is mined. Default: as long as a slot of L1. */
  readonly quiet?: number | undefined;
  /** File that the chain is kept in. Without one it is gone when it ends. */
  readonly journal?: string | undefined;
  readonly onReplay: (fraction: number) => void;
  /** Told of every call that comes in, and what was wrong with it. */
  readonly onCall: (method: string, error?: string) => void;
}

/**
 * Starts a chain in this process, or goes on with the one in a journal. It ends with the process, whatever ends that.
 *
 * @throws SheafError MNEMONIC_INVALID, PORT_TAKEN, ADDRESS_UNAVAILABLE, DEV_STATE_BROKEN
 */
export async function startChain(options: DevChainOptions): Promise<DevChain> {
  const { genesis, journal: path } = options;
  const accounts = accountsOf(genesis);
  const kept = path === undefined ? undefined : await Journal.genesisTime(path);
  const start = kept ?? Math.floor(Date.now() / 1000);
  const hre = await hardhat();
  const connection = (await hre.network.create({
    network: "default",
    override: {
      chainId: genesis.chainId,
      initialDate: new Date(start * 1000).toISOString(),
      mining: { auto: false },
      accounts: allocations(genesis, accounts).map(({ account, balance }) => {
        return { privateKey: account.l1.privateKey, balance: String(balance) };
      }),
    },
  })) as NetworkConnection<"l1">;
  const { provider } = connection;

  const journal = path === undefined ? undefined : new Journal(path, provider);
  await journal?.replay(options.onReplay);
  await toPresent(provider);
  await provider.request({ method: "evm_setAutomine", params: [true] });
  await provider.request({ method: "eth_subscribe", params: ["newHeads"] });
  provider.on("notification", () => void journal?.catchUp());
  await journal?.catchUp();

  const clock = new Clock(provider, options);
  const server = await serveChain(provider, {
    ...options,
    // The operator's and the faucet's are not among them: others' transactions from these would hinder the node.
    accounts: accounts.users.map(({ l1 }) => l1.address.toLowerCase()),
    ...(journal && { send: (raw: string) => journal.send(raw) }),
    refusal: (method) =>
      journal !== undefined && UNRECORDED.test(method)
        ? `${method} is refused: with --state, only transactions and time change the chain`
        : undefined,
    onCall: (method, error) => {
      clock.note(method);
      options.onCall(method, error);
    },
  });
  const close = async (): Promise<void> => {
    clock.stop();
    await server.close();
    await journal?.catchUp();
    await connection.close();
  };
  return { url: server.url, environment: { hre, connection }, accounts, genesis, keepTime: () => clock.start(), close };
}

/** Hardhat, whatever folder it is called from. */
export const hardhat = (): Promise<HardhatRuntimeEnvironment> =>
  createHardhatRuntimeEnvironment(userConfig, { config: join(ROOT, "hardhat.config.ts") }, ROOT);

/** What each account has on L1 to begin with, in wei: the operator first, then the faucet. */
export function allocations(
  { balance }: Genesis,
  { operator, faucet, users }: DevAccounts,
): readonly { readonly account: DevAccount; readonly balance: bigint }[] {
  const deposits = DEPOSITS[0] * BigInt(users.length);
  return [
    { account: operator, balance: PURSE },
    { account: faucet, balance: PURSE + deposits },
    ...users.map((account) => ({ account, balance })),
  ];
}

/** The chain's time stood still since its last block. */
async function toPresent(provider: EthereumProvider): Promise<void> {
  const { timestamp } = (await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    timestamp: string;
  };
  const behind = Math.floor(Date.now() / 1000) - Number(timestamp);
  if (behind > 0) await provider.request({ method: "evm_increaseTime", params: [behind] });
}
