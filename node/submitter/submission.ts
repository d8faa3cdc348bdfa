import type { SolidityProof } from "../../prover/files/proof-format.ts";

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
      /** Wei that it cost besides its gas: for its bytes, where a rollup serves as L1. */
      readonly dataFee: bigint;
      readonly from: string;
    }
  /** L1 has a batch of the first one's number that was not sent from here. Whose, and which, the follower of L1 knows. */
  | { readonly kind: "superseded" }
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
      /** The transaction that it takes the place of, if there was one. */
      readonly replaced?: string;
    }
  /** A transaction with it was mined and failed: it is looked at anew. */
  | { readonly phase: "failed"; readonly transaction: string; readonly gasUsed: bigint }
  /** For gas to get cheaper: the price that it takes now is above the cap. Wei a gas. */
  | { readonly phase: "expensive"; readonly needed: bigint; readonly cap: bigint }
  /** For L1 to be reached, or to take it: the network, funds of the account, a full mempool. */
  | { readonly phase: "refused"; readonly reason: string };

export interface SubmitOptions {
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
   * submitted. More may be given in their order while those before are not mined yet.
   *
   * While the connection to L1 fails it goes on trying.
   *
   * @throws SheafError L1_FAILED if the node refuses the transaction, and does not stop to
   */
  submit(batches: readonly ProvenBatch[], options?: SubmitOptions): Promise<SubmitOutcome>;
}
