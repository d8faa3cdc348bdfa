import { useRollup } from "../data/rollup.tsx";
import { grouped, shortened } from "../format.ts";
import { CopyText } from "./copy-text.tsx";

/** Explorers of public chains by chain id; others have none that we know. */
const L1_EXPLORERS: Readonly<Record<number, string>> = {
  1: "https://etherscan.io",
  11155111: "https://sepolia.etherscan.io",
  560048: "https://hoodi.etherscan.io",
};

function useL1Link(path: string): { readonly href?: string } {
  const { value: state } = useRollup();
  const explorer = state && L1_EXPLORERS[state.chainId];
  return explorer === undefined ? {} : { href: `${explorer}/${path}` };
}

/** A transaction of L1: a link where its chain has an explorer. */
export function L1Transaction({ hash, whole = false }: { readonly hash: string; readonly whole?: boolean }) {
  return <CopyText text={hash} name="the L1 transaction's hash" whole={whole} {...useL1Link(`tx/${hash}`)} />;
}

export const BatchLink = ({ number }: { readonly number: number }) => (
  <a href={`#/batches/${number}`}>{grouped(number)}</a>
);

export const AccountLink = ({ index }: { readonly index: number }) => <a href={`#/accounts/${index}`}>{index}</a>;

export const TransactionLink = ({ id }: { readonly id: string }) => (
  <a href={`#/transactions/${id}`} title={id}>
    <code>{shortened(id)}</code>
  </a>
);

/** An address of L1, which leads to all that it owns in the rollup. */
export const AddressLink = ({ address, whole = false }: { readonly address: string; readonly whole?: boolean }) => (
  <CopyText text={address} name="the L1 address" href={`#/addresses/${address}`} whole={whole} />
);

/** A public key, which leads to all accounts that it signs for. */
export const KeyLink = ({ pubKeyY, whole = false }: { readonly pubKeyY: bigint; readonly whole?: boolean }) => (
  <CopyText text={pubKeyY.toString()} name="the public key" href={`#/keys/${pubKeyY}`} whole={whole} />
);

export const Root = ({ root, whole = false }: { readonly root: bigint; readonly whole?: boolean }) => (
  <CopyText text={root.toString()} name="the state root" whole={whole} />
);
