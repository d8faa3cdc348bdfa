import { parseEther } from "ethers";
import type { Account } from "../../api/client.ts";
import { buildContracts, buildExitCircuit, buildSize, type BuiltSize } from "../../fixture/build.ts";
import { endCurveWorkers } from "../../prover/curve.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { Sent } from "../../wallet/index.ts";
import type { Narrator } from "../demo/run.ts";
import { DEV_MNEMONIC, operator, users, type DevAccount } from "./accounts.ts";
import { startChain, type DevChain } from "./chain.ts";
import { deployDevRollup } from "./deploy.ts";
import { startDevNode } from "./node.ts";
import { StateFolder, type KeptRollup } from "./state-folder.ts";

/** What every user has in the rollup to begin with, by token. */
const DEPOSITS = [parseEther("100"), parseEther("1000")] as const;

export interface DevOptions {
  readonly sizes: readonly BatchSize[];
  /** Ports of the loopback interface, of the node and of the chain; 0 for any. */
  readonly port: number;
  readonly l1Port: number;
  /** Folder that everything is kept in. */
  readonly state?: string | undefined;
}

/** A rollup on this machine, and who has what in it. */
export interface DevRollup {
  /** Of the explorer, and of the node's API. */
  readonly url: string;
  readonly rpc: string;
  readonly chainId: number;
  readonly rollup: string;
  /** Addresses by id. */
  readonly tokens: readonly string[];
  /** Folder with the published keys. */
  readonly keys: string;
  readonly mnemonic: string;
  readonly operator: string;
  readonly accounts: readonly DevUser[];
  close(): Promise<void>;
}

/** One of the mnemonic's accounts. */
export interface DevUser {
  readonly l1Address: string;
  readonly l1Key: string;
  /** As others pay to it: `sheaf:0x…`. */
  readonly address: string;
  /** In the rollup, by token. */
  readonly holdings: readonly Account[];
}

/**
 * Starts a chain, a rollup, its node with a prover, and the explorer, all in this process, with development keys.
 *
 * @throws SheafError PORT_TAKEN, DEV_STATE_BROKEN, FILE_UNWRITABLE, and the codes of building and deploying
 */
export async function startDev(options: DevOptions, narrator: Narrator): Promise<DevRollup> {
  const folder = await StateFolder.open(options.state);
  const built: BuiltSize[] = [];
  for (const size of options.sizes) {
    built.push(await narrator.progress(`circuit and keys ${size.name}`, (onProgress) => buildSize(size, onProgress)));
  }
  const exit = await narrator.progress("circuit and keys exit", buildExitCircuit);
  await narrator.progress("contracts", buildContracts, 15);

  const ends: (() => Promise<unknown>)[] = [endCurveWorkers];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const kept = await folder.rollup();
    const chain = await narrator.progress("chain", (onProgress) =>
      startChain({
        port: options.l1Port,
        journal: folder.isKept ? folder.chain : undefined,
        onReplay: (fraction) => onProgress(fraction, "blocks"),
      }),
    );
    ends.push(chain.close);
    const rollup =
      kept ?? (await narrator.progress("deployment", () => deployDevRollup(chain, folder, built, exit), 10));
    const node = await startDevNode({ chain, rollup, data: folder.node, port: options.port });
    ends.push(node.close);
    if (kept === undefined) {
      await narrator.progress("deposits", (onProgress) => fund(node.url, chain, onProgress));
      await folder.keep(rollup);
    }
    return await describe(node.url, chain, rollup, folder.keys, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Has each user deposit from L1, and waits until the deposits are in the rollup. */
async function fund(node: string, { url }: DevChain, onProgress: (fraction: number, phase: string) => void) {
  const sent: Sent[] = [];
  for (const user of users()) {
    const wallet = await user.wallet.connect({ node, rpc: url });
    for (const [token, amount] of DEPOSITS.entries()) sent.push(await wallet.deposit({ token, amount }));
  }
  for (const [place, deposit] of sent.entries()) {
    await deposit.wait("verified");
    onProgress((place + 1) / sent.length, "verified");
  }
}

async function describe(
  url: string,
  { url: rpc, environment: { connection } }: DevChain,
  { rollup, tokens }: KeptRollup,
  keys: string,
  close: () => Promise<void>,
): Promise<DevRollup> {
  const accounts: DevUser[] = [];
  for (const { l1, wallet } of users()) accounts.push(await describeUser(url, { l1, wallet }));
  const chainId = Number(await connection.provider.request({ method: "eth_chainId" }));
  const described = { url, rpc, chainId, rollup, tokens, keys, mnemonic: DEV_MNEMONIC };
  return { ...described, operator: operator().l1.address, accounts, close };
}

async function describeUser(node: string, { l1, wallet }: DevAccount): Promise<DevUser> {
  const holdings = (await (await wallet.connect({ node })).accounts()).toSorted((a, b) => a.index - b.index);
  return { l1Address: l1.address, l1Key: l1.privateKey, address: wallet.address, holdings };
}
