/** A signed transaction with batches in a row. Everything else about it is in `raw`. */
export interface SentTransaction {
  /** Numbers of the first and the last of its batches. */
  readonly first: number;
  readonly last: number;
  /** Of the L1 account. */
  readonly nonce: number;
  /** 0x and 64 digits. */
  readonly hash: string;
  /** The signed transaction, without the blob that goes over the wire with it: 0x and hexadecimal digits. */
  readonly raw: string;
}

/**
 * Remembers transactions before they are sent. Without it a process that is killed between sending and noting would
 * submit a batch again under another nonce. Entries may be dropped once their batches are final on L1.
 */
export interface Journal {
  /** Notes a transaction. It must be durable when this returns; the same transaction twice is one entry. */
  add(transaction: SentTransaction): void;
  /** The transactions with a batch of a number, the oldest first: of all batches that were made with this number. */
  ofBatch(batchNumber: number): readonly SentTransaction[];
  /** The transactions with an L1 nonce, the oldest first: each meant to replace the one before. */
  ofNonce(nonce: number): readonly SentTransaction[];
}
