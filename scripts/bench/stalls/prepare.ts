import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { hashAfter, NO_HEAD } from "../../../node/pool/head-file.ts";
import { signedId } from "../../../node/pool/operation.ts";
import { POOL_FILE } from "../../../node/pool/schema.ts";
import { byKind } from "../../../node/sequencer/selection.ts";
import { Database } from "../../../node/store/database.ts";
import { EMPTY_CHAIN, Store } from "../../../node/store/store.ts";
import type { ProvenBatch } from "../../../node/submitter/submission.ts";
import { batchSteps } from "../../../protocol/batch.ts";
import { BATCH_SIZES } from "../../../protocol/constants.ts";
import { elementToHex } from "../../../protocol/json-fields.ts";
import { messageOf, type SignedOperation } from "../../../protocol/operations.ts";
import { RollupState } from "../../../protocol/state.ts";
import { finish } from "../../../protocol/steps.ts";
import { EMPTY_NODES } from "../../../protocol/tree.ts";
import {
  accountAt,
  CHAIN_ID,
  DOMAIN,
  EXCHANGE,
  expires,
  FIRST_BLOCK,
  LAST_BATCH,
  operationOf,
  ROLLUP,
  timeOf,
} from "./rollup.ts";
import { MISSED, type NodeTask } from "./task.ts";
import { addressToHex } from "../../../protocol/json-fields.ts";

// Makes the files of a node that was stopped, and the batches that L1 has taken since. In a process of its own, so that what
// is measured begins afresh.

const HASH = `0x${"11".repeat(32)}`;
/** Operations in one batch: as many as change as many accounts as the largest size has room for. */
const IN_A_BATCH = 200;
const LARGEST = BATCH_SIZES.length - 1;

const task = JSON.parse(process.argv[2]!) as NodeTask;
fillPool(task);
const store = await Store.open(join(task.folder, "rollup.db"), CHAIN_ID, ROLLUP, async () => ({
  ...{ number: FIRST_BLOCK, hash: elementToHex(BigInt(FIRST_BLOCK)) },
}));
fillStore(store, task);
writeFileSync(join(task.folder, MISSED), serialize(missedBatches(store, task.missed)));
store.close();

function fillStore(into: Store, { accounts, payouts }: NodeTask): void {
  const indexes = Array.from({ length: accounts }, (_, i) => i + 1);
  const changes = {
    accounts: new Map(indexes.map((index) => [index, accountAt(index)])),
    // Leaves whose tree nobody has computed: what is above them reads as empty.
    nodes: new Map(indexes.map((index) => [index, 1n])),
  };
  const batch = { number: LAST_BATCH, block: FIRST_BLOCK, transaction: HASH, size: 0, timestamp: timeOf(FIRST_BLOCK) };
  const [root, credited] = [
    EMPTY_NODES.at(-1)!,
    { kind: "credit", token: 0, l1Address: EXCHANGE, amount: 1n } as const,
  ];
  into.transaction(() => {
    BATCH_SIZES.forEach((size, id) => {
      const address = `0x${"11".repeat(20)}`;
      into.addSize(FIRST_BLOCK, { id, ...size, verifier: address, circuitHash: HASH, keyHash: HASH });
    });
    into.addBatch({ ...batch, root, queueEnd: 0, chain: EMPTY_CHAIN, words: new Uint8Array() }, changes);
    for (let log = 0; log < payouts; log++) into.books.addPayout(FIRST_BLOCK, log, credited);
  });
}

/** What waits, after what was verified long ago. */
function fillPool({ folder, history, operations }: NodeTask): void {
  const database = new Database(join(folder, "node.db"), POOL_FILE);
  let { sequence, hash } = NO_HEAD;
  const insert = (signed: SignedOperation, id: string, status: string, batch: number | null): void => {
    const { kind, operation } = signed;
    const to = kind === "transfer" ? operation.to : 0;
    const accepted = to === 0 ? signed : { ...signed, payee: ownerAt(to) };
    hash = hashAfter(hash, id);
    database.insert(
      "operations",
      ...[++sequence, id, kind, operation.from, to, 0, operation.nonce, serialize(accepted), Date.now()],
      ...[status, batch, null, null, hash],
    );
  };
  database.transaction(() => {
    for (let i = 0; i < history; i++) insert(operationOf(operations + 1, i), `before-${i}`, "verified", LAST_BATCH);
    for (let index = 1; index <= operations; index++) {
      const signed = operationOf(index, 0);
      insert(signed, signedId(messageOf(DOMAIN, signed)), "pending", null);
    }
    database.run("DELETE FROM seen");
    database.insert("seen", LAST_BATCH, EMPTY_CHAIN, timeOf(FIRST_BLOCK), `${EMPTY_NODES.at(-1)!}`, HASH);
  });
  database.close();
}

function ownerAt(index: number) {
  const { pubKeyY, l1Address } = accountAt(index);
  return { pubKeyY, l1Address };
}

function missedBatches(from: Store, count: number): readonly ProvenBatch[] {
  const state = new RollupState(from.stored());
  const payers = Array.from({ length: 2 * IN_A_BATCH * count }, (_, i) => i + 1).filter((index) => !expires(index));
  return Array.from({ length: count }, (_, i) => {
    const some = payers.slice(i * IN_A_BATCH, (i + 1) * IN_A_BATCH).map((index) => operationOf(index, 0));
    const request = {
      ...{
        domain: DOMAIN,
        batchNumber: LAST_BATCH + 1 + i,
        timestamp: timeOf(FIRST_BLOCK + 1 + i),
        beneficiary: 0xbe4en,
        token: 0,
        feeAccount: 1,
      },
      ...{ l1Operations: [], ...byKind(some) },
    };
    const { words, publicSignals } = finish(batchSteps(state, BATCH_SIZES[LARGEST]!, request, { areVerified: true }));
    const proof = Array.from({ length: 8 }, () => 0n) as never;
    return {
      ...{ batchNumber: LAST_BATCH + 1 + i, size: LARGEST, proof, c: publicSignals.c, words, refundAddresses: [] },
      beneficiary: addressToHex(request.beneficiary),
    };
  });
}
