import { addressOf } from "../../node/addresses.ts";
import { claimsOf, type Claims } from "../../node/escape.ts";
import type { L1 } from "../../node/l1.ts";
import { sendToRollup } from "../../l1/send.ts";
import type { Store } from "../../node/store/store.ts";
import { SheafError } from "../../protocol/errors.ts";
import { buildExit } from "../../protocol/exit.ts";
import { l1AddressOf } from "../../protocol/l1-address.ts";
import { solidityProof } from "../../prover/proof-files.ts";
import type { CircuitHashes } from "../../prover/published.ts";
import type { ExitOptions } from "../exit.ts";
import type { Exits, Step } from "./exits.ts";
import { followToHead, type AtHead } from "./follow.ts";
import { openL1Account, type L1Account } from "./l1-account.ts";
import { proofWith } from "./proofs.ts";
import { publishedKeys } from "./published-keys.ts";

/**
 * Takes everything of an L1 address's out of a frozen rollup: proves its accounts, has its waiting deposits given back,
 * and pulls what it is credited with.
 *
 * @throws SheafError ROLLUP_NOT_FROZEN, ACCOUNT_NOT_FOUND if there is nothing to take, and the codes of each step
 */
export async function leaveRollup(options: ExitOptions): Promise<Exits> {
  const needsKey = options.dryRun === undefined || options.account === undefined;
  const payer = needsKey ? await openL1Account(options.rpc, options.key) : undefined;
  try {
    const address = l1AddressOf("--account", options.account ?? payer!.address);
    const head = await followToHead(options);
    try {
      const sender = options.dryRun ? undefined : payer;
      if (!head.store.isFrozen) await freeze(head, options, sender);
      return await leave(head, address, options.keys, sender);
    } finally {
      head.store.close();
    }
  } finally {
    await payer?.close();
  }
}

async function freeze({ l1, store, sync }: AtHead, options: ExitOptions, sender: L1Account | undefined): Promise<void> {
  const { number, timestamp } = await l1.requireBlock("latest");
  const [time] = (await l1.call("freezeTime", [], number)) as [bigint];
  if (BigInt(timestamp) <= time) {
    const when = store.waiting().length === 0 ? "only if something waits in its queue" : `after ${dateOf(time)}`;
    throw new SheafError("ROLLUP_NOT_FROZEN", `${store.rollup} is not frozen, and can be ${when}`);
  }
  if (options.freeze !== true || sender === undefined) {
    throw new SheafError("ROLLUP_NOT_FROZEN", `${store.rollup} is not frozen, but can be now: --freeze does it`);
  }
  await sendToRollup(sender.signer, store.rollup, "freeze", []);
  await sync();
}

const dateOf = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();

async function leave(
  { l1, store }: AtHead,
  address: string,
  keys: string,
  sender: L1Account | undefined,
): Promise<Exits> {
  const claims = claimsOf(store, BigInt(address));
  const exits = await exitAccounts(l1, store, claims, keys, sender);
  const refunds: Step[] = [];
  for (const { place, operation, refundAddress } of claims.deposits) {
    const { token, amount, pubKeyY, l1Address } = operation;
    const args = [place, token, amount, pubKeyY, addressOf(l1Address), refundAddress];
    refunds.push({ place, token, amount, ...(await send(sender, store.rollup, "refundDeposit", args)) });
  }
  const pulls = await pull(store, address, [...exits, ...refunds], sender);
  if (exits.length + refunds.length + pulls.length === 0) {
    throw new SheafError("ACCOUNT_NOT_FOUND", `${address} has nothing left in the rollup`);
  }
  return { rollup: store.rollup, account: address, root: store.state().root, dryRun: !sender, exits, refunds, pulls };
}

async function exitAccounts(
  l1: L1,
  store: Store,
  { accounts }: Claims,
  keys: string,
  sender: L1Account | undefined,
): Promise<Step[]> {
  if (accounts.size === 0) return [];
  const [hashes] = (await l1.call("exitCircuit", [], store.cursor.number)) as [CircuitHashes];
  const { keys: files } = await publishedKeys(keys, hashes);
  const exits: Step[] = [];
  for (const [index, { token, l1Address, balance }] of accounts) {
    const { input } = buildExit(store.state(), index);
    const proof = solidityProof(await proofWith(`proof of account ${index}`, files, input));
    const args = [index, token, addressOf(l1Address), balance, proof];
    exits.push({ place: index, token, amount: balance, ...(await send(sender, store.rollup, "exit", args)) });
  }
  return exits;
}

/** Pulls what was credited now or earlier; without a sender, tells what it would be. */
async function pull(
  store: Store,
  address: string,
  credited: readonly Step[],
  sender: L1Account | undefined,
): Promise<Step[]> {
  const pulls: Step[] = [];
  for (const token of store.tokens().keys()) {
    const amount = credited
      .filter((step) => step.token === token)
      .reduce((sum, step) => sum + step.amount, store.books.withdrawable(token, BigInt(address)));
    if (amount === 0n) continue;
    pulls.push({ place: token, token, amount, ...(await send(sender, store.rollup, "withdraw", [token, address])) });
  }
  return pulls;
}

async function send(
  sender: L1Account | undefined,
  rollup: string,
  name: string,
  args: readonly unknown[],
): Promise<{ readonly transaction?: string }> {
  return sender === undefined ? {} : { transaction: (await sendToRollup(sender.signer, rollup, name, args)).hash };
}
