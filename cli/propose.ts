import type { Command } from "commander";
import { requireNoCode } from "../l1/code.ts";
import { IN_VAIN, Reverted } from "../l1/failure.ts";
import { sendToRollup } from "../l1/send.ts";
import type { Block, L1 } from "../node/l1/l1.ts";
import { knownSize } from "../node/provable-sizes.ts";
import { isOverdue, propose, sizeToServe, type Proposal } from "../node/sequencer/proposal.ts";
import type { Store } from "../node/store/store.ts";
import { SheafError } from "../protocol/errors.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { solidityProof } from "../prover/files/proof-format.ts";
import { followToHead, type AtHead, type FollowChoice } from "./support/follow.ts";
import { proofWith, publishedKeys } from "./support/keys.ts";
import { openPayer, payerKeyOption, sayMining, type L1Account, type PayerChoice } from "./support/l1-account.ts";
import {
  beneficiaryOption,
  keysOption,
  passwordOption,
  payerFileOption,
  rollupOption,
  rpcOption,
  followOptions,
  withOptions,
} from "./support/options.ts";
import { printResult, say, table } from "./support/output.ts";

export function define(command: Command): void {
  withOptions(command, [
    ...[rpcOption(), rollupOption(), keysOption(), payerKeyOption(), payerFileOption(), passwordOption()],
    ...[...followOptions(), beneficiaryOption()],
  ])
    .option("--json", "print JSON: the batches that were submitted")
    .addHelpText("after", "\nGoes on until nothing in the queue is overdue. More in docs/operations.md.")
    .action(async ({ json, ...options }: ProposeOptions) => {
      const batches = await serveQueue(options);
      printResult(json, batches, () => {
        if (batches.length === 0) return "somebody else was first: nothing in the queue is overdue any more";
        return table(
          ["batch", "size", "L1 ops", "gas", "transaction"],
          batches.map(({ batch, size, l1Operations, gasUsed, transaction }) => [
            ...[batch, size, l1Operations, gasUsed].map(String),
            transaction,
          ]),
        );
      });
    });
}

interface ProposeOptions extends FollowChoice, PayerChoice {
  readonly keys: string;
  readonly beneficiary?: string;
  readonly json?: true;
}

/** A batch that was submitted. */
interface ServedBatch {
  readonly batch: number;
  readonly size: string;
  readonly l1Operations: number;
  readonly root: bigint;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

/** What the contract answers where somebody else's transaction came first, before ours was sent or after. */
const OVERTAKEN = ["WrongOldRoot", "WrongBatchNumber", "WrongQueuePrefix", "QueueNotServed", "NotOperator", IN_VAIN];
const MOST_RACES = 5;

/**
 * Proves and submits batches until nothing in the queue is overdue.
 *
 * @throws SheafError QUEUE_NOT_OVERDUE if nothing was to begin with, ROLLUP_FROZEN, and the codes of each step
 */
async function serveQueue(options: ProposeOptions): Promise<readonly ServedBatch[]> {
  // Before the rollup is read from L1, and long before the proof: nobody else can pay for its submission.
  const account = await openSubmitter(options);
  const beneficiary = BigInt(options.beneficiary ?? account.address);
  let head: AtHead | undefined;
  try {
    head = await followToHead(options);
    const { l1, store, sync } = head;
    const served: ServedBatch[] = [];
    for (let races = 0; ;) {
      const { timestamp } = await lastRead(l1, store, sync);
      if (!isOverdue(store, timestamp)) {
        if (served.length === 0 && races === 0) throw notOverdue(store);
        return served;
      }
      const size = sizeToServe(store);
      const { name, keys } = await publishedKeys(options.keys, size);
      const proposal = propose(store, size, knownSize(name, size), { beneficiary, timestamp });
      const proof = await proofWith(`proof ${name}`, keys, proposal.batch.input);
      try {
        served.push({ size: name, ...(await submit(account, store.rollup, proposal, solidityProof(proof))) });
      } catch (error) {
        if (!(error instanceof Reverted) || !OVERTAKEN.includes(error.reason) || ++races > MOST_RACES) throw error;
        say(`${error.message}: somebody else was first`);
      }
      await sync();
    }
  } finally {
    head?.store.close();
    await account.close();
  }
}

/** Throws `ACCOUNT_HAS_CODE`, and the codes of `openPayer`. */
async function openSubmitter(options: ProposeOptions): Promise<L1Account> {
  const account = await openPayer(options);
  try {
    await requireNoCode(account.signer.provider!, "the account that pays,", account.address);
    return account;
  } catch (error) {
    await account.close();
    throw error;
  }
}

/** The block up to which the store was read. */
async function lastRead(l1: L1, store: Store, sync: AtHead["sync"]): Promise<Block> {
  for (let attempt = 0; attempt < MOST_RACES; attempt++) {
    const block = await l1.block(store.cursor.number);
    if (block?.hash === store.cursor.hash) return block;
    // A reorganisation came in between, or the node lags.
    await sync();
  }
  throw new SheafError("RPC_INCONSISTENT", `the node does not show block ${store.cursor.number} as it did before`);
}

async function submit(
  { signer }: L1Account,
  rollup: string,
  { size, batch, refundAddresses }: Proposal,
  proof: readonly bigint[],
): Promise<Omit<ServedBatch, "size">> {
  const { published, publicSignals, words, beneficiary } = batch;
  const args = [size.id, proof, publicSignals.c, words, refundAddresses, addressToHex(beneficiary)];
  const { hash, gasUsed } = await sendToRollup(signer, rollup, "submitBatch", args, sayMining);
  return {
    batch: published.batchNumber,
    l1Operations: published.l1Operations.length,
    root: published.newRoot,
    transaction: hash,
    gasUsed,
  };
}

function notOverdue(store: Store): SheafError {
  const [first] = store.waiting();
  if (first === undefined) return new SheafError("QUEUE_NOT_OVERDUE", "nothing waits in the queue");
  const date = new Date(first.deadline * 1000).toISOString();
  return new SheafError("QUEUE_NOT_OVERDUE", `the oldest operation in the queue is not overdue before ${date}`);
}
