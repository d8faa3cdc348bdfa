import { isIP } from "node:net";
import { join } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { formatEther, parseEther, parseUnits, type BaseWallet } from "ethers";
import type { Logger } from "pino";
import { requireFree } from "../http/listening.ts";
import { BatchGas } from "../l1/batch-gas.ts";
import { requireNoCode } from "../l1/code.ts";
import { ROOT } from "../lib/root.ts";
import { blobToolsFor } from "../node/blob-deployment.ts";
import { requireCode } from "../node/follow/deployment-block.ts";
import { BlobFinder, type BlobPlaces } from "../node/blobs/finder.ts";
import { mountExplorer } from "../node/http/explorer.ts";
import { blobCheck, operatorCheck, proverCheck, purseCheck } from "../node/http/health.ts";
import { startNodeServer } from "../node/http/server.ts";
import { isDevelopmentChain } from "../node/l1/development-chain.ts";
import { GasRules } from "../node/l1/gas-rules.ts";
import { L1 } from "../node/l1/l1.ts";
import { ask, hex } from "../node/l1/rpc-schemas.ts";
import { httpRpc, type Rpc } from "../node/l1/rpc.ts";
import { DEPARTURE, LIMITS, SheafNode, type Equipment, type NodeOptions } from "../node/node.ts";
import { provableSizes } from "../node/provable-sizes.ts";
import { localBatchProver, serviceBatchProver, type BatchProver } from "../node/proving.ts";
import { L1Account } from "../node/submitter/l1-account.ts";
import { fullBatchCalldata } from "../node/submitter/sample.ts";
import { Submitter } from "../node/submitter/submitter.ts";
import { SignatureVerifier } from "../node/verification/verifier.ts";
import type { Owner } from "../protocol/account.ts";
import { ProverClient } from "../prover/service/client.ts";
import { parseOwner, Wallet } from "../wallet/index.ts";
import { deployedIn } from "./support/follow.ts";
import { publishedKeys } from "./support/keys.ts";
import { keyOption, openL1Wallet } from "./support/l1-account.ts";
import { logFormatOption, logLevelOption, runLogged, type LogOptions } from "./support/log.ts";
import {
  beneficiaryOption,
  archiveOption,
  beaconOption,
  blockOption,
  keysOption,
  pricesById,
  proverToken,
  rollupOption,
  rpcOption,
  TOKEN_VARIABLE,
  tokenPrice,
  untilStopped,
  wholeNumber,
} from "./support/options.ts";
import { withProgress } from "./support/progress.ts";

/** A day: the contract gives three, and a batch takes time. */
const MOST_QUEUE_WAIT = 86_400;

const DAY = 86_400;

/** Seconds: after three minutes without anything that gets on, health is not "ok". */
const MOST_DELIVERY_WAIT = 150;
/** Batches. A call has room for more of the smallest size. */
const MOST_TOGETHER = 64;

