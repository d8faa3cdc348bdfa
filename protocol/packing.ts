import { AMOUNT_BITS, BITS, ELEMENT_BITS, FEE_BITS, TREE_ARITY } from "./constants.ts";
import { requireBits } from "./field.ts";

/** A packed integer: `sum value * 2^offset` over parts that are each range-checked, so that it opens in one way only. */
export class Packing<Name extends string> {
  /** Each part's width and distance from the least significant bit. */
  readonly parts: Readonly<Record<Name, { bits: number; offset: number }>>;
  /** Total width in bits. */
  readonly bits: number;

  /** Parts and their widths, most significant first: the order in which the bytes are read. */
  constructor(widths: Record<Name, number>) {
    let offset = 0;
    const entries = (Object.entries(widths) as [Name, number][]).reverse().map(([name, bits]) => {
      const part = [name, { bits, offset }] as const;
      offset += bits;
      return part;
    });
    this.parts = Object.fromEntries(entries) as Record<Name, { bits: number; offset: number }>;
    this.bits = offset;
  }

  /** Throws `FIELD_OUT_OF_RANGE` when a value does not fit its part. */
  pack(values: Record<Name, bigint | number>): bigint {
    let packed = 0n;
    for (const [name, { bits, offset }] of this.#entries()) {
      packed |= BigInt(requireBits(name, values[name], bits)) << BigInt(offset);
    }
    return packed;
  }

  /** Rows of values as field elements, as many rows to an element as it has room for, the first one lowest. */
  packRows(rows: readonly Record<Name, bigint | number>[]): bigint[] {
    const perElement = Math.floor(ELEMENT_BITS / this.bits);
    const elements: bigint[] = [];
    for (let start = 0; start < rows.length; start += perElement) {
      const packed = rows.slice(start, start + perElement).map((row) => this.pack(row));
      elements.push(packed.reduceRight((sum, row) => (sum << BigInt(this.bits)) + row, 0n));
    }
    return elements;
  }

  unpack(packed: bigint): Record<Name, bigint> {
    requireBits("packed word", packed, this.bits);
    const values = this.#entries().map(([name, { bits, offset }]) => [
      name,
      BigInt.asUintN(bits, packed >> BigInt(offset)),
    ]);
    return Object.fromEntries(values) as Record<Name, bigint>;
  }

  #entries(): [Name, { bits: number; offset: number }][] {
    return Object.entries(this.parts) as [Name, { bits: number; offset: number }][];
  }
}

const { index, token, nonce, validUntil, l1Address, count, segment, accessTime, nodeLabel } = BITS;

/** The packed element of a leaf. */
export const LEAF = new Packing({ nonce, token, index });

/** Which account leaves a frozen rollup, and to whom: the second public signal of an exit. */
export const EXIT_ACCOUNT = new Packing({ l1Address, token, index });

/** A segment at a time on the circuit's memory bus, beside its root times a challenge. */
export const MEMORY = new Packing({ time: accessTime, segment });

/** An access in the commitment: the account's index, and how many others there were since the last one to its segment. */
export const ACCESS = new Packing({ gap: accessTime, index });

/** A touched segment in the commitment, with the time of its last access. */
export const TOUCHED_SEGMENT = new Packing({ active: 1, last: accessTime, segment });

/** A touched node in the commitment: which of its children are touched, and its label. */
export const TREE_NODE = new Packing({ active: 1, flags: TREE_ARITY, label: nodeLabel });

/** What a signature's domain becomes for one token and for one kind of term; withdrawals add 1. */
export const SIGNING_DOMAIN = new Packing({ late: 1, token, domain: BITS.domain });

/** A transfer as it is signed and published. */
export const TRANSFER = new Packing({ from: index, to: index, amount: AMOUNT_BITS, fee: FEE_BITS });
// validUntil, the first second of a late one, stands topmost: the circuit bounds it only by its distance from the timestamp,
// on either side of it.
export const TRANSFER_PAYLOAD = new Packing({ validUntil, nonce, transfer: TRANSFER.bits });
export const WITHDRAWAL_PAYLOAD = new Packing({ validUntil, amount: BITS.balance, nonce, fee: FEE_BITS, from: index });

/** Published words; see docs/protocol.md. */
export const NUMBERS_WORD = new Packing({
  // Whether the transfers' words are in a blob.
  blob: 1,
  batchNumber: BITS.batchNumber,
  timestamp: BITS.timestamp,
  token,
  feeAccount: index,
  l1Operations: count,
  withdrawals: count,
  transfers: count,
});
export const L1_WORD = new Packing({ kind: BITS.kind, index, token, l1Address });
export const WITHDRAWAL_WORD = new Packing({ from: index, fee: FEE_BITS, l1Address });
export const TRANSFERS_WORD = new Packing({ even: TRANSFER.bits, odd: TRANSFER.bits });
