import { nameOf, walletPath, type Owner } from "../data/owners.ts";
import { useResource } from "../data/resource.ts";
import { useRollup } from "../data/rollup.tsx";
import { useToken } from "../data/tokens.tsx";
import { grouped, shortened } from "../format.ts";
import { CopyText } from "./copy-text.tsx";
import { Symbol } from "./values.tsx";

/** Explorers of public chains by chain id; others have none that we know. */
const L1_EXPLORERS: Readonly<Record<number, string>> = {
  1: "https://etherscan.io",
  11155111: "https://sepolia.etherscan.io",
  560048: "https://hoodi.etherscan.io",
};

/** A link to L1's own explorer, where its chain has one. */
function AtL1Explorer({ path }: { readonly path: string }) {
  const { value: state } = useRollup();
  const explorer = state && L1_EXPLORERS[state.chainId];
  return explorer === undefined ? null : <a href={`${explorer}/${path}`}>at {new URL(explorer).host}</a>;
}

export const L1TransactionAt = ({ hash }: { readonly hash: string }) => <AtL1Explorer path={`tx/${hash}`} />;
export const L1AddressAt = ({ address }: { readonly address: string }) => <AtL1Explorer path={`address/${address}`} />;

/** A transaction of L1, which leads to all that it did in the rollup. */
export const L1Transaction = ({ hash, whole = false }: { readonly hash: string; readonly whole?: boolean }) => (
  <>
    <CopyText text={hash} name="the L1 transaction's hash" whole={whole} href={`#/l1-transactions/${hash}`} />
    {whole && (
      <>
        {" "}
        <L1TransactionAt hash={hash} />
      </>
    )}
  </>
);

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

export const TokenLink = ({ id }: { readonly id: number }) => <a href={`#/tokens/${id}`}>{id}</a>;

/** A token by its symbol, which it shares with whatever token likes to, and its number, which it does not. */
export function TokenName({ id }: { readonly id: number }) {
  const token = useToken(id);
  return (
    <>
      {token && <Symbol token={token} />} (token <TokenLink id={id} />)
    </>
  );
}

/** The contract of a token on L1. */
export const TokenAddress = ({ address, whole = false }: { readonly address: string; readonly whole?: boolean }) => (
  <>
    <CopyText text={address} name="the token's address" whole={whole} /> <L1AddressAt address={address} />
  </>
);

/** An owner's `sheaf:` address, which leads to all that it names. */
export function OwnerLink({ whole = false, ...owner }: Owner & { readonly whole?: boolean }) {
  const { value } = useResource(`${owner.pubKeyY}/${owner.l1Address}`, () => nameOf(owner));
  return value === undefined ? null : (
    <CopyText text={value} name="the sheaf: address" href={`#${walletPath(value)}`} whole={whole} />
  );
}

/** A public key, which leads to all accounts that it signs for. */
export const KeyLink = ({ pubKeyY, whole = false }: { readonly pubKeyY: bigint; readonly whole?: boolean }) => (
  <CopyText text={pubKeyY.toString()} name="the public key" href={`#/keys/${pubKeyY}`} whole={whole} />
);

export const Root = ({ root, whole = false }: { readonly root: bigint; readonly whole?: boolean }) => (
  <CopyText text={root.toString()} name="the state root" whole={whole} />
);
