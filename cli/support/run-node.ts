import { join } from "node:path";
import { parseUnits, type BaseWallet } from "ethers";
import type { Logger } from "pino";
import { requireFree } from "../../http/listening.ts";
import { BatchGas } from "../../l1/batch-gas.ts";
import { requireNoCode } from "../../l1/code.ts";
import { ROOT } from "../../lib/root.ts";
import { requireCode } from "../../node/follow/deployment-block.ts";
import { mountExplorer } from "../../node/http/explorer.ts";
import { operatorCheck, proverCheck, purseCheck } from "../../node/http/health.ts";
import { startNodeServer } from "../../node/http/server.ts";
import { isDevelopmentChain } from "../../node/l1/development-chain.ts";
import { GasRules } from "../../node/l1/gas-rules.ts";
import { L1 } from "../../node/l1/l1.ts";
import { ask, hex } from "../../node/l1/rpc-schemas.ts";
import { httpRpc, type Rpc } from "../../node/l1/rpc.ts";
import { SheafNode, type Equipment, type NodeOptions } from "../../node/node.ts";
import { provableSizes } from "../../node/provable-sizes.ts";
import { localBatchProver, serviceBatchProver, type BatchProver } from "../../node/proving.ts";
import { L1Account } from "../../node/submitter/l1-account.ts";
import { fullBatchCalldata } from "../../node/submitter/sample.ts";
import { Submitter } from "../../node/submitter/submitter.ts";
import { SignatureVerifier } from "../../node/verification/verifier.ts";
import type { Owner } from "../../protocol/account.ts";
import { ProverClient } from "../../prover/service/client.ts";
import { parseOwner, Wallet } from "../../wallet/index.ts";
import { deployedIn } from "./follow.ts";
import { openL1Wallet } from "./l1-account.ts";
import type { LogOptions } from "./log-options.ts";
import { withProgress } from "./progress.ts";
import { proverToken, untilStopped } from "./prover-options.ts";
import { publishedKeys } from "./published-keys.ts";
import { pricesById } from "./token-prices.ts";

export interface NodeCommandOptions extends LogOptions {
  readonly rpc: string;
  readonly rollup: string;
  readonly keys: string;
  readonly key: string;
  readonly data?: string;
  readonly fromBlock?: number;
  readonly prover?: string;
  readonly feesTo?: string;
  readonly charge?: true;
  readonly price?: ReadonlyMap<string, bigint>;
  readonly longestWait: number;
  readonly queueWait?: number;
  readonly freeAccounts: number;
  readonly freeAccountsEach: number;
  readonly feeCap: number;
  readonly maxAge: number;
  readonly confirmations?: number;
  readonly host: string;
  readonly port: number;
  readonly metricsHost: string;
  readonly metricsPort?: number;
  readonly proxy?: readonly string[];
  readonly threads?: number;
}

/** Blocks that a deposit must have before a batch takes it, so that the commonest reorganisations cost no proof. */
const CONFIRMATIONS = 2;
/** Seconds: whoever deposits pays a third of a batch's gas, and should not have one made every few seconds. */
const CHARGED_QUEUE_WAIT = 300;

