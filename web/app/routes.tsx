import type { VNode } from "preact";
import { Account } from "../pages/account.tsx";
import { Accounts } from "../pages/accounts.tsx";
import { Batch } from "../pages/batch.tsx";
import { Batches } from "../pages/batches.tsx";
import { L1Transaction } from "../pages/l1-transaction.tsx";
import { Missing } from "../pages/missing.tsx";
import { Address, Key, Wallet } from "../pages/owner.tsx";
import { Overview } from "../pages/overview.tsx";
import { Rollup } from "../pages/rollup.tsx";
import { Roots } from "../pages/roots.tsx";
import { Search } from "../pages/search.tsx";
import { Token } from "../pages/token.tsx";
import { Transaction } from "../pages/transaction.tsx";
import { Transactions } from "../pages/transactions.tsx";

/** Pages by the path behind `#`, with the API's nouns. */
const ROUTES: readonly [pattern: RegExp, page: (argument: string) => VNode][] = [
  [/^\/?$/, () => <Overview />],
  [/^\/batches$/, () => <Batches />],
  [/^\/batches\/(\d{1,10})$/, (number) => <Batch number={Number(number)} />],
  [/^\/roots$/, () => <Roots />],
  [/^\/transactions$/, () => <Transactions />],
  [/^\/transactions\/([\w-]{1,80})$/, (id) => <Transaction id={id} />],
  [/^\/accounts$/, () => <Accounts />],
  [/^\/accounts\/(\d{1,10})$/, (index) => <Account index={Number(index)} />],
  [/^\/addresses\/(0x[0-9a-fA-F]{40})$/, (l1Address) => <Address l1Address={l1Address} />],
  [/^\/keys\/(\d{1,77})$/, (pubKeyY) => <Key pubKeyY={BigInt(pubKeyY)} />],
  [/^\/wallets\/(sheaf:0x[0-9a-fA-F]{112})$/, (name) => <Wallet name={name} />],
  [/^\/l1-transactions\/(0x[0-9a-f]{64})$/, (hash) => <L1Transaction hash={hash} />],
  [/^\/tokens\/(\d{1,5})$/, (id) => <Token id={Number(id)} />],
  [/^\/rollup$/, () => <Rollup />],
  [/^\/search\/(.{1,200})$/, (text) => <Search text={decoded(text)} />],
];

/** The page of a path. */
export function pageAt(path: string): VNode {
  for (const [pattern, page] of ROUTES) {
    const match = pattern.exec(path);
    if (match !== null) return page(match[1] ?? "");
  }
  return <Missing what={`There is no page ${path}.`} />;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
