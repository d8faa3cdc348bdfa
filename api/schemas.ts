import * as z from "zod";
import { BITS, LARGEST_AMOUNT_BITS, TREE_ARITY, TREE_LEVELS } from "../protocol/constants.ts";
import { unsigned, withTerm } from "../protocol/json-fields.ts";
import { address, decimalBits, element, hash, milliseconds, seconds } from "./fields.ts";

// What goes over the node's HTTP API: bodies that are checked, and the source of the OpenAPI document and of the
// client's types. Amounts and field elements are bigints in code. An id is the schema's name in the document, and so that
// of its type in clients that are generated from it.

const index = unsigned(BITS.index);
const token = unsigned(BITS.token).describe("0 is ETH, others are listed by /tokens");
const nonce = unsigned(BITS.nonce);
const batchNumber = unsigned(BITS.batchNumber);
const amount = decimalBits(BITS.balance);
const wei = decimalBits(256);
const point = z.strictObject({ x: element, y: element }).meta({ id: "Point" });
const reason = z
  .object({ code: z.string().describe("see docs/troubleshooting.md"), message: z.string() })
  .meta({ id: "Reason" });

const hindrance = reason
  .extend({
    transaction: hash.optional().describe("L1 transaction that may execute it all the same"),
    until: seconds.optional().describe("L1's time until which that transaction can be mined"),
  })
  .meta({ id: "Hindrance" });

export const STATUSES = ["pending", "batched", "proven", "verified", "rejected"] as const;
export const KINDS = ["transfer", "withdrawal", "deposit", "forcedWithdrawal", "creation"] as const;
/**
 * Of a signed operation 0x and the 64 digits of its message, or, where this node was not given it and knows it from L1,
 * `signed-` with the account's index and the nonce; else `queue-` and the place in L1's queue, or `creation-` and the index.
 */
export const transactionId = z
  .string()
  .regex(
    /^(0x[0-9a-f]{64}|signed-\d{1,10}-\d{1,10}|queue-\d{1,10}|creation-\d{1,10})$/,
    "must be 0x and 64 hexadecimal digits, signed-{account}-{nonce}, queue-{place} or creation-{index}",
  )
  .describe("of a signed operation: its message, or signed-{account}-{nonce}; queue-{place}; creation-{index}");

const signed = {
  from: index.min(1),
  token,
  amount,
  fee: amount,
  nonce,
  publicKey: point,
  signature: z.strictObject({ r8: point, s: element }).meta({ id: "Signature" }),
};
const term = {
  validUntil: seconds.optional().describe("last second of a batch that may hold it"),
  validFrom: seconds.optional().describe("in place of validUntil: the first second of a batch that may hold it"),
};
export const signedTransfer = withTerm(
  z.strictObject({ kind: z.literal("transfer"), ...signed, ...term, to: index.min(1) }),
).meta({ id: "SignedTransfer" });
const signedWithdrawal = withTerm(z.strictObject({ kind: z.literal("withdrawal"), ...signed, ...term })).meta({
  id: "SignedWithdrawal",
});
export const signedOperation = z
  .discriminatedUnion("kind", [signedTransfer, signedWithdrawal])
  .meta({ id: "SignedOperation" });
export type SignedTransfer = z.output<typeof signedTransfer>;
/** `{ kind: "transfer", ...signTransfer(…) }`, or the same of a withdrawal. */
export type SignedOperation = z.output<typeof signedOperation>;

