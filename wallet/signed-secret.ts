import { concat, getBytes, keccak256, Signature, verifyTypedData, type Signer } from "ethers";
import { reasonOf } from "../l1/reason.ts";
import { SheafError } from "../protocol/errors.ts";
import { ecdsa } from "./ecdsa.ts";

/** A rollup on a chain. */
export interface RollupPlace {
  readonly chainId: number | bigint;
  /** The contract's address. */
  readonly rollup: string;
}

const PURPOSE =
  "Make the key of my Sheaf wallet. Whoever gets this signature can spend all its funds in the rollup: sign only where you trust the page.";

/** What a signer signs (EIP-712), to get a key for one rollup on one chain from it. */
export function keyRequest({ chainId, rollup }: RollupPlace, owner: string) {
  return {
    domain: { name: "Sheaf", version: "1", chainId, verifyingContract: rollup },
    types: {
      RollupKey: [
        { name: "purpose", type: "string" },
        { name: "owner", type: "address" },
      ],
    },
    message: { purpose: PURPOSE, owner },
  };
}

/**
 * The secret of a rollup's key from an Ethereum account: the keccak256 of its signature's `r` and `s`. Two signatures are
 * asked for and compared, for only a signer that always gives the same one (RFC 6979) can make the key again.
 *
 * @returns 32 bytes, for `PrivateKey`
 * @throws SheafError SIGNER_UNSUITABLE if there are no signatures, they differ, or are not by the signer's own key (contract wallets)
 */
export async function secretOfSigner(signer: Signer, place: RollupPlace): Promise<Uint8Array> {
  const owner = await signer.getAddress();
  const { domain, types, message } = keyRequest(place, owner);
  const sign = () =>
    signer.signTypedData(domain, types, message).catch((cause: unknown) => {
      throw new SheafError("SIGNER_UNSUITABLE", `${owner} does not sign: ${reasonOf(cause)}`, { cause });
    });
  const [first, second] = [await sign(), await sign()].map((signature) => ecdsa(signature)?.serialized);
  if (first === undefined || verifyTypedData(domain, types, message, first) !== owner) {
    throw new SheafError("SIGNER_UNSUITABLE", `the signature is not by a key of ${owner}: it may be a contract`);
  }
  if (first !== second) {
    throw new SheafError("SIGNER_UNSUITABLE", `the signer of ${owner} signs the same message in different ways`);
  }
  const { r, s } = Signature.from(first);
  return getBytes(keccak256(concat([r, s])));
}
