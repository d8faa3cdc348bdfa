import { BrowserProvider, Wallet as EthereumWallet, type HDNodeWallet } from "ethers";
import { network } from "hardhat";
import { buildExitCircuit, buildSize, type BuiltCircuit } from "../../../fixture/build.ts";
import { deployRollup } from "../../../fixture/deployment.ts";
import { startNodeServer, type NodeServer } from "../../../node/http/server.ts";
import { L1 } from "../../../node/l1/l1.ts";
import { providerRpc } from "../../../node/l1/rpc.ts";
import { SheafNode } from "../../../node/node.ts";
import { builtKeys, provableSizes } from "../../../node/provable-sizes.ts";
import { localBatchProver } from "../../../node/proving.ts";
import { Submitter } from "../../../node/submitter/submitter.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import type { Rollup } from "../../../types/generated/index.ts";
import { keysOfMnemonic } from "../../../wallet/index.ts";
import { RpcServer } from "../chain/rpc-server.ts";
import { newFolder } from "../folders.ts";
import { SWIFT } from "../node/stores.ts";

/** Words of Hardhat's accounts, which have ether. Account 1 is the rollup's operator. */
export const WORDS = "test test test test test test test test test test test junk";
const OPERATOR = 1;

/** A rollup on an in-process chain, with a node as its operator, real proofs, and its HTTP API. */
export class WalletWorld {
  readonly provider: BrowserProvider;
  readonly rollup: Rollup;
  readonly exit: BuiltCircuit;
  /** L1's JSON-RPC. */
  readonly l1: RpcServer;
  readonly api: NodeServer;
  readonly failures: unknown[];
  readonly #node: SheafNode;
  readonly #end = new AbortController();

  private constructor(
    parts: Pick<WalletWorld, "provider" | "rollup" | "exit" | "l1" | "api" | "failures">,
    node: SheafNode,
  ) {
    this.provider = parts.provider;
    this.rollup = parts.rollup;
    this.exit = parts.exit;
    this.l1 = parts.l1;
    this.api = parts.api;
    this.failures = parts.failures;
    this.#node = node;
    void node.run(this.#end.signal);
  }

  static async start(): Promise<WalletWorld> {
    const connection = await network.create();
    const provider = new BrowserProvider(connection.provider, undefined, { cacheTimeout: -1 });
    const [size, exit] = [await buildSize(BATCH_SIZES[0]!), await buildExitCircuit()];
    const rollup = await deployRollup(provider, [size], exit);
    const address = await rollup.getAddress();
    const rpc = providerRpc(connection.provider);
    const operator = hardhatAccount(OPERATOR);
    const failures: unknown[] = [];
    const node = await SheafNode.open({
      l1: new L1(rpc, address),
      data: newFolder(),
      feeOwner: { pubKeyY: 5n, l1Address: BigInt(operator.address) },
      beneficiary: BigInt(operator.address),
      equip: async ({ store, journal }) => {
        const sizes = await provableSizes(store.sizes(), builtKeys("development-INSECURE"));
        const signer = new EthereumWallet(operator.privateKey);
        const fees = { feeCap: 10n ** 12n, patience: 1000, interval: 20 };
        return {
          sizes: sizes.map(({ rows }) => rows),
          prover: localBatchProver(sizes),
          pricing: { market: () => Promise.resolve({ baseFee: 6n, priorityFee: 1n }) },
          submitter: new Submitter({ rpc, chainId: store.chainId, rollup: address, journal, signer, ...fees }),
        };
      },
      policy: { maxAge: 0, maxQueueAge: 0 },
      pollInterval: 50,
      retryPause: 100,
      follow: SWIFT,
      onFailure: (_, error) => failures.push(error),
    });
    const api = await startNodeServer({ node, rpc, port: 0 });
    return new WalletWorld({ provider, rollup, exit, l1: await RpcServer.start(rpc), api, failures }, node);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#node.close();
    await this.api.close();
    await this.l1.close();
  }
}

export const hardhatAccount = (account: number): HDNodeWallet => keysOfMnemonic(WORDS, account).l1;