export const transaction = z
  .object({
    id: transactionId,
    kind: z.enum(KINDS),
    status: z.enum(STATUSES),
    reason: reason.optional().describe("why it was rejected"),
    rejectedBefore: reason
      .optional()
      .describe("of a verified one: L1 executed it although this node had rejected it, for this reason"),
    held: hindrance.optional().describe("of a pending one: why no batch takes it now; it waits for what it lacks"),
    from: index.optional(),
    to: index.optional(),
    l1Address: address.optional(),
    pubKeyY: element.optional().describe("of the owner whose account it opens or fills"),
    token,
    amount: decimalBits(LARGEST_AMOUNT_BITS),
    fee: amount,
    nonce: nonce.optional(),
    validUntil: seconds.optional(),
    validFrom: seconds.optional(),
    waitsUntil: seconds
      .optional()
      .describe("of a pending one: no batch of an earlier time takes it; it is kept until then, and nothing is wrong"),
    waitsBehind: transactionId
      .optional()
      .describe("of one that waits so: the one before it in its account's order of nonces, which waits too"),
    batch: batchNumber.optional(),
    row: z.int().min(0).optional().describe("place in the batch: L1's operations, withdrawals, transfers"),
    l1Transaction: hash.optional().describe("that verified its batch"),
    queuedBy: hash.optional().describe("L1 transaction that put it into L1's queue"),
    submittedAt: milliseconds.optional(),
    batchBy: milliseconds
      .optional()
      .describe("when it is in a batch at the latest; a pending one without it waits for a batch that others pay for"),
    timestamp: seconds.optional().describe("of its batch"),
  })
  .meta({ id: "Transaction" });
export type Transaction = z.output<typeof transaction>;

export const submitted = transaction
  .extend({
    known: z
      .literal(true)
      .optional()
      .describe("the node had taken it before, and nothing was added: not a second payment"),
  })
  .meta({ id: "Submitted" });
export type Submitted = z.output<typeof submitted>;

export const owner = z.strictObject({ pubKeyY: element, l1Address: address, token });
export type Owner = z.output<typeof owner>;

export const account = owner
  .extend({
    index,
    balance: amount.describe("as L1 has it"),
    nonce,
    pending: z
      .object({
        balance: amount,
        nonce,
        waitsUntil: seconds
          .optional()
          .describe("what the account signs next is in no batch of an earlier time: it waits behind what is not due"),
      })
      .describe("after everything that the node has accepted"),
    final: z.boolean().describe("whether it is on L1"),
    exited: z
      .boolean()
      .optional()
      .describe("true once it has left the frozen rollup: its balance was credited to its L1 address"),
  })
  .meta({ id: "Account" });
export type Account = z.output<typeof account>;

export const opening = owner
  .extend({
    payment: signedTransfer
      .optional()
      .describe("whose fee pays for the opening too, /fees says how much; it happens only with the opening"),
  })
  .meta({ id: "Opening" });
export type Opening = z.output<typeof opening>;

export const openedAccount = z
  .object({
    index,
    status: z.enum(STATUSES),
    payment: transactionId.optional().describe("of the transfer that pays for it, if it was taken"),
  })
  .meta({ id: "OpenedAccount" });
export type OpenedAccount = z.output<typeof openedAccount>;

export const accountProof = z
  .object({
    index,
    batch: batchNumber,
    root: element,
    account: owner.extend({ balance: amount, nonce }).nullable().describe("null: the leaf is empty"),
    siblings: z
      .array(z.array(element).length(TREE_ARITY - 1))
      .length(TREE_LEVELS)
      .describe("of each level from the leaf up, the other children in their order"),
  })
  .meta({ id: "AccountProof" });
export type AccountProof = z.output<typeof accountProof>;

const progress = z.object({ phase: z.string(), fraction: z.number().min(0).max(1) }).meta({ id: "Progress" });
export const BATCH_STATUSES = ["batched", "proven", "verified"] as const;
const batchSize = z
  .object({
    id: z.int().min(0).describe("its place in the rollup's list of sizes"),
    name: z.string().optional(),
    transfers: z.int(),
  })
  .meta({ id: "BatchSize" });

const versionedHash = hash.describe("of a blob's KZG commitment (EIP-4844)");
const batchBlob = z
  .object({
    versionedHash,
    firstWord: z.int().min(0).describe("place of its first word among the blob's coefficients"),
  })
  .meta({ id: "BatchBlob" });

export const blob = z
  .object({
    versionedHash,
    coefficients: z
      .string()
      .regex(/^0x([0-9a-f]{62}){0,4096}$/)
      .describe("of the blob's polynomial, the lowest first, 31 bytes each, without zeros at the end"),
  })
  .meta({ id: "Blob" });
export type Blob = z.output<typeof blob>;

