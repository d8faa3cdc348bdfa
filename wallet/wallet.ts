import type { Provider, Signer } from "ethers";
import type { SentMemory } from "../l1/unconfirmed.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { PrivateKey } from "../protocol/signature.ts";
import { connect, connectL1, type ConnectOptions } from "./connect.ts";
import { ConnectedWallet, type Keys } from "./connected-wallet.ts";
import type { L1Rollup } from "./l1-rollup.ts";
import { keysOfMnemonic } from "./mnemonic.ts";
import { formatOwner, type Owner } from "./rollup-address.ts";
import { secretOfSigner, type RollupPlace } from "./signed-secret.ts";

/** Where the rollup is on L1. */
export interface L1ConnectOptions extends RollupPlace {
  readonly rpc: string | Provider;
  /** Pays. Default: the account that the wallet was made from. */
  readonly signer?: Signer;
  /** As in `ConnectOptions`. */
  readonly onSent?: (hash: string) => void;
  readonly memory?: SentMemory;
}

/** A person's keys: one for the rollup, and the L1 account that its withdrawals go to. */
export class Wallet implements Keys {
  readonly key: PrivateKey;
  readonly owner: Owner;
  readonly #signer: Signer | undefined;
  readonly #place: Partial<RollupPlace>;

  private constructor(secret: Uint8Array, l1Address: string, signer?: Signer, place: Partial<RollupPlace> = {}) {
    this.key = new PrivateKey(secret);
    this.owner = { pubKeyY: this.key.publicKey.y, l1Address: l1AddressOf("the L1 address", l1Address) };
    this.#signer = signer;
    this.#place = place;
  }

  /** The wallet of BIP-39's words; `account` is which of their L1 accounts. Throws `MNEMONIC_INVALID`. */
  static fromMnemonic(words: string, { account = 0 }: { readonly account?: number } = {}): Wallet {
    const { l1, secret } = keysOfMnemonic(words, account);
    return new Wallet(secret, l1.address, l1);
  }

  /**
   * The wallet that an Ethereum account has in one rollup: its signer is asked for the same EIP-712 signature twice. Throws
   * `SIGNER_UNSUITABLE`, `FIELD_INVALID`.
   */
  static async fromSigner(signer: Signer, place: RollupPlace): Promise<Wallet> {
    const rollup = l1AddressOf("the rollup", place.rollup);
    return new Wallet(await secretOfSigner(signer, { ...place, rollup }), await signer.getAddress(), signer, place);
  }

  /** @param secret 32 bytes: the rollup's key is made of them as circomlibjs does it */
  static fromSecret(secret: Uint8Array, l1Address: string): Wallet {
    return new Wallet(secret, l1Address);
  }

  /** The owner in one word, for those who want to pay: `sheaf:0x…`. */
  get address(): string {
    return formatOwner(this.owner);
  }

  /** The rollup on L1, without any node of it; the wallet's L1 account pays, or `signer`. Throws `NODE_MISMATCH`. */
  onL1({ signer = this.#signer, onSent, memory, ...place }: L1ConnectOptions): Promise<L1Rollup> {
    return connectL1(place, signer, onSent, memory);
  }

  /** Throws `NODE_MISMATCH` if the node's rollup is not the wallet's, or not the one on L1. */
  async connect({ signer = this.#signer, ...options }: ConnectOptions): Promise<ConnectedWallet> {
    return new ConnectedWallet(this, await connect({ ...this.#place, ...options }, signer));
  }
}
