import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Provider } from "ethers";
import { Wallet, type ConnectedWallet, type ConnectOptions } from "../../wallet/index.ts";
import { ApiStub } from "./api-stub.ts";
import { FollowedRollup } from "./followed-rollup.ts";

/** The wallets of a rollup's people, and a node that says of it what a test wants. */
export class StubbedWallets {
  readonly rollup: FollowedRollup;
  node!: ApiStub;
  url!: string;

  private constructor(rollup: FollowedRollup) {
    this.rollup = rollup;
  }

  static async create(): Promise<StubbedWallets> {
    const rollup = await FollowedRollup.create();
    await rollup.fund();
    return new StubbedWallets(rollup);
  }

  /** Another node, to which nothing was sent. */
  async restart(): Promise<void> {
    const { address, domain } = this.rollup;
    this.node = new ApiStub(() => this.rollup.state, { chainId: 31337, rollup: address, domain });
    this.url = await this.node.start();
  }

  get provider(): Provider {
    return this.rollup.chain.signers["alice"]!.provider!;
  }

  walletOf(name: string): Wallet {
    return Wallet.fromSecret(sha256(utf8ToBytes(name)), this.rollup.chain.signers[name]!.address);
  }

  connect(name = "alice", options: Partial<ConnectOptions> = {}): Promise<ConnectedWallet> {
    const signer = this.rollup.chain.signers[name]!;
    return this.walletOf(name).connect({ node: this.url, rpc: this.provider, signer, ...options });
  }
}
