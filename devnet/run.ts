import { parseEther } from "ethers";
import type { Logger } from "pino";
import type { Account } from "../api/client.ts";
import { buildContracts, buildExitCircuit, buildSize, type BuiltSize } from "../fixture/build.ts";
import { requireFree } from "../http/listening.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { endCurveWorkers } from "../prover/backends/curve-workers.ts";
import type { Sent } from "../wallet/index.ts";
import { accountsOf, DEPOSITS, DEV_MNEMONIC, type DevAccount, type Genesis } from "./accounts.ts";
import { startAnvilChain } from "./anvil-chain.ts";
import { startChain, type DevChain } from "./chain.ts";
import type { Narrator } from "./demo/run.ts";
import { deployDevRollup } from "./deploy.ts";
import { startDevNode } from "./node.ts";
import { StateFolder, type DeployedRollup } from "./state-folder.ts";

const DEFAULTS: Genesis = { mnemonic: DEV_MNEMONIC, accounts: 10, balance: parseEther("10000"), chainId: 31337 };

export interface DevOptions {
  readonly sizes: readonly BatchSize[];
  /** What the chain begins with, so far as it is not as always, or as the folder has it. */
  readonly genesis: Partial<Genesis>;
  /** Address that both listen on, the node and the chain, and their ports; 0 for any. */
  readonly host: string;
  readonly port: number;
  readonly l1Port: number;
  /** Seconds between blocks. Default: a block for each transaction, and one where none came for a while. */
  readonly blockTime?: number | undefined;
  /** L1 address that proofs are made for; by default the operator's. */
  readonly beneficiary?: string | undefined;
  /** Folder that everything is kept in. */
  readonly state?: string | undefined;
  /** Whether transfers go into blobs: then the chain is Anvil. */
  readonly blobs?: boolean | undefined;
  /** Of requests, batches and operations. */
  readonly log: Logger;
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
  /** Of each account on L1 to begin with, in wei. */
  readonly balance: bigint;
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
 * @throws SheafError USAGE, MNEMONIC_INVALID, PORT_TAKEN, ADDRESS_UNAVAILABLE, DEV_STATE_BROKEN, FILE_UNWRITABLE, and the
 * codes of building and deploying
 */
export async function startDev(options: DevOptions, narrator: Narrator): Promise<DevRollup> {
  const { host, port, l1Port, blockTime, beneficiary, log, blobs = false } = options;
  if (blobs && options.state !== undefined) {
    throw new SheafError("USAGE", "--blobs and --state exclude each other: a chain with blobs is not kept");
  }
  await requirePorts(host, [port, l1Port]);
  const folder = await StateFolder.open(options.state);
  const kept = await folder.rollup();
  const genesis = genesisOf(options.genesis, kept?.genesis);
  accountsOf(genesis);

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
    const place = { genesis, host, port: l1Port, blockTime };
    const chain = await narrator.progress("chain", (onProgress) =>
      blobs
        ? startAnvilChain(place)
        : startChain({
            ...place,
            journal: folder.isKept ? folder.chain : undefined,
            onReplay: (fraction) => onProgress(fraction, "blocks"),
            onCall: (method, error) => (error === undefined ? log.debug(method) : log.warn({ error }, method)),
          }),
    );
    ends.push(chain.close);
    const rollup =
      kept ?? (await narrator.progress("deployment", () => deployDevRollup(chain, folder, built, exit, blobs), 10));
    const node = await startDevNode({ chain, rollup, data: folder.node, host, port, beneficiary, log });
    ends.push(node.close);
    if (kept === undefined) {
      await narrator.progress("deposits", (onProgress) => fund(node.url, chain, onProgress));
      await folder.keep({ ...rollup, genesis });
    }
    await chain.keepTime();
    return await describe(node.url, chain, rollup, folder.keys, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function requirePorts(host: string, ports: readonly number[]): Promise<void> {
  const [port] = ports;
  if (port !== 0 && ports.every((other) => other === port)) {
    throw new SheafError("USAGE", `--port and --l1-port are both ${port}: node and chain listen on one each`);
  }
  for (const port of ports) await requireFree(host, port);
}

/** What a folder's chain began with stays. Throws `USAGE` if something else is asked for. */
function genesisOf(asked: Partial<Genesis>, kept: Genesis | undefined): Genesis {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const before = kept?.[name as keyof Genesis] ?? value;
    if (before === value) continue;
    throw new SheafError(
      "USAGE",
      `the chain in --state began with another ${name}, ${before}: leave the option out, or name a new folder`,
    );
  }
  return { ...(kept ?? DEFAULTS), ...Object.fromEntries(given) };
}

/** Deposits for each user from L1, and waits until the deposits are in the rollup. What the users have on L1 stays whole. */
async function fund(node: string, chain: DevChain, onProgress: (fraction: number, phase: string) => void) {
  const { environment, accounts } = chain;
  const rpc = environment.connection.ethers.provider;
  const faucet = await accounts.faucet.wallet.connect({ node, rpc });
  const sent: Sent[] = [];
  for (const { wallet } of accounts.users) {
    for (const [token, amount] of DEPOSITS.entries())
      sent.push(await faucet.deposit({ token, amount, to: wallet.address }));
  }
  for (const [place, deposit] of sent.entries()) {
    await deposit.wait("verified");
    onProgress((place + 1) / sent.length, "verified");
  }
}

async function describe(
  url: string,
  { url: rpc, accounts, genesis }: DevChain,
  { rollup, tokens }: DeployedRollup,
  keys: string,
  close: () => Promise<void>,
): Promise<DevRollup> {
  const users: DevUser[] = [];
  for (const user of accounts.users) users.push(await describeUser(url, user));
  const { mnemonic, chainId, balance } = genesis;
  const described = { url, rpc, chainId, rollup, tokens, keys, mnemonic, balance };
  return { ...described, operator: accounts.operator.l1.address, accounts: users, close };
}

async function describeUser(node: string, { l1, wallet }: DevAccount): Promise<DevUser> {
  const holdings = (await (await wallet.connect({ node })).accounts()).toSorted((a, b) => a.index - b.index);
  return { l1Address: l1.address, l1Key: l1.privateKey, address: wallet.address, holdings };
}
