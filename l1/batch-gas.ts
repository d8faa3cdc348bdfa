import { OSAKA, type GasSchedule } from "./gas-schedule.ts";

/**
 * Operations that are paid for: a transfer; a transfer whose fee also pays for an account to be opened; a withdrawal, to an
 * L1 address that has not pulled its last one yet; a withdrawal to any other, whose credit is a new storage slot on L1.
 */
export const PRICED = ["transfer", "opening", "withdrawal", "firstWithdrawal"] as const;
export type Priced = (typeof PRICED)[number];

/** How many of each thing a batch holds. */
export interface Contents {
  readonly l1Operations: number;
  readonly withdrawals: number;
  readonly transfers: number;
}

/** Calldata: of a batch besides its rows, alone and among several of one call, and of a row. A transfer has 124 bits, other rows two words. */
const BYTES = { batch: 600, packed: 450, transfer: 15.5, row: 63 } as const;
const OWN_ROWS: Readonly<Record<Priced, Partial<Contents>>> = {
  transfer: { transfers: 1 },
  opening: { transfers: 1, l1Operations: 1 },
  withdrawal: { withdrawals: 1 },
  firstWithdrawal: { withdrawals: 1 },
};
const bytesOf = ({ l1Operations, withdrawals, transfers }: Contents): number =>
  BYTES.row * (l1Operations + withdrawals) + BYTES.transfer * transfers;

/** Batches whose gas counts. */
const REMEMBERED = 9;

/** What batches take on L1, by their contents; what those that were mined last took besides their rows is learnt. */
export class BatchGas {
  /** Measured with real verifiers: `test/contracts/gas.json`. */
  static readonly EXPECTED = 270_000;
  /** What a further batch of one transaction takes besides its rows: its share of the pairings, its proof's and header's bytes. */
  static readonly FURTHER = 72_000;
  /** A transfer's own: calldata, hashing, polynomial. */
  static readonly TRANSFER = 280;
  /** What a batch takes whose transfers are in a blob, besides its rows: the blob's opening, too. Its transfers take no gas. */
  static readonly EXPECTED_IN_BLOB = 355_000;
  /** The same of an L1 operation, without the looks at the queue that a batch takes for all of them. */
  static readonly L1_OPERATION = 2_350;
  /** The same of a withdrawal, without the credit's storage slot. */
  static readonly WITHDRAWAL = 3_200;

  /** What a batch of so many transfers takes, before any was mined. */
  static ofFull(transfers: number): number {
    return BatchGas.EXPECTED + transfers * BatchGas.TRANSFER;
  }

  readonly #inBlob: boolean;
  readonly #expected: number;
  /** A transfer's. */
  readonly #transfer: number;
  /** How many batches the last transactions brought. */
  #together: readonly number[] = [];

  /** Of the fork that L1 is at. */
  schedule: GasSchedule = OSAKA;
  /** Room for transfers in the largest batch. */
  readonly #transfers: number;
  #last: readonly number[] = [];

  /** @param inBlob whether transfers are in blobs */
  constructor(transfers: number, inBlob = false) {
    this.#transfers = transfers;
    this.#inBlob = inBlob;
    this.#expected = inBlob ? BatchGas.EXPECTED_IN_BLOB : BatchGas.EXPECTED;
    this.#transfer = inBlob ? 0 : BatchGas.TRANSFER;
  }

  /** Notes what the batches of a transaction took, each the same besides its rows. */
  add(gasUsed: bigint, ...batches: readonly Contents[]): void {
    const rows = batches.reduce((sum, contents) => sum + this.#rows(contents), 0);
    const share = Math.round((Number(gasUsed) - rows) / batches.length);
    this.#last = [...this.#last, ...batches.map(() => share)].slice(-REMEMBERED);
    this.#together = [...this.#together, batches.length].slice(-REMEMBERED);
  }

  /** What a batch takes less in one transaction with others than by itself. Calldata may cost more than what is executed. */
  savedTogether(contents: Contents): number {
    const rows = this.#rows(contents);
    const floor = this.schedule.floorByte.nonZero * (BYTES.packed + this.#bytesOf(contents));
    const alone = Math.max(this.#expected + rows, this.schedule.transaction + floor);
    return alone - Math.max(BatchGas.FURTHER + rows, floor);
  }

  /** Besides rows. The median: a batch whose withdrawals opened many credits says little about the others. */
  get typical(): number {
    return median(this.#last) ?? this.#expected;
  }

  /** What a batch takes, if `newCredits` of its withdrawals go to addresses that L1 owes nothing. */
  ofBatch(contents: Contents, newCredits: number): number {
    const { newSlot, changedSlot } = this.schedule;
    return this.typical + this.#rows(contents) + newCredits * (newSlot - changedSlot);
  }

  /** What an operation takes of a full batch: its row, and its share of the rest. */
  of(kind: Priced): number {
    const { newSlot, changedSlot } = this.schedule;
    const share = Math.ceil(this.typical / this.#transfers);
    switch (kind) {
      case "transfer":
        return share + this.#transfer;
      case "opening":
        return share + this.#transfer + BatchGas.L1_OPERATION;
      case "withdrawal":
        return share + BatchGas.WITHDRAWAL + changedSlot;
      case "firstWithdrawal":
        return share + BatchGas.WITHDRAWAL + newSlot;
    }
  }

  /**
   * A batch's part, by its bytes, of the cost of a full batch's data, where a rollup serves as L1. Of a blob it is the share of
   * one among as many as the last transactions brought: a blob costs as much, however much is in it.
   */
  dataPart(dataFee: bigint, contents: Contents): bigint {
    if (this.#inBlob) return ofEach(dataFee, median(this.#together) ?? 1);
    return this.#byBytes(dataFee, BYTES.batch + bytesOf(contents));
  }

  /** The same of an operation in a full batch. */
  dataShare(dataFee: bigint, kind: Priced): bigint {
    if (this.#inBlob) return ofEach(dataFee, (median(this.#together) ?? 1) * this.#transfers);
    const row = { l1Operations: 0, withdrawals: 0, transfers: 0 };
    const own = bytesOf({ ...row, ...OWN_ROWS[kind] });
    return this.#byBytes(dataFee, BYTES.batch / this.#transfers + own);
  }

  #byBytes(dataFee: bigint, bytes: number): bigint {
    const [part, full] = [bytes, BYTES.batch + BYTES.transfer * this.#transfers].map((n) =>
      BigInt(Math.ceil(n * 1000)),
    );
    return (dataFee * part! + full! - 1n) / full!;
  }

  #rows({ l1Operations, withdrawals, transfers }: Contents): number {
    const withdrawal = BatchGas.WITHDRAWAL + this.schedule.changedSlot;
    return l1Operations * BatchGas.L1_OPERATION + withdrawals * withdrawal + transfers * this.#transfer;
  }

  #bytesOf(contents: Contents): number {
    return bytesOf(this.#inBlob ? { ...contents, transfers: 0 } : contents);
  }
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Rounded up. */
const ofEach = (fee: bigint, count: number): bigint => (fee + BigInt(count) - 1n) / BigInt(count);