export const batch = z
  .object({
    number: batchNumber,
    status: z.enum(BATCH_STATUSES),
    size: batchSize,
    oldRoot: element.optional(),
    root: element,
    timestamp: seconds,
    token,
    l1Operations: z.int(),
    withdrawals: z.int(),
    transfers: z.int(),
    fees: amount.optional().describe("left out where the node does not have the blob with the transfers"),
    progress: progress.optional().describe("of its proof"),
    provedInMs: z.number().optional(),
    calldataBytes: z.int(),
    blob: batchBlob.optional().describe("where its transfers are, if they are not in calldata"),
    l1: z
      .object({
        ...{ transaction: hash, block: z.int() },
        batches: z.int().optional().describe("that the transaction brought, if several: they share what it cost"),
        ...{ gasUsed: z.int().optional(), gasPrice: wei.optional() },
        dataFee: wei
          .optional()
          .describe("wei that it cost besides its gas: for a blob, and for bytes where a rollup serves as L1"),
      })
      .optional()
      .describe("the transaction that verified it"),
  })
  .meta({ id: "Batch" });
export type Batch = z.output<typeof batch>;

export const withdrawal = z
  .object({
    l1Address: address,
    token,
    withdrawable: wei.describe("what withdraw() on L1 pays now, in base units"),
    credits: z.array(z.object({ batch: batchNumber, amount, block: z.int() })).describe("the newest first"),
  })
  .meta({ id: "Withdrawal" });
export type Withdrawal = z.output<typeof withdrawal>;

export const L1_EVENT_KINDS = [
  ...["size", "token", "deposit", "forcedWithdrawal", "batch", "credit", "payout", "freeze", "exit", "refund"],
] as const;
const l1Event = z
  .object({
    kind: z.enum(L1_EVENT_KINDS),
    size: z.int().optional().describe("id of the batch size that was registered"),
    batch: batchNumber.optional().describe("that was verified"),
    transaction: transactionId.optional().describe("that was queued, or given back"),
    account: index.optional().describe("that left the frozen rollup"),
    token: token.optional().describe("that was registered, or of the amount"),
    l1Address: address.optional().describe("that was credited or paid, or that asked"),
    amount: wei.optional(),
  })
  .meta({ id: "L1Event" });
export const l1Transaction = z
  .object({
    hash,
    block: z.int(),
    events: z.array(l1Event).describe("of the rollup's contract, in their order"),
  })
  .meta({ id: "L1Transaction" });
export type L1Transaction = z.output<typeof l1Transaction>;

export const tokenInfo = z
  .object({ id: token, address, symbol: z.string(), decimals: unsigned(8) })
  .meta({ id: "Token" });
export type Token = z.output<typeof tokenInfo>;

const price = z
  .object({
    gas: z.int().describe("of L1, in a full batch"),
    fee: amount.describe("suggested, in base units of the token"),
    minimum: amount.describe("below which none is accepted"),
  })
  .meta({ id: "Price" });
export const fees = z
  .object({
    token,
    gasPrice: wei.describe("of L1 now"),
    gasPerTransfer: z.int(),
    weiPerTransfer: wei,
    fee: amount.describe("suggested for a transfer, in base units of the token"),
    minimum: amount.describe("below which no transfer is accepted"),
    opening: price.describe("a transfer whose fee also pays for an account to be opened"),
    withdrawal: price.describe("to an L1 address with something to pull in this token"),
    firstWithdrawal: price.describe("to any other L1 address: L1 must store a new credit"),
    promptFee: amount.describe("with which a transfer is in a batch within promptWait, whatever else comes"),
    promptWait: z.int().describe("seconds"),
    longestWait: z
      .int()
      .nullable()
      .describe("seconds within which anything is in a batch; null: what does not pay for one waits for others"),
  })
  .meta({ id: "Fees" });
export type Fees = z.output<typeof fees>;

export const state = z
  .object({
    chainId: z.int(),
    rollup: address,
    root: element,
    batch: batchNumber.describe("the last one on L1"),
    block: z.int().describe("of L1, up to which it was read"),
    accounts: z.int(),
    pending: z.int().describe("signed operations that are in no batch yet"),
    early: z.int().describe("of these, those that are kept until their time comes"),
    queue: z.object({ head: z.int(), tail: z.int(), deadline: seconds.optional() }),
    isFrozen: z.boolean(),
  })
  .meta({ id: "State" });
export type State = z.output<typeof state>;

