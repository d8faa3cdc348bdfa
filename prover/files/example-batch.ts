import { createHash } from "node:crypto";
import { domainOf } from "../../protocol/challenge.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { signTransfer, signWithdrawal, type Withdrawal } from "../../protocol/operations.ts";
import { PrivateKey } from "../../protocol/signature.ts";
import type { BatchDescription } from "./batch-schema.ts";

const CHAIN_ID = 31337n;
const ROLLUP = 0x5fbdb2315678afecb367f032d93f642f64180aa3n;
const BENEFICIARY = 0xbe4ef1c1a47be4ef1c1a47be4ef1c1a47be4ef1cn;
const TOKEN = 0;
const TIMESTAMP = 1_767_225_600;
const VALID_UNTIL = TIMESTAMP + 86_400;
const ETHER = 10n ** 18n;

/**
 * A valid batch for any size: a deposit, a withdrawal, and the first of four transfers that it has room for, by one
 * sender mostly, to himself too. Its keys are public.
 */
export function exampleBatch(size: BatchSize): BatchDescription {
  const domain = domainOf(CHAIN_ID, ROLLUP);
  const [alice, bob, carol, dave] = [1, 2, 3, 4].map(account) as [Account, Account, Account, Account];
  const transfer = (from: Account, nonce: number, to: number, amount: bigint, fee: bigint) =>
    signTransfer(from.key, domain, { ...signed(from, nonce, amount, fee), to });

  return {
    size: size.name,
    chainId: CHAIN_ID,
    rollup: ROLLUP,
    batchNumber: 1,
    timestamp: TIMESTAMP,
    beneficiary: BENEFICIARY,
    token: TOKEN,
    feeAccount: carol.fields.index,
    accounts: [
      { ...alice.fields, balance: 5n * ETHER, nonce: 7 },
      { ...bob.fields, balance: 2n * ETHER, nonce: 0 },
      { ...carol.fields, balance: 11n, nonce: 3 },
    ],
    l1Operations: [{ kind: "deposit", ...dave.fields, amount: 3n * ETHER, refundAddress: dave.fields.l1Address }],
    withdrawals: [signWithdrawal(bob.key, domain, signed(bob, 0, 123_456_789_012_345_678n, 1_100_000_000n))],
    transfers: [
      transfer(alice, 7, bob.fields.index, ETHER / 2n, 1_000_000_000n),
      transfer(alice, 8, dave.fields.index, ETHER / 5n, 1_200_000_000n),
      transfer(alice, 9, alice.fields.index, ETHER / 10n, 1_300_000_000n),
      // Bob spends what he receives in the same batch.
      transfer(bob, 1, carol.fields.index, (22n * ETHER) / 10n, 1_400_000_000n),
    ].slice(0, size.transfers),
  };
}

interface Account {
  readonly key: PrivateKey;
  readonly fields: {
    readonly index: number;
    readonly pubKeyY: bigint;
    readonly l1Address: bigint;
    readonly token: number;
  };
}

function account(index: number): Account {
  const secret = createHash("sha256").update(`Sheaf example account ${index}`).digest();
  const key = new PrivateKey(secret);
  const l1Address = BigInt(`0x${secret.toString("hex").slice(0, 40)}`);
  return { key, fields: { index, pubKeyY: key.publicKey.y, l1Address, token: TOKEN } };
}

function signed({ fields }: Account, nonce: number, amount: bigint, fee: bigint): Withdrawal {
  return { from: fields.index, token: TOKEN, amount, fee, nonce, validUntil: VALID_UNTIL };
}