export function define(command: Command): void {
  command
    .addOption(rpcOption())
    .addOption(rollupOption())
    .addOption(keysOption())
    .addOption(keyOption())
    .option("--data <folder>", "where the node keeps what it knows (default: build/nodes/<chain id>-<rollup>)")
    .addOption(blockOption())
    .addOption(beaconOption())
    .addOption(archiveOption())
    .option("--prover <url>", "a prover service (default: proofs are made in this process)")
    .addOption(beneficiaryOption())
    .option("--fees-to <owner>", "who gets the fees: sheaf:0x… (default: the wallet of the L1 account)")
    .option(
      "--charge",
      "refuse operations whose fee does not pay for their share of a batch, and make none that does not pay for itself before --longest-wait",
    )
    .addOption(
      new Option(
        "--price <token=amount...>",
        "what an ether is worth in base units of tokens, by id or address; with --charge, others than these and ETH are refused",
      ).argParser(tokenPrice),
    )
    .option(
      "--longest-wait <seconds>",
      "with --charge: how long anything waits for a batch that pays for itself; then the operator pays the rest",
      wholeNumber(0),
      3600,
    )
    .addOption(
      new Option(
        "--queue-wait <seconds>",
        "how long an operation of L1's queue waits for a fuller batch (default: 300 with --charge, else --max-age)",
      ).argParser(wholeNumber(0, MOST_QUEUE_WAIT)),
    )
    .option(
      "--free-accounts <number>",
      "that are opened a day for nothing, in batches that others pay for",
      wholeNumber(0),
      0,
    )
    .option("--free-accounts-each <number>", "the same, for one client's address", wholeNumber(0), 3)
    .option(
      "--fee-cap <gwei>",
      "the most that a gas may cost; batches wait while L1 asks for more",
      wholeNumber(1),
      200,
    )
    .addOption(
      new Option(
        "--blob-fee-cap <gwei>",
        "the most that a blob's gas may cost, where transfers are in blobs; batches wait while L1 asks for more (default: that of --fee-cap)",
      ).argParser(wholeNumber(1)),
    )
    .option(
      "--delivery <number>",
      "proven batches that go to L1 in one transaction, at most; 1: each has its own",
      wholeNumber(1, MOST_TOGETHER),
      DEPARTURE.most,
    )
    .option(
      "--delivery-wait <seconds>",
      "how long a proven batch waits at most for the next one, which is being proven, to go with it; where transfers are in blobs, how long a batch waits to share one, while others are being proven",
      wholeNumber(0, MOST_DELIVERY_WAIT),
      DEPARTURE.longestWait / 1000,
    )
    .addOption(
      new Option(
        "--hour-price <ether>",
        "what it is worth that a batch is on L1 an hour earlier: it waits for others only while that costs less than they save",
      )
        .argParser(etherAmount)
        .default(DEPARTURE.hourPrice, formatEther(DEPARTURE.hourPrice)),
    )
    .option(
      "--max-age <seconds>",
      "how long an operation waits for a fuller batch than one that pays for itself",
      wholeNumber(0),
      10,
    )
    .option(
      "--keep-days <number>",
      "for how long the node keeps an operation that is not due yet, at most; 0: it keeps none",
      wholeNumber(0, 36_500),
      LIMITS.early.ahead / DAY,
    )
    .option(
      "--confirmations <blocks>",
      "that a deposit must have before a batch takes it (default: 2; none on a chain for development)",
      wholeNumber(0),
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 for any", wholeNumber(0, 65_535), 8790)
    .addOption(
      new Option(
        "--metrics-port <number>",
        "serve /metrics there instead, out of the public's sight; 0 for any",
      ).argParser(wholeNumber(0, 65_535)),
    )
    .option("--metrics-host <address>", "address that the metrics' port listens on", "127.0.0.1")
    .addOption(
      new Option(
        "--proxy <network...>",
        "reverse proxies whose X-Forwarded-For names the client, for the limits per client: loopback, 10.0.0.7, …",
      ).argParser(proxyNetwork),
    )
    .addOption(
      new Option("--threads <number>", "that verify signatures (default: one a core)").argParser(wholeNumber(1)),
    )
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText("after", `\nThe prover service's token is in ${TOKEN_VARIABLE}. More in docs/node.md.`)
    .action(async (options: NodeCommandOptions) => {
      await runLogged(options, (log) => runNode(options, log));
    });
}

interface NodeCommandOptions extends LogOptions, BlobPlaces {
  readonly rpc: string;
  readonly rollup: string;
  readonly keys: string;
  readonly key: string;
  readonly data?: string;
  readonly fromBlock?: number;
  readonly prover?: string;
  readonly beneficiary?: string;
  readonly feesTo?: string;
  readonly charge?: true;
  readonly price?: ReadonlyMap<string, bigint>;
  readonly longestWait: number;
  readonly queueWait?: number;
  readonly freeAccounts: number;
  readonly freeAccountsEach: number;
  readonly keepDays: number;
  readonly feeCap: number;
  readonly blobFeeCap?: number;
  readonly delivery: number;
  readonly deliveryWait: number;
  readonly hourPrice: bigint;
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
async function runNode(options: NodeCommandOptions, log: Logger): Promise<void> {
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
  const blobs = BlobFinder.at(options);
  const fromBlock = options.fromBlock ?? (await deployedIn(chainId, l1.rollup));
  const node = await withProgress("restore", async (onProgress) =>
    SheafNode.open({
      l1,
      data: options.data ?? join(ROOT, "build", "nodes", `${chainId}-${l1.rollup}`),
      fromBlock,
      feeOwner: await feeOwnerOf(options, payer, chainId, l1.rollup),
      beneficiary: BigInt(options.beneficiary ?? payer.address),
      equip: equipper(options, rpc, l1, payer, service, log),
      verify: verifier.verify,
      limits: {
        gifts: { perDay: options.freeAccounts, perClient: options.freeAccountsEach },
        early: { ...LIMITS.early, ahead: options.keepDays * DAY },
      },
      policy: {
        maxAge: options.maxAge * 1000,
        longestWait: options.longestWait * 1000,
        maxQueueAge: (options.queueWait ?? (options.charge === true ? CHARGED_QUEUE_WAIT : options.maxAge)) * 1000,
        queueDepth: options.confirmations ?? (isForDevelopment ? 0 : CONFIRMATIONS),
      },
      departure: {
        ...{ most: options.delivery, longestWait: options.deliveryWait * 1000, hourPrice: options.hourPrice },
      },
      // Five calls a look: a third of a block is soon enough for L1, and spares what hosted nodes count.
      pollInterval: isForDevelopment ? 1_000 : 4_000,
      follow: { onProgress, blobs },
    }),
  );
  // Before, nothing needs to be ended in order: the part of L1 that was read stays, however long the rest takes.
  const stopped = untilStopped();
  const { host, port, proxy: proxies } = options;
  const isOperator = operatorCheck(l1, payer.address);
  const account = new L1Account(rpc, l1.rollup, payer.address);
  const { feeCap, blobFeeCap } = capsOf(options);
  const isInBlobs = (await blobToolsFor(l1)) !== undefined;
  const purse = {
    balance: () => account.balance(),
    market: () => (isInBlobs ? account.blobMarket() : account.market()),
  };
  const canPay = purseCheck(purse, feeCap, undefined, blobFeeCap);
  const server = await startNodeServer({
    ...{ node, rpc, host, port, proxies, log, metrics },
    explorer: mountExplorer,
    checks: [
      isOperator,
      canPay,
      blobCheck(l1, node.store, blobs),
      ...(service === undefined ? [] : [proverCheck(service)]),
    ],
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
  options: NodeCommandOptions,
  rpc: ReturnType<typeof httpRpc>,
  l1: L1,
  signer: BaseWallet,
  service: ProverClient | undefined,
  log: Logger,
): NodeOptions["equip"] {
  const { keys, charge, price = new Map() } = options;
  return async ({ store, journal }): Promise<Equipment> => {
    const sizes = await provableSizes(store.sizes(), (size) => publishedKeys(keys, size));
    const made: BatchProver =
      service === undefined
        ? localBatchProver(sizes, { onNote: (note) => log.info(note) })
        : serviceBatchProver(service, sizes);
    const { rollup } = l1;
    const account = new L1Account(rpc, rollup, signer.address);
    const blobs = await blobToolsFor(l1);
    const { chainId } = store;
    const rows = sizes.map((size) => size.rows);
    const full = fullBatchCalldata(rows);
    const gasOfFull = BatchGas.ofFull(Math.max(...rows.map(({ transfers }) => transfers)));
    const gasRules = new GasRules(rpc);
    return {
      sizes: rows,
      prover: made,
      submitter: new Submitter({ rpc, chainId, rollup, signer, journal, ...capsOf(options) }),
      blobs,
      pricing: {
        market: () => account.market(),
        dataFee: () => (blobs === undefined ? account.dataFee(full, gasOfFull) : account.blobFee()),
        schedule: () => gasRules.now(),
        prices: pricesById(price, store.tokens()),
        charge,
      },
    };
  };
}

/** Wei a gas. */
function capsOf({ feeCap, blobFeeCap = feeCap }: NodeCommandOptions) {
  return { feeCap: parseUnits(`${feeCap}`, "gwei"), blobFeeCap: parseUnits(`${blobFeeCap}`, "gwei") };
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

/** For commander: an amount of ether, in wei. */
export function etherAmount(text: string): bigint {
  if (/^\d+(\.\d{1,18})?$/.test(text)) return parseEther(text);
  throw new InvalidArgumentError("It must be an amount of ether, such as 0.001.");
}

/** Networks that have a name: of this machine, of its link, and private ones. */
const NAMED = ["loopback", "linklocal", "uniquelocal"];
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** For commander: addresses and networks of proxies, one after the other. */
export function proxyNetwork(text: string, before: readonly string[] = []): readonly string[] {
  const [address, length, ...rest] = text.split("/");
  const bits = BITS[isIP(address!)];
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) > 0 && Number(length) <= bits!);
  if (NAMED.includes(text) || (bits !== undefined && isLength && rest.length === 0)) return [...before, text];
  throw new InvalidArgumentError(`It must be an IP address, a network such as 10.0.0.0/8, or ${NAMED.join(", ")}.`);
}
