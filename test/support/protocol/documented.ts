import { leafOf, type Account } from "../../../protocol/account.ts";
import { buildBatch } from "../../../protocol/batch.ts";
import { domainOf } from "../../../protocol/challenge.ts";
import type { BatchSize } from "../../../protocol/constants.ts";
import { buildExit } from "../../../protocol/exit.ts";
import {
  packTransfer,
  signTransfer,
  signWithdrawal,
  transferMessage,
  transferPayload,
  withdrawalMessage,
  withdrawalPayload,
  type Transfer,
} from "../../../protocol/operations.ts";
import {
  EXIT_ACCOUNT,
  LEAF,
  SIGNING_DOMAIN,
  TRANSFER as PACKED_TRANSFER,
  TRANSFER_PAYLOAD,
  WITHDRAWAL_PAYLOAD,
} from "../../../protocol/packing.ts";
import { addressToHex } from "../../../protocol/json-fields.ts";
import type { BatchRequest } from "../../../protocol/request.ts";
import { PrivateKey } from "../../../protocol/signature.ts";
import { RollupState } from "../../../protocol/state.ts";
import { EMPTY_NODES } from "../../../protocol/tree.ts";
import { layoutOf, readNumbers } from "../../../protocol/words.ts";
import { hexOf } from "../hex.ts";
import { amended } from "./amended.ts";

/** An example of docs/protocol.md: its bits in hexadecimal, and the values that the document reads from them. */
export interface Example {
  readonly hex: string;
  readonly values: Readonly<Record<string, bigint | number>>;
}

// The batch of the examples. Every field has a value of its own.
const CHAIN_ID = 31337n;
const ROLLUP = 0x5fbdb2315678afecb367f032d93f642f64180aa3n;
const SIZE: BatchSize = {
  ...{ name: "documented", transfers: 2, accounts: 5, l1Operations: 3, withdrawals: 1, segments: 4, nodes: 12 },
};
const [ALICE, BOB, CAROL, DAVE, ERIN] = [1, 2, 3, 4, 5].map((byte) => {
  const key = new PrivateKey(new Uint8Array(32).fill(byte));
  return { key, pubKeyY: key.publicKey.y, l1Address: BigInt(`0x${`a${byte}`.repeat(20)}`) };
}) as [Person, Person, Person, Person, Person];
type Person = { readonly key: PrivateKey } & Pick<Account, "pubKeyY" | "l1Address">;
const fieldsOf = ({ pubKeyY, l1Address }: Person): Pick<Account, "pubKeyY" | "l1Address"> => ({ pubKeyY, l1Address });

const TOKEN = 2;
const ACCOUNTS: readonly (readonly [number, Account])[] = [
  [3, { ...fieldsOf(ALICE), token: TOKEN, balance: 5_000_000_000_000_000_000n, nonce: 7 }],
  [9, { ...fieldsOf(BOB), token: TOKEN, balance: 2_000_000_000_000_000_000n, nonce: 0 }],
  [300, { ...fieldsOf(CAROL), token: TOKEN, balance: 11n, nonce: 12 }],
  [4, { ...fieldsOf(DAVE), token: 5, balance: 1_234_567_890_123_456_789n, nonce: 6 }],
];
const DOMAIN = domainOf(CHAIN_ID, ROLLUP);
const TRANSFER = {
  from: 3,
  to: 9,
  token: TOKEN,
  amount: 1_500_000_000_000_000_000n,
  fee: 1_230_000_000n,
  nonce: 7,
  validUntil: 1_767_312_000,
};
const LATE_TRANSFER = amended<Transfer>(TRANSFER, { validFrom: TRANSFER.validUntil });
const SECOND_TRANSFER = { ...TRANSFER, to: 70_001, amount: 42n, fee: 8n, nonce: 8 };
const WITHDRAWAL = {
  from: 9,
  token: TOKEN,
  amount: 123_456_789_012_345_678n,
  fee: 1_100_000_000n,
  nonce: 0,
  validUntil: 1_767_398_400,
};
const DEPOSIT = { kind: "deposit", index: 70_000, ...fieldsOf(ERIN), token: 1, amount: 3_000_000_000n } as const;
const CREATION = { kind: "creation", index: 70_001, ...fieldsOf(ERIN), token: TOKEN } as const;
const FORCED = { kind: "forcedWithdrawal", index: 4, token: 5, l1Address: DAVE.l1Address } as const;

const REQUEST: BatchRequest = {
  domain: DOMAIN,
  batchNumber: 21,
  timestamp: 1_767_225_600,
  beneficiary: 0xbe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4ebe4en,
  token: TOKEN,
  feeAccount: 300,
  l1Operations: [DEPOSIT, CREATION, FORCED],
  withdrawals: [signWithdrawal(BOB.key, DOMAIN, WITHDRAWAL)],
  transfers: [signTransfer(ALICE.key, DOMAIN, TRANSFER), signTransfer(ALICE.key, DOMAIN, SECOND_TRANSFER)],
};

