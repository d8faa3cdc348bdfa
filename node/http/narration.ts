import { formatEther, formatUnits } from "ethers";
import type { Logger } from "pino";
import type { Batch } from "../../api/schemas.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { NodeEvent as Change } from "../sequencer/events.ts";
import type { Numbers } from "../submitter/nonces.ts";
import type { SubmitState } from "../submitter/submission.ts";
import type { Batches } from "./batches.ts";
import type { ServedNode } from "./served-node.ts";
import type { Transactions } from "./transactions.ts";

export interface NarrationParts {
  readonly node: ServedNode;
  readonly batches: Batches;
  readonly transactions: Transactions;
  readonly log: Logger;
}

const GONE: readonly string[] = ["BATCH_UNKNOWN", "TRANSACTION_UNKNOWN"];
/** Batches whose last status is remembered. */
const MOST_STATUSES = 1_000;

/** Tells the operator in the log what happens: a line for each step of a batch, and for all that goes wrong. */
export class Narration {
  readonly #parts: NarrationParts;
  /** Of the newest batches, as they were told. */
  readonly #told = new Map<number, Batch["status"]>();
  /** Lines come in the order of what they tell. */
  #before: Promise<void> = Promise.resolve();

  constructor(parts: NarrationParts) {
    this.#parts = parts;
  }

  note(change: Change): Promise<void> {
    this.#before = this.#before
      .then(() => this.#tell(change))
      .catch((err: unknown) => {
        // A batch that was given up meanwhile has nothing to be told of.
        if (err instanceof SheafError && GONE.includes(err.code)) return;
        this.#parts.log.warn({ err }, "a change could not be told");
      });
    return this.#before;
  }

  async #tell(change: Change): Promise<void> {
    const { log, batches } = this.#parts;
    switch (change.type) {
      case "transaction":
        return this.#tellOperation(change.id);
      case "batch":
        return this.#tellBatch(await batches.find(change.number));
      case "submission":
        return this.#tellSubmission(change.numbers, change.state);
      case "progress":
      case "state":
        return;
      case "failure": {
        const { what, error } = change;
        log.warn(
          { code: error instanceof SheafError ? error.code : undefined, err: error },
          `${what} failed; it is tried again`,
        );
      }
    }
  }

  #tellOperation(id: string): void {
    const { log, node, transactions } = this.#parts;
    // At hundreds a second the others are not looked up for nothing.
    if (!log.isLevelEnabled("debug") && node.pool.operations.find(id)?.reason === undefined) return;
    const { kind, status, reason, rejectedBefore, from, to, token, amount, fee, batch } = transactions.find(id);
    const about = { id, kind, status, from, to, token, amount: `${amount}`, fee: `${fee}`, batch };
    if (status === "rejected") log.info({ ...about, ...reason }, "operation rejected");
    else if (rejectedBefore !== undefined) {
      log.warn({ ...about, ...rejectedBefore }, "L1 executed an operation that had been rejected here");
    } else log.debug(about, "operation");
  }

  #tellBatch(batch: Batch): void {
    if (this.#told.get(batch.number) === batch.status) return;
    const { number, status, size, l1Operations, withdrawals, transfers, provedInMs, l1 } = batch;
    const before = this.#told.get(number);
    this.#told.set(number, status);
    this.#told.delete(number - MOST_STATUSES);
    const { log } = this.#parts;
    const about = { batch: number, size: size.name ?? `${size.id}` };
    if (status === "batched" && before === "proven") log.warn(about, "the batch's proof is dropped; it is proven anew");
    else if (status === "batched") log.info({ ...about, l1Operations, withdrawals, transfers }, "batch made");
    else if (status === "proven") log.info({ ...about, seconds: (provedInMs ?? 0) / 1000 }, "batch proven");
    else log.info({ ...about, ...costOf(l1) }, "batch verified");
  }

  #tellSubmission({ first, last }: Numbers, state: SubmitState): void {
    const { log } = this.#parts;
    // All of them come to L1 by one transaction, or none.
    const about = { batch: first, ...(last > first && { upTo: last }) };
    if (state.phase === "gathering") log.debug(about, "the batch waits for the next one, to be sent with it");
    else if (state.phase === "sent") {
      const { transaction, maxFeePerGas, replaced } = state;
      const what = last > first ? "batches sent together" : "batch sent";
      log.info({ ...about, transaction, maxFee: gwei(maxFeePerGas), replaced }, what);
    } else if (state.phase === "failed") {
      const { transaction, gasUsed } = state;
      log.warn({ ...about, transaction, gasUsed: Number(gasUsed) }, "a transaction with the batch failed on L1");
    } else if (state.phase === "refused") {
      log.warn({ ...about, reason: state.reason }, "L1 does not take the batch yet; it is tried again");
    } else if (state.phase === "early") {
      const until = new Date(state.timestamp * 1000).toISOString();
      log.warn({ ...about, until }, "L1's time has not come to the batch's own; the batch waits");
    } else if (state.phase === "expensive") {
      const [needed, cap] = [gwei(state.needed), gwei(state.cap)];
      const option = state.what === "gas" ? "--fee-cap" : "--blob-fee-cap";
      log.warn({ ...about, needed, cap }, `${state.what} costs more than ${option}; the batch waits`);
    }
  }
}

function costOf(l1: Batch["l1"]) {
  if (l1 === undefined) return {};
  const { transaction, block, batches, gasUsed, gasPrice, dataFee = 0n } = l1;
  if (gasUsed === undefined || gasPrice === undefined) return { transaction, block, batches };
  const cost = `${formatEther(BigInt(gasUsed) * gasPrice + dataFee)} ETH`;
  return { transaction, block, batches, gasUsed, gasPrice: gwei(gasPrice), cost };
}

const gwei = (wei: bigint): string => `${formatUnits(wei, "gwei")} gwei`;
