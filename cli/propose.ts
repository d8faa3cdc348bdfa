import type { Command } from "commander";
import { requireNoCode } from "../l1/code.ts";
import { IN_VAIN, Reverted } from "../l1/failure.ts";
import { packBatches, type PackedBatch } from "../l1/packed-batches.ts";
import { sendToRollup } from "../l1/send.ts";
import type { Block, L1 } from "../node/l1/l1.ts";
import { knownSize } from "../node/provable-sizes.ts";
import { isOverdue, propose, sharesOf, type Proposal } from "../node/sequencer/proposal.ts";
import type { RegisteredSize, Store } from "../node/store/store.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { addressToHex } from "../protocol/json-fields.ts";
import { solidityProof, type SolidityProof } from "../prover/files/proof-format.ts";
import { followToHead, type AtHead, type FollowChoice } from "./support/follow.ts";
import { proofWith, publishedKeys, type PublishedKeys } from "./support/keys.ts";
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
          ["batch", "size", "L1 ops", "in one call", "gas of the call", "transaction"],
          batches.map(({ batch, size, l1Operations, together, gasUsed, transaction }) => [
            ...[batch, size, l1Operations, together, gasUsed].map(String),
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
  /** How many batches the transaction has. */
  readonly together: number;
  /** By the transaction: its batches share it. */
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
      const shares = sharesOf(store, timestamp);
      const circuits = await circuitsOf(
        shares.map(({ size }) => size),
        options.keys,
      );
      const rowsOf = (size: RegisteredSize): BatchSize => knownSize(circuits.get(size.id)!.name, size);
      const proposals = propose(store, shares, rowsOf, { beneficiary, timestamp });
      const proven: ProvenProposal[] = [];
      for (const proposal of proposals) {
        const { name, keys } = circuits.get(proposal.size.id)!;
        const proof = await proofWith(`proof ${name}`, keys, proposal.batch.input);
        proven.push({ ...proposal, name, proof: solidityProof(proof) });
      }
      try {
        served.push(...(await submit(account, store.rollup, proven)));
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

interface ProvenProposal extends Proposal {
  /** Of its circuit. */
  readonly name: string;
  readonly proof: SolidityProof;
}

/** The circuits of sizes, by their ids; each is fetched once. */
async function circuitsOf(
  sizes: readonly RegisteredSize[],
  source: string,
): Promise<ReadonlyMap<number, PublishedKeys>> {
  const circuits = new Map<number, PublishedKeys>();
  for (const size of sizes) {
    if (!circuits.has(size.id)) circuits.set(size.id, await publishedKeys(source, size));
  }
  return circuits;
}

/** Several go in one call, which costs each of them less; one alone costs less by itself. */
async function submit(
  { signer }: L1Account,
  rollup: string,
  proposals: readonly ProvenProposal[],
): Promise<readonly ServedBatch[]> {
  const batches = proposals.map(({ size, batch, refundAddresses, proof }): PackedBatch => {
    const { publicSignals, words } = batch;
    const beneficiary = addressToHex(batch.beneficiary);
    return { size: size.id, proof, c: publicSignals.c, words, refundAddresses, beneficiary };
  });
  const [{ size, proof, c, words, refundAddresses, beneficiary }, ...others] = batches as [PackedBatch];
  const { hash, gasUsed } =
    others.length === 0
      ? await sendToRollup(
          ...([signer, rollup, "submitBatch"] as const),
          [size, proof, c, words, refundAddresses, beneficiary],
          sayMining,
        )
      : await sendToRollup(signer, rollup, "submitBatches", [packBatches(batches)], sayMining);
  return proposals.map(({ name, batch: { published } }) => ({
    batch: published.batchNumber,
    size: name,
    l1Operations: published.l1Operations.length,
    root: published.newRoot,
    transaction: hash,
    together: proposals.length,
    gasUsed,
  }));
}

function notOverdue(store: Store): SheafError {
  const [first] = store.waiting();
  if (first === undefined) return new SheafError("QUEUE_NOT_OVERDUE", "nothing waits in the queue");
  const date = new Date(first.deadline * 1000).toISOString();
  return new SheafError("QUEUE_NOT_OVERDUE", `the oldest operation in the queue is not overdue before ${date}`);
}
