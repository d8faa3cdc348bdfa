import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Provider } from "ethers";
import { Wallet, type ConnectedWallet, type ConnectOptions } from "../../../wallet/index.ts";
import { ApiStub } from "../node/api-stub.ts";
import { FollowedRollup } from "../node/followed-rollup.ts";

/** The wallets of a rollup's people, and a node that says of it what a test wants. */
export class StubbedWallets {
  rollup!: FollowedRollup;
  node!: ApiStub;
  url!: string;

  private constructor() {}

  /** For the tests of a suite: each has another node, to which nothing was sent. */
  static forSuite(): StubbedWallets {
    const world = new StubbedWallets();
    before(async () => {
      world.rollup = await FollowedRollup.create();
      await world.rollup.fund();
    });
    beforeEach(async () => {
      const { address, domain } = world.rollup;
      world.node = new ApiStub(() => world.rollup.state, { chainId: 31337, rollup: address, domain });
      world.url = await world.node.start();
    });
    afterEach(() => world.node.close());
    return world;
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
