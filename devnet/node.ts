import { parseUnits } from "ethers";
import type { Logger } from "pino";
import { listenOn } from "../http/listening.ts";
import { mountExplorer } from "../node/http/explorer.ts";
import { makeNodeServer } from "../node/http/server.ts";
import { blobToolsFor } from "../node/blob-deployment.ts";
import { BlobFinder } from "../node/blobs/finder.ts";
import { L1 } from "../node/l1/l1.ts";
import { providerRpc } from "../node/l1/rpc.ts";
import { SheafNode, type Equipment, type NodeOptions } from "../node/node.ts";
import { builtKeys, provableSizes } from "../node/provable-sizes.ts";
import { localBatchProver } from "../node/proving.ts";
import { L1Account } from "../node/submitter/l1-account.ts";
import { Submitter } from "../node/submitter/submitter.ts";
import { SignatureVerifier } from "../node/verification/verifier.ts";
import type { DevChain } from "./chain.ts";
import type { DeployedRollup } from "./state-folder.ts";

/** A local chain has every transaction in a block at once: there is nothing to wait for. */
const INTERVAL = 250;
const FEE_CAP = parseUnits("1000", "gwei");

export interface DevNodeOptions {
  readonly chain: DevChain;
  readonly rollup: DeployedRollup;
  /** Folder of the node's files. */
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Whom proofs are made for; by default the operator. */
  readonly beneficiary?: string | undefined;
  readonly log: Logger;
}

export interface DevNode {
  readonly url: string;
  /** Ends it after the step under way. */
  close(): Promise<void>;
}

/** Starts the rollup's node, its API and the explorer. The operator gets the fees. */
export async function startDevNode(options: DevNodeOptions): Promise<DevNode> {
  const { chain, rollup, data, host, port, log } = options;
  const rpc = providerRpc(chain.environment.connection.provider);
  const { l1, wallet } = chain.accounts.operator;
  const rollupOnL1 = new L1(rpc, rollup.rollup);
  const beneficiary = BigInt(options.beneficiary ?? l1.address);
  const verifier = new SignatureVerifier();
  const equip: NodeOptions["equip"] = async ({ store, journal }): Promise<Equipment> => {
    const sizes = await provableSizes(store.sizes(), builtKeys("development-INSECURE"));
    const account = new L1Account(rpc, rollup.rollup, l1.address);
    return {
      sizes: sizes.map(({ rows }) => rows),
      prover: localBatchProver(sizes),
      submitter: new Submitter({
        ...{ rpc, chainId: store.chainId, rollup: rollup.rollup, signer: l1, journal },
        ...{ feeCap: FEE_CAP, interval: INTERVAL },
      }),
      blobs: await blobToolsFor(rollupOnL1),
      pricing: { market: () => account.market() },
    };
  };
  const node = await SheafNode.open({
    ...{ l1: rollupOnL1, data, fromBlock: rollup.block, equip },
    feeOwner: { pubKeyY: wallet.owner.pubKeyY, l1Address: BigInt(l1.address) },
    beneficiary,
    verify: verifier.verify,
    pollInterval: INTERVAL,
    follow: { blobs: BlobFinder.at({ beacon: chain.beacon }) },
    policy: { maxAge: 1_000, maxQueueAge: 1_000 },
    departure: { longestWait: 0 },
  });
  const stop = new AbortController();
  try {
    const server = await makeNodeServer({ node, rpc, explorer: mountExplorer, log });
    const url = await listenOn(server, host, port);
    void node.run(stop.signal);
    const close = async (): Promise<void> => {
      await server.close();
      stop.abort();
      await node.close();
      await verifier.close();
    };
    return { url, close };
  } catch (error) {
    await node.close();
    await verifier.close();
    throw error;
  }
}