export const config = z
  .object({
    chainId: z.int(),
    rollup: address,
    domain: decimalBits(BITS.domain).describe("what signatures are bound to"),
    sizes: z.array(batchSize.extend({ l1Operations: z.int(), withdrawals: z.int() })),
    limits: z.object({
      pageItems: z.int(),
      bodyBytes: z.int(),
      requests: z.object({ max: z.int(), perSeconds: z.int() }),
      connections: z.int().describe("that a client may have open"),
      streams: z.int().describe("event streams that a client may have open"),
    }),
    waits: z
      .object({
        confirmations: z.int().describe("L1 blocks that must follow a deposit or a forced withdrawal"),
        queue: z.number().describe("seconds that these wait for a fuller batch after that, at most"),
        batch: z
          .number()
          .optional()
          .describe("seconds that a signed operation waits for a batch, at most, if there is a most"),
      })
      .optional()
      .describe("what passes before an operation is in a batch"),
    version: z.string(),
  })
  .meta({ id: "Config" });
export type Config = z.output<typeof config>;

export const KEY_ORIGINS = ["INSECURE", "ceremony", "unknown"] as const;
const verifier = z.object({
  verifier: address.describe("its contract"),
  circuitHash: hash.describe("SHA-256 of the circuit's R1CS file"),
  keyHash: hash.describe("SHA-256 of the proving key's file"),
  keys: z.enum(KEY_ORIGINS).describe("how the key was made, as the verifier's contract says"),
  setup: z.string().describe("that contract's own words, which are its deployer's"),
});
const duration = z.int().describe("seconds");
export const contract = z
  .object({
    chainId: z.int(),
    rollup: address,
    block: z.int().describe("of its deployment"),
    deployedBy: hash.optional().describe("L1 transaction"),
    operator: address.describe("who submits batches"),
    owner: address.describe("who names the operator, registers tokens, and pauses deposits"),
    pendingOwner: address.optional().describe("to whom the owner offers its place"),
    timelock: z
      .object({ delay: duration })
      .optional()
      .describe("the owner is a contract that lets each of its changes wait so long"),
    depositsPaused: z.boolean(),
    queueFee: wei.describe("of the next deposit or request, besides L1's gas"),
    deadlines: z
      .object({ base: duration, step: duration, limit: duration, grace: duration })
      .describe(
        "an operation of L1's queue must be served in `base`, and `step` more for each one before it, at most `limit`; " +
          "`grace` later anyone may freeze the rollup",
      ),
    blobOpener: address
      .optional()
      .describe(
        "there if transfers may be in blobs, which L1's nodes forget after 18 days: the contract that opens them",
      ),
    sizes: z.array(batchSize.extend({ l1Operations: z.int(), withdrawals: z.int() }).extend(verifier.shape)),
    exit: verifier.describe("the circuit by which accounts leave a frozen rollup"),
  })
  .meta({ id: "Contract" });
export type Contract = z.output<typeof contract>;

export const health = z
  .object({
    status: z.enum(["ok", "degraded", "down"]),
    missing: z.array(z.object({ what: z.string(), why: z.string() })),
    work: z
      .object({
        failedLooks: z.int().describe("looks at L1 that failed, one after the other up to now"),
        stalledFor: z.int().describe("seconds for which nothing has got on, though something waits"),
        oldestBatch: z
          .object({
            number: batchNumber,
            age: z.int().describe("seconds"),
            submission: z.string().optional().describe("what its transaction waits for"),
            delivery: z
              .object({ first: batchNumber, last: batchNumber })
              .optional()
              .describe("the batches that come to L1 in one transaction with it, itself included"),
          })
          .optional()
          .describe("of those that are not on L1"),
        oldestOperation: z
          .object({ id: transactionId, age: z.int().describe("seconds") })
          .optional()
          .describe("of those that are signed and in no batch"),
      })
      .optional(),
  })
  .meta({ id: "Health" });
export type Health = z.output<typeof health>;

/** What each server-sent event says, by its name. */
export const events = {
  transaction,
  batch,
  progress: progress.extend({ batch: batchNumber }),
  state,
} as const;
export type NodeEvent = {
  [Name in keyof typeof events]: { readonly type: Name; readonly data: z.output<(typeof events)[Name]> };
}[keyof typeof events];
