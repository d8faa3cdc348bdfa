import type { Owner } from "../../wallet/rollup-address.ts";

export type { Owner } from "../../wallet/rollup-address.ts";

/** Checksums take a hash function that no other part of the page needs: it is loaded when an address is looked at. */
const rollupAddress = () => import("../../wallet/rollup-address.ts");

/** The owner that a `sheaf:` address names. Throws `RECEIVER_INVALID`. */
export const ownerNamed = async (text: string): Promise<Owner> => (await rollupAddress()).parseOwner(text);

/** An L1 address, whose checksum is looked at if it has one. Throws `FIELD_INVALID`. */
export async function l1AddressNamed(text: string): Promise<string> {
  (await import("../../protocol/l1-address.ts")).l1AddressOf("the L1 address", text);
  return text;
}

/** An owner's `sheaf:` address. */
export const nameOf = async (owner: Owner): Promise<string> => (await rollupAddress()).formatOwner(owner);

export const walletPath = (name: string): string => `/wallets/${name}`;