const STATE = new RollupState();
for (const [index, account] of ACCOUNTS) STATE.update(index, account);
const EXITING = buildExit(STATE, ACCOUNTS[0]![0]);
const { published, words, publicSignals } = buildBatch(STATE, SIZE, REQUEST);

const element = (value: bigint): string => value.toString(16).padStart(64, "0");
const elements = (values: Record<string, bigint>): Example => ({
  hex: Object.values(values).map(element).join(""),
  values,
});
const packed = (packing: { readonly bits: number }, value: bigint, values: Example["values"]): Example => ({
  hex: value.toString(16).padStart(Math.ceil(packing.bits / 4), "0"),
  values,
});
/** The bytes of the words whose names match. */
const bytesAt = (names: RegExp, values: Example["values"]): Example => {
  const places = layoutOf(readNumbers(words)).filter(({ name }) => names.test(name));
  return { hex: places.map(({ offset, bytes }) => hexOf(words.subarray(offset, offset + bytes))).join(""), values };
};
const signatureOf = ({ key }: Person, message: bigint): Example => {
  const { r8, s } = key.sign(message);
  return elements({ message, Ax: key.publicKey.x, Ay: key.publicKey.y, R8x: r8.x, R8y: r8.y, S: s });
};
const [ALICE_INDEX, ALICE_ACCOUNT] = ACCOUNTS[0]!;

/** The examples of docs/protocol.md by name. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  leaf: packed(LEAF, LEAF.pack({ ...ALICE_ACCOUNT, index: ALICE_INDEX }), { ...ALICE_ACCOUNT, index: ALICE_INDEX }),
  leafHash: elements({
    pubKeyY: ALICE_ACCOUNT.pubKeyY,
    l1Address: ALICE_ACCOUNT.l1Address,
    balance: ALICE_ACCOUNT.balance,
    leaf: leafOf(ALICE_INDEX, ALICE_ACCOUNT),
  }),
  genesis: elements({ root: EMPTY_NODES.at(-1)! }),
  domain: elements({ chainId: CHAIN_ID, rollup: ROLLUP, domain: DOMAIN }),
  signingDomain: packed(SIGNING_DOMAIN, SIGNING_DOMAIN.pack({ late: 0, token: TOKEN, domain: DOMAIN }), {
    late: 0,
    token: TOKEN,
    domain: DOMAIN,
  }),
  lateSigningDomain: packed(SIGNING_DOMAIN, SIGNING_DOMAIN.pack({ late: 1, token: TOKEN, domain: DOMAIN }), {
    ...{ late: 1, token: TOKEN, domain: DOMAIN },
  }),
  lateSignature: signatureOf(ALICE, transferMessage(DOMAIN, LATE_TRANSFER)),
  transfer: packed(PACKED_TRANSFER, packTransfer(TRANSFER), TRANSFER),
  transferPayload: packed(TRANSFER_PAYLOAD, transferPayload(TRANSFER), {
    ...TRANSFER,
    transfer: packTransfer(TRANSFER),
  }),
  transferSignature: signatureOf(ALICE, transferMessage(DOMAIN, TRANSFER)),
  withdrawalPayload: packed(WITHDRAWAL_PAYLOAD, withdrawalPayload(WITHDRAWAL), WITHDRAWAL),
  withdrawalSignature: signatureOf(BOB, withdrawalMessage(DOMAIN, WITHDRAWAL)),
  withdrawal: bytesAt(/^withdrawals/, { ...WITHDRAWAL, l1Address: BOB.l1Address }),
  deposit: bytesAt(/^l1Operations.0/, { ...DEPOSIT, kind: 1 }),
  creation: bytesAt(/^l1Operations.1/, { ...CREATION, kind: 2 }),
  forcedWithdrawal: bytesAt(/^l1Operations.2/, { ...FORCED, kind: 3, amount: ACCOUNTS[3]![1].balance }),
  exit: packed(EXIT_ACCOUNT, EXITING.publicSignals.account, {
    ...ALICE_ACCOUNT,
    index: ALICE_INDEX,
  }),
  header: bytesAt(/^(domain|oldRoot|newRoot|numbers)$/, {
    domain: DOMAIN,
    oldRoot: published.oldRoot,
    newRoot: published.newRoot,
    blob: 0,
    batchNumber: published.batchNumber,
    timestamp: published.timestamp,
    token: TOKEN,
    feeAccount: published.feeAccount,
    l1Operations: 3,
    withdrawals: 1,
    transfers: 2,
  }),
  challenge: {
    hex: [
      ...[element(publicSignals.c), addressToHex(REQUEST.beneficiary).slice(2)],
      ...[element(publicSignals.alpha), element(publicSignals.y)],
    ].join(""),
    values: { ...publicSignals, beneficiary: REQUEST.beneficiary },
  },
};
