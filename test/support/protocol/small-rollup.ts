import type { Account } from "../../../protocol/account.ts";
import { buildBatch, type Batch } from "../../../protocol/batch.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { signTransfer, signWithdrawal, type L1Operation, type Withdrawal } from "../../../protocol/operations.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import { RollupState } from "../../../protocol/state.ts";
import { amended } from "./amended.ts";
import { keyOf } from "./world.ts";
import { BENEFICIARY } from "./world.ts";

/** Wide enough for every shape of batch that a test makes by hand. */
export const ROOMY: BatchSize = {
  name: "roomy",
  transfers: 8,
  accounts: 8,
  l1Operations: 3,
  withdrawals: 2,
  segments: 4,
  nodes: 24,
};
export const TOKEN = 7;
export const TIMESTAMP = 1_700_000_000;

type Holding = { readonly index: number } & Partial<Pick<Account, "balance" | "nonce" | "token">>;
type Spend = { readonly from: string } & Partial<Omit<Withdrawal, "from">>;

/** What a test says of a batch: the rest, nonces and signatures included, is filled in. */
export interface Wish {
  readonly l1Operations?: readonly L1Operation[];
  readonly withdrawals?: readonly Spend[];
  /** `to` is a name or an index. */
  readonly transfers?: readonly (Spend & { readonly to: string | number })[];
  readonly feeAccount?: string | number;
  readonly token?: number;
}

/** A rollup with a few people in it, who hold one account each. */
export class SmallRollup {
  readonly state = new RollupState();
  readonly domain = domainOf(31337n, 0x5fbdb2315678afecb367f032d93f642f64180aa3n);
  readonly #indexes: Readonly<Record<string, number>>;

  /** @param newcomers indexes of people whose accounts the batches will make */
  constructor(holdings: Readonly<Record<string, Holding>>, newcomers: Readonly<Record<string, number>> = {}) {
    const indexes = Object.entries(holdings).map(([name, { index }]) => [name, index] as const);
    this.#indexes = { ...Object.fromEntries(indexes), ...newcomers };
    for (const [name, { index, ...rest }] of Object.entries(holdings)) {
      this.state.update(index, { ...ownerOf(name, index), token: TOKEN, balance: 0n, nonce: 0, ...rest });
    }
  }

  index(who: string | number): number {
    return typeof who === "number" ? who : this.#indexes[who]!;
  }

  balance(who: string): bigint | undefined {
    return this.state.account(this.index(who))?.balance;
  }

  request({ l1Operations = [], withdrawals = [], transfers = [], feeAccount = 0, token = TOKEN }: Wish): BatchRequest {
    const nonces = new Map<number, number>();
    const plain = ({ from, ...rest }: Spend): Withdrawal => {
      const index = this.index(from);
      const nonce = nonces.get(index) ?? this.state.account(index)?.nonce ?? 0;
      nonces.set(index, nonce + 1);
      return amended<Withdrawal>({ from: index, token, amount: 0n, fee: 0n, nonce, validUntil: TIMESTAMP }, rest);
    };
    return {
      domain: this.domain,
      batchNumber: 3,
      timestamp: TIMESTAMP,
      beneficiary: BENEFICIARY,
      token,
      feeAccount: this.index(feeAccount),
      l1Operations,
      withdrawals: withdrawals.map((spend) => signWithdrawal(keyOf(spend.from), this.domain, plain(spend))),
      transfers: transfers.map(({ to, ...spend }) =>
        signTransfer(keyOf(spend.from), this.domain, { ...plain(spend), to: this.index(to) }),
      ),
    };
  }

  build(wish: Wish, size = ROOMY): Batch {
    return buildBatch(this.state, size, this.request(wish));
  }
}

/** The owner's fields of a person's account. */
export function ownerOf(name: string, index: number): { pubKeyY: bigint; l1Address: bigint } {
  return { pubKeyY: keyOf(name).publicKey.y, l1Address: 0xacc000000000000000000000000000000000000n + BigInt(index) };
}
