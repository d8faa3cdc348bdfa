import { createHash } from "node:crypto";
import { buildBatch, type Batch } from "../protocol/batch.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { signTransfer } from "../protocol/operations.ts";
import type { BatchRequest } from "../protocol/request.ts";
import { PrivateKey } from "../protocol/signature.ts";
import { RollupState } from "../protocol/state.ts";

const BALANCE = 10n ** 21n;
const BENEFICIARY = BigInt(`0x${digest("beneficiary").toString("hex").slice(0, 40)}`);

/**
 * A state with an account for each transfer of a size, or for each slot if these are fewer. Indexes are spread over the
 * first segment, so that paths differ on all its levels.
 */
export class Ring {
  readonly state = new RollupState();
  readonly #keys: readonly PrivateKey[];
  readonly #size: BatchSize;

  constructor(size: BatchSize) {
    this.#size = size;
    const accounts = Math.min(size.transfers, size.accounts);
    this.#keys = Array.from({ length: accounts }, (_, place) => new PrivateKey(digest(`ring ${place}`)));
    this.#keys.forEach((key, place) => {
      const l1Address = BigInt(`0x${digest(`owner ${place}`).toString("hex").slice(0, 40)}`);
      const owner = { pubKeyY: key.publicKey.y, l1Address, token: 0 };
      this.state.update(indexOf(place), { ...owner, balance: BALANCE + BigInt(place), nonce: 0 });
    });
  }

  /** A full batch of a rollup in this state: each account pays the next one an amount of eleven digits. */
  batch(domain: bigint, batchNumber: number, timestamp: number): Batch {
    return buildBatch(this.state.fork(), this.#size, this.request(domain, batchNumber, timestamp));
  }

  /** What `batch` is made of. */
  request(domain: bigint, batchNumber: number, timestamp: number): BatchRequest {
    const accounts = this.#keys.length;
    const transfers = Array.from({ length: this.#size.transfers }, (_, row) =>
      signTransfer(this.#keys[row % accounts]!, domain, {
        from: indexOf(row % accounts),
        to: indexOf((row + 1) % accounts),
        token: 0,
        amount: (12_345_678_901n + 987_654_321n * BigInt(row % 30)) * 10n ** 8n,
        fee: (1_001n + BigInt(row)) * 10n ** 9n,
        nonce: Math.floor(row / accounts),
        validUntil: timestamp + 86_400,
      }),
    );
    const header = { domain, batchNumber, timestamp, beneficiary: BENEFICIARY, token: 0, feeAccount: indexOf(0) };
    return { ...header, l1Operations: [], withdrawals: [], transfers };
  }
}

const indexOf = (place: number): number => 1 + 1_021 * place;

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
