import type { BlobOpening } from "../../l1/blob-opening.ts";
import type { SolidityProof } from "../../prover/files/proof-format.ts";
import type { TooDear } from "./fees.ts";

/** A proven batch on its way to L1: what `submitBatch` and `submitBatches` take of one, and its number. */
export interface ProvenBatch {
  readonly batchNumber: number;
  /** Id of its size on L1. */
  readonly size: number;
  readonly proof: SolidityProof;
  readonly c: bigint;
  readonly words: Uint8Array;
  /** Of each operation that it takes from the queue, in order. */
  readonly refundAddresses: readonly string[];
  /** Whom the proof was made for. */
  readonly beneficiary: string;
}

/** The blob that the transfers of batches in a row are in, which go to L1 together or not at all. */
export interface DeliveryBlob {
  /** 131,072 bytes. */
  readonly data: Uint8Array;
  readonly versionedHash: string;
  readonly opening: BlobOpening;
}

/** Errors of the contract that say nothing about batches. */
export const OF_THE_SENDER: readonly string[] = ["NotOperator", "NotDirectCall"];

/** How a submission ended, as L1 looks now: a reorganisation can take any of it back. */
export type SubmitOutcome =
  | {
      readonly kind: "mined";
      /** Number of the last of the batches that the transaction brought: there may be fewer than were to be submitted. */
      readonly upTo: number;
      /** How many batches it brought: all of them share what it cost. */
      readonly count: number;
      readonly transaction: string;
      readonly block: number;
      readonly blockHash: string;
      readonly gasUsed: bigint;
      /** Wei a gas. */
      readonly gasPrice: bigint;
      /** Wei that it cost besides its gas: for its blob, and for its bytes where a rollup serves as L1. */
      readonly dataFee: bigint;
      readonly from: string;
    }
  /** L1 has a batch of the first one's number that was not sent from here. Whose, and which, the follower of L1 knows. */
  | { readonly kind: "superseded" }
  /** L1 does not take them together, and those of a blob come together: each needs a new proof, with so many others at most. */
  | { readonly kind: "parted"; readonly most: number; readonly reason: string }
  /** The contract refuses the first one as the next batch. `reason`: its error's name, or what else is known. */
  | { readonly kind: "reverted"; readonly reason: string };

/** What a submission waits for. */
export type SubmitState =
  /** For a batch after it, to come to L1 with it in one transaction. */
  | { readonly phase: "gathering" }
  /** For the batch before it: its own turn has not come. */
  | { readonly phase: "queued" }
  /** For L1's time, which a reorganisation can set back, to reach its own: Unix time in seconds. */
  | { readonly phase: "early"; readonly timestamp: number }
  /** For being mined. */
  | {
      readonly phase: "sent";
      readonly transaction: string;
      readonly maxFeePerGas: bigint;
      readonly priorityFee: bigint;
      /** Of a transaction with a blob. */
      readonly maxFeePerBlobGas?: bigint;
      /** The transaction that it takes the place of, if there was one. */
      readonly replaced?: string;
    }
  /** A transaction with it was mined and failed: it is looked at anew. */
  | { readonly phase: "failed"; readonly transaction: string; readonly gasUsed: bigint }
  /** For gas, or a blob's gas, to get cheaper: the price that it takes now is above the cap. Wei a gas. */
  | ({ readonly phase: "expensive" } & TooDear)
  /** For L1 to be reached, or to take it: the network, funds of the account, a full mempool. */
  | { readonly phase: "refused"; readonly reason: string };

export interface SubmitOptions {
  /** Where the transfers of the batches are; in calldata by default. */
  readonly blob?: DeliveryBlob | undefined;
  /** Ends the waiting: `submit` throws the signal's reason. A transaction that was sent stays sent. */
  readonly signal?: AbortSignal | undefined;
  /** Told whenever it changes. */
  readonly onState?: (state: SubmitState) => void;
}

/** Brings proven batches to L1. `Submitter` is the one. */
export interface BatchSubmitter {
  /**
   * Submits batches in a row in one transaction, or goes on with them if the journal knows them: after a restart, or a
   * reorganisation that took them back. Where L1 does not take them all, those before the first one that it refuses are
   * submitted: of batches in a blob none, and the outcome says how to part them. More may be given in their order while those before are not mined yet.
   *
   * While the connection to L1 fails it goes on trying.
   *
   * @throws SheafError L1_FAILED if the node refuses the transaction, and does not stop to
   */
  submit(batches: readonly ProvenBatch[], options?: SubmitOptions): Promise<SubmitOutcome>;
}
