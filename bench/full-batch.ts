import { createHash } from "node:crypto";
import { buildBatch, type Batch } from "../protocol/batch.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { signTransfer, signWithdrawal, type L1Operation } from "../protocol/operations.ts";
import type { BatchRequest } from "../protocol/request.ts";
import { PrivateKey } from "../protocol/signature.ts";
import { RollupState } from "../protocol/state.ts";

const BALANCE = 10n ** 21n;
const BENEFICIARY = BigInt(`0x${digest("beneficiary").toString("hex").slice(0, 40)}`);

/** Whom the accounts of L1 operations belong to on L1: the third account of a local chain. */
export const OWNER = 0x3c44cdddb6a900fa2b585dd299e03d12fa4293bcn;

/**
 * A state with an account for each transfer of a size, or for each slot if these are fewer; behind these, one for each
 * withdrawal that is left over and one for each L1 operation. Indexes are spread over the first segments, so that paths
 * differ on all levels.
 */
export class Ring {
  readonly state = new RollupState();
  readonly #keys: readonly PrivateKey[];
  readonly #size: BatchSize;
  /** How many accounts the ring itself has. */
  readonly #members: number;

  constructor(size: BatchSize) {
    this.#size = size;
    this.#members = Math.min(size.transfers, size.accounts);
    const payers = Math.max(this.#members, size.withdrawals);
    this.#keys = Array.from({ length: payers }, (_, place) => new PrivateKey(digest(`ring ${place}`)));
    this.#keys.forEach((key, place) => {
      const l1Address = BigInt(`0x${digest(`owner ${place}`).toString("hex").slice(0, 40)}`);
      this.#open(place, key, l1Address);
    });
    for (let row = 0; row < size.l1Operations; row++) {
      if (kindOf(row) !== "creation") this.#open(payers + row, keyOfRow(row), OWNER);
    }
  }

  #open(place: number, key: PrivateKey, l1Address: bigint): void {
    const owner = { pubKeyY: key.publicKey.y, l1Address, token: 0 };
    this.state.update(indexOf(place), { ...owner, balance: BALANCE + BigInt(place), nonce: 0 });
  }

  /** A full batch of a rollup in this state: each account pays the next one an amount of eleven digits. */
  batch(domain: bigint, batchNumber: number, timestamp: number): Batch {
    return buildBatch(this.state.fork(), this.#size, this.request(domain, batchNumber, timestamp));
  }

  /** What `batch` is made of. */
  request(domain: bigint, batchNumber: number, timestamp: number): BatchRequest {
    return this.#request(domain, batchNumber, timestamp, 0);
  }

  /** As `batch`, with every row in use: L1 operations of each kind and withdrawals as well. */
  wholeBatch(domain: bigint, batchNumber: number, timestamp: number): Batch {
    const { withdrawals, l1Operations } = this.#size;
    const request: BatchRequest = {
      ...this.#request(domain, batchNumber, timestamp, withdrawals),
      l1Operations: Array.from({ length: l1Operations }, (_, row) => this.#l1Operation(row)),
      withdrawals: this.#keys.slice(0, withdrawals).map((key, place) =>
        signWithdrawal(key, domain, {
          from: indexOf(place),
          token: 0,
          amount: 10n ** 18n + BigInt(place),
          fee: 10n ** 12n,
          nonce: 0,
          validUntil: timestamp + 86_400,
        }),
      ),
    };
    return buildBatch(this.state.fork(), this.#size, request);
  }

  /** @param withdrawing how many accounts have used a nonce for a withdrawal before */
  #request(domain: bigint, batchNumber: number, timestamp: number, withdrawing: number): BatchRequest {
    const members = this.#members;
    const transfers = Array.from({ length: this.#size.transfers }, (_, row) => {
      const place = row % members;
      return signTransfer(this.#keys[place]!, domain, {
        from: indexOf(place),
        to: indexOf((row + 1) % members),
        token: 0,
        amount: (12_345_678_901n + 987_654_321n * BigInt(row % 30)) * 10n ** 8n,
        fee: (1_001n + BigInt(row)) * 10n ** 9n,
        nonce: Math.floor(row / members) + (place < withdrawing ? 1 : 0),
        validUntil: timestamp + 86_400,
      });
    });
    const header = { domain, batchNumber, timestamp, beneficiary: BENEFICIARY, token: 0, feeAccount: indexOf(0) };
    return { ...header, l1Operations: [], withdrawals: [], transfers };
  }

  #l1Operation(row: number): L1Operation {
    const kind = kindOf(row);
    const account = { index: indexOf(this.#keys.length + row), l1Address: OWNER, token: 0 };
    if (kind === "forcedWithdrawal") return { kind, ...account };
    const owned = { ...account, pubKeyY: keyOfRow(row).publicKey.y };
    return kind === "deposit" ? { kind, ...owned, amount: 10n ** 15n } : { kind, ...owned };
  }
}

const KINDS = ["forcedWithdrawal", "deposit", "creation"] as const satisfies L1Operation["kind"][];
const kindOf = (row: number): L1Operation["kind"] => KINDS[row % KINDS.length]!;

const keyOfRow = (row: number): PrivateKey => new PrivateKey(digest(`L1 operation ${row}`));

const indexOf = (place: number): number => 1 + 1_021 * place;

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