/** Runs a node with its HTTP API until the process is told to stop. */
export async function runNode(options: NodeCommandOptions, log: Logger): Promise<void> {
  const metrics =
    options.metricsPort === undefined ? undefined : { host: options.metricsHost, port: options.metricsPort };
  for (const { host, port } of [options, ...(metrics ? [metrics] : [])]) await requireFree(host, port);
  const rpc = httpRpc(options.rpc);
  const l1 = new L1(rpc, options.rollup);
  // A node that does not answer is asked for a while. Its path may hold a key.
  log.info({ l1: URL.parse(options.rpc)?.host, rollup: options.rollup }, "asks L1's node");
  const chainId = await l1.chainId();
  const isForDevelopment = await isDevelopmentChain(rpc, chainId);
  const payer = await openL1Wallet(options.rpc, options.key);
  const token = proverToken();
  const service =
    options.prover === undefined ? undefined : new ProverClient(options.prover, token === undefined ? {} : { token });
  await requireSubmitter(l1, rpc, payer.address);
  const verifier = new SignatureVerifier({ threads: options.threads });
  const fromBlock = options.fromBlock ?? (await deployedIn(chainId, l1.rollup));
  const node = await withProgress("restore", async (onProgress) =>
    SheafNode.open({
      l1,
      data: options.data ?? join(ROOT, "build", "nodes", `${chainId}-${l1.rollup}`),
      fromBlock,
      feeOwner: await feeOwnerOf(options, payer, chainId, l1.rollup),
      equip: equipper(options, rpc, l1.rollup, payer, service, log),
      verify: verifier.verify,
      limits: { gifts: { perDay: options.freeAccounts, perClient: options.freeAccountsEach } },
      policy: {
        maxAge: options.maxAge * 1000,
        longestWait: options.longestWait * 1000,
        maxQueueAge: (options.queueWait ?? (options.charge === true ? CHARGED_QUEUE_WAIT : options.maxAge)) * 1000,
        queueDepth: options.confirmations ?? (isForDevelopment ? 0 : CONFIRMATIONS),
      },
      // Five calls a look: a third of a block is soon enough for L1, and spares what hosted nodes count.
      pollInterval: isForDevelopment ? 1_000 : 4_000,
      follow: { onProgress },
    }),
  );
  // Before, nothing needs to be ended in order: what was read from L1 stays, however long it takes to read the rest.
  const stopped = untilStopped();
  const { host, port, proxy: proxies } = options;
  const isOperator = operatorCheck(l1, payer.address);
  const account = new L1Account(rpc, l1.rollup, payer.address);
  const canPay = purseCheck(account, parseUnits(`${options.feeCap}`, "gwei"));
  const server = await startNodeServer({
    ...{ node, rpc, host, port, proxies, log, metrics },
    explorer: mountExplorer,
    checks: [isOperator, canPay, ...(service === undefined ? [] : [proverCheck(service)])],
    waitingSignatures: () => verifier.waiting,
    account,
  });
  const about = { openApi: `${server.url}/openapi.json`, metrics: server.metrics, account: payer.address };
  log.info(about, `node: ${server.url}`);
  const stranger = await isOperator();
  if (stranger !== undefined) log.error({ account: payer.address }, `this is not the operator's key: ${stranger.why}`);
  try {
    await node.run(stopped);
  } finally {
    await server.close();
    await node.close();
    await verifier.close();
  }
}

/** Before anything is proven that the rollup would not take. Throws `ACCOUNT_HAS_CODE`, `ROLLUP_NOT_FOUND`. */
async function requireSubmitter(l1: L1, rpc: Rpc, payer: string): Promise<void> {
  const getCode = (address: unknown): Promise<string> => ask(rpc, hex, "eth_getCode", address, "latest");
  await requireNoCode({ getCode }, "the account that pays,", payer);
  await requireCode(l1);
  const [operator] = (await l1.call("operator", [], "latest")) as [string];
  await requireNoCode({ getCode }, "the rollup's operator", operator);
}

function equipper(
  { keys, feeCap, charge, price = new Map() }: NodeCommandOptions,
  rpc: ReturnType<typeof httpRpc>,
  rollup: string,
  signer: BaseWallet,
  service: ProverClient | undefined,
  log: Logger,
): NodeOptions["equip"] {
  return async ({ store, journal }): Promise<Equipment> => {
    const sizes = await provableSizes(store.sizes(), (size) => publishedKeys(keys, size));
    const made: BatchProver =
      service === undefined
        ? localBatchProver(sizes, { onNote: (note) => log.info(note) })
        : serviceBatchProver(service, sizes);
    const account = new L1Account(rpc, rollup, signer.address);
    const { chainId } = store;
    const rows = sizes.map((size) => size.rows);
    const full = fullBatchCalldata(rows);
    const gasOfFull = BatchGas.ofFull(Math.max(...rows.map(({ transfers }) => transfers)));
    const gasRules = new GasRules(rpc);
    return {
      sizes: rows,
      prover: made,
      submitter: new Submitter({ rpc, chainId, rollup, signer, journal, feeCap: parseUnits(`${feeCap}`, "gwei") }),
      pricing: {
        market: () => account.market(),
        dataFee: () => account.dataFee(full, gasOfFull),
        schedule: () => gasRules.now(),
        prices: pricesById(price, store.tokens()),
        charge,
      },
    };
  };
}

/** Throws `RECEIVER_INVALID`. */
async function feeOwnerOf(
  { feesTo }: NodeCommandOptions,
  payer: BaseWallet,
  chainId: number,
  rollup: string,
): Promise<Owner> {
  const owner = feesTo === undefined ? (await Wallet.fromSigner(payer, { chainId, rollup })).owner : parseOwner(feesTo);
  return { ...owner, l1Address: BigInt(owner.l1Address) };
}
