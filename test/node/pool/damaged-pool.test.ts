import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { serialize } from "node:v8";
import { expect } from "chai";
import { toBeHex } from "ethers";
import { hashAfter, HeadFile } from "../../../node/pool/head-file.ts";
import { Pool } from "../../../node/pool/pool.ts";
import { POOL_FILE } from "../../../node/pool/schema.ts";
import { Database } from "../../../node/store/database.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";
import { OLD_POOLS, TRANSACTIONS_4 } from "../../support/node/old-pools.ts";
import { newStorePath } from "../../support/node/stores.ts";
import { LONG, seeded } from "../../support/random.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const ACKNOWLEDGED = 40;
const TRIALS = LONG ? 2000 : 60;

const opened = (path: string, onLoss?: (loss: SheafError) => void): Promise<Pool> =>
  Pool.open(path, 31337, ROLLUP, onLoss);

function add(pool: Pool, ...indexes: number[]): void {
  pool.transaction(() => {
    for (const index of indexes) {
      const operation = { kind: "creation", index, pubKeyY: 5n, l1Address: 6n, token: 7 } as const;
      pool.operations.add(`creation-${index}`, { kind: "creation", operation }, 8);
    }
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Something in every table. An opening was asked for twice, and is number 13 now. */
function fill(pool: Pool): void {
  add(pool, ...upTo(12));
  pool.operations.reject("creation-7", { code: "ACCOUNT_EXISTS", message: "index 7 is taken" });
  add(pool, 7);
  for (const index of upTo(ACKNOWLEDGED).slice(12)) add(pool, index);
  const [number, c, words, oldRoot] = [1, 5n, new Uint8Array([1, 2]), 3n];
  const batch = { number, c, words, operations: ["creation-1", "creation-2"], oldRoot };
  pool.transaction(() => {
    pool.batches.add({ ...batch, request: { timestamp: 9 } } as never);
    pool.operations.batched(["creation-1", "creation-2"], 1);
    pool.batches.addProof(1, { proof: 4 } as never);
    pool.operations.proven(1);
    pool.parcels.add({ first: 1, commitments: [5n], versionedHash: "0x01", commitment: new Uint8Array(48), z: 6n });
    pool.seen.add({ number: 1, chain: "0x07", timestamp: 8, root: 9n, transaction: "0x0a" } as never);
  });
  pool.journal.add({ hash: "0x05", first: 1, last: 1, nonce: 6, raw: `${toBeHex(5, 32)}0102` });
}

const edit = (path: string, sql: string): void => {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
};

describe("node whose own file is damaged", () => {
  const random = seeded("node/damaged pool");
  let path: string;
  let whole: ReturnType<typeof contentOf>;

  const contentOf = (pool: Pool) => ({
    operations: pool.operations.list({ limit: 100 }),
    pending: [...pool.operations.pendingIds()],
    ofAccounts: pool.operations.list({ accounts: upTo(50), limit: 100 }),
    batches: pool.batches.from(0),
    transactions: pool.journal.ofNonce(6),
    parcels: pool.parcels.all(),
    carriers: pool.carriers.all(),
    seen: pool.seen.all(),
    head: pool.operations.head,
  });

  beforeEach(async () => {
    path = newStorePath();
    const pool = await opened(path);
    fill(pool);
    whole = contentOf(pool);
    pool.close();
  });

  it("opens what is whole", async () => {
    const pool = await opened(path);
    expect(contentOf(pool)).to.deep.equal(whole);
    pool.close();
  });

  const ALTERED: readonly (readonly [what: string, sql: string, named: string])[] = [
    [
      "an operation's content",
      "UPDATE operations SET content = zeroblob(9) WHERE sequence = 20",
      "operation 20 (creation-19)",
    ],
    ["a status", "UPDATE operations SET status = 'verified' WHERE sequence = 20", "operation 20 (creation-19)"],
    ["a batch of an operation", "UPDATE operations SET batch = 3 WHERE sequence = 1", "operation 1 (creation-1)"],
    ["a hash", "UPDATE operations SET hash = 'ab' WHERE sequence = 20", "operation 20 (creation-19)"],
    ["a replaced opening", "UPDATE replaced SET hash = 'ab'", "replaced opening 7"],
    ["a batch", "UPDATE batches SET proof = NULL", "batch 1"],
    ["a transaction", "UPDATE transactions SET nonce = nonce + 1", "transaction 1"],
    ["a batch that was sent", "UPDATE carriers SET batch = 2", "sent batch "],
    ["a batch of L1's", "UPDATE seen SET root = '8' WHERE number = 1", "batch of L1 1"],
    ["whose file it is", "UPDATE rollup SET chain_id = 31336", "mark 1"],
    [
      "an operation gone",
      "DELETE FROM operations WHERE sequence = 20",
      "lacks operations that were acknowledged: number 20",
    ],
    ["several gone", "DELETE FROM operations WHERE sequence BETWEEN 20 AND 30", "numbers 20 to 30"],
    ["the first gone", "DELETE FROM operations WHERE sequence < 3", "numbers 1 to 2"],
    ["the last gone", "DELETE FROM operations WHERE sequence > 35", "numbers 36 to 41"],
    ["all gone", "DELETE FROM operations; DELETE FROM replaced", "numbers 1 to 41"],
  ];
  for (const [what, sql, named] of ALTERED) {
    it(`names at the start what is altered: ${what}; and goes on without if the operator says so`, async () => {
      edit(path, sql);
      for (let starts = 0; starts < 2; starts++) {
        const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(path));
        expect(error.message).to.include(named);
      }
      rmSync(`${path}-head`);
      const losses: string[] = [];
      let pool = await opened(path, (loss) => losses.push(loss.message));
      // Without the other file nobody knows of an end that is gone.
      if (!/last|all/.test(what)) expect(losses.join()).to.include(named);
      const ids = pool.operations.list({ limit: 100 }).map(({ id }) => id);
      const were = whole.operations.map(({ id }) => id);
      expect(were).to.include.members(ids);
      if (!/gone|status|content|hash|of an operation/.test(what)) expect(ids).to.have.members(were);
      add(pool, 99);
      pool.close();
      pool = await opened(path, (loss) => losses.push(loss.message));
      expect(pool.operations.find("creation-99")?.status).to.equal("pending");
      pool.close();
      expect(losses.length).to.be.below(2);
    });
  }

  it("takes no flipped bit for an operation", async () => {
    const bytes = readFileSync(path);
    let found = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const content = Buffer.from(bytes);
      const at = Number(random.below(BigInt(trial % 4 === 0 ? 100 : content.length)));
      content[at]! ^= 1 << Number(random.below(8n));
      for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
      writeFileSync(path, content);
      try {
        const pool = await opened(path);
        try {
          expect(contentOf(pool), `byte ${at}`).to.deep.equal(whole);
        } finally {
          pool.close();
        }
      } catch (error) {
        if (!(error instanceof SheafError)) throw error;
        expect(error.code).to.be.oneOf(["NODE_DATA_CORRUPT", "NODE_DATA_INCOMPLETE", "NODE_DATA_MISMATCH"]);
        found++;
      }
    }
    expect(found).to.be.above(TRIALS / 10);
  });

  it("names what a cut journal took with it, wherever it was cut", async () => {
    const pool = await opened(path);
    add(pool, 51);
    add(pool, 52);
    const copy = newStorePath();
    const copied = (): void => {
      for (const end of ["", "-wal", "-head"]) copyFileSync(path + end, copy + end);
      rmSync(`${copy}-shm`, { force: true });
    };
    copied();
    const size = statSync(`${copy}-wal`).size;
    (await opened(copy)).close();
    for (const length of [0, 33, 5000, Math.floor(size / 2), size - 1]) {
      copied();
      truncateSync(`${copy}-wal`, length);
      const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(copy));
      expect(error.message).to.match(/acknowledged: numbers? (42 to )?43/);
    }
    copied();
    rmSync(`${copy}-wal`);
    const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(copy));
    expect(error.message).to.include("numbers 42 to 43");
    pool.close();
  });

  it("says what is missing where node.db itself is gone, or empty", async () => {
    for (const spoil of [() => rmSync(path), () => truncateSync(path, 0)]) {
      spoil();
      const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(path));
      expect(error.message).to.include(`numbers 1 to ${ACKNOWLEDGED + 1}`);
    }
    truncateSync(path, 4000);
    expect((await expectCode("NODE_DATA_CORRUPT", () => opened(path))).message).to.include(path);
  });

  it("does not start on a head that is damaged, and makes a new one where it is gone", async () => {
    const head = readFileSync(`${path}-head`);
    for (const content of [head.subarray(0, 0), head.subarray(0, 60), Buffer.alloc(head.length)]) {
      writeFileSync(`${path}-head`, content);
      const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(path));
      expect(error.message).to.include(`${path}-head is damaged`);
    }
    rmSync(`${path}-head`);
    const pool = await opened(path);
    expect(contentOf(pool)).to.deep.equal(whole);
    expect(HeadFile.read(`${path}-head`)).to.deep.equal(whole.head);
    pool.close();
  });

  it("needs one entry of the head, whichever is cut off while the other is written", async () => {
    const head = readFileSync(`${path}-head`);
    for (const start of [0, 160]) {
      writeFileSync(`${path}-head`, Buffer.from(head).fill(0, start, start + 160));
      const pool = await opened(path);
      expect(HeadFile.read(`${path}-head`)).to.deep.equal(whole.head);
      pool.close();
    }
  });

  it("never writes over the newest entry of the head", () => {
    const file = `${newStorePath()}-head`;
    for (let sequence = 1; sequence < 5; sequence++) {
      const before = existsSync(file) ? readFileSync(file, "latin1") : "";
      const headFile = new HeadFile(file, { sequence: 0, hash: "" });
      headFile.write({ sequence, hash: "ab" });
      headFile.close();
      const after = readFileSync(file, "latin1");
      if (before !== "") expect(after).to.include(`${sequence - 1} ${sequence === 1 ? "" : "ab"}`);
      expect(HeadFile.read(file)?.sequence).to.equal(sequence);
    }
  });

  it("looks at a large file in a thread of its own", async function () {
    this.timeout(60_000);
    const pool = await opened(path);
    add(pool, ...upTo(14_000).map((index) => index + 100));
    pool.close();
    expect(statSync(path).size).to.be.above(4_000_000);
    (await opened(path)).close();
    edit(path, "UPDATE operations SET status = 'pendinf' WHERE sequence = 9999");
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const error = await expectCode("NODE_DATA_INCOMPLETE", () => opened(path));
    clearInterval(ticking);
    expect(error.message).to.include("operation 9999 (creation-10058)");
    expect(turns).to.be.above(5);
  });

  it("takes over what version 5 wrote, whose batches shared no blob", async () => {
    const old = newStorePath();
    new Database(old, { ...POOL_FILE, version: 5, schema: `${POOL_FILE.schema} DROP TABLE parcels;` }).close();
    const database = new Database(old, { ...POOL_FILE, version: 5 });
    database.insert("rollup", 1, 31337, ROLLUP);
    database.insert("transactions", 1, "0x01", 3, 5, 6, "0x0102");
    database.close();
    const pool = await opened(old);
    expect(pool.journal.ofBatch(4)).to.have.length(1);
    expect(pool.parcels.all()).to.deep.equal([]);
    pool.parcels.add({ first: 3, commitments: [5n], versionedHash: "0x01", commitment: new Uint8Array(48), z: 6n });
    pool.close();
    const again = await opened(old);
    expect(again.parcels.all().map(({ z }) => z)).to.deep.equal([6n]);
    again.close();
  });

  it("takes over what version 4 wrote, whose transactions held one batch each", async () => {
    const old = newStorePath();
    new Database(old, { ...POOL_FILE, version: 4, schema: POOL_FILE.schema + TRANSACTIONS_4 }).close();
    const database = new Database(old, { ...POOL_FILE, version: 4 });
    database.insert("rollup", 1, 31337, ROLLUP);
    for (const batch of [1, 2]) database.insert("transactions", batch, `0x0${batch}`, batch, 6, "0x0102");
    database.close();
    const pool = await opened(old);
    add(pool, 6);
    expect(pool.journal.ofNonce(6).map(({ first, last, raw }) => [first, last, raw])).to.deep.equal([
      [1, 1, "0x0102"],
      [2, 2, "0x0102"],
    ]);
    expect(pool.journal.ofBatch(2)).to.have.length(1);
    pool.close();
    (await opened(old)).close();
  });

  for (const [version, schema] of Object.entries(OLD_POOLS)) {
    it(`takes over what version ${version} wrote`, async () => {
      const old = newStorePath();
      const database = new DatabaseSync(old);
      database.exec(`${schema} PRAGMA application_id = ${POOL_FILE.applicationId}; PRAGMA user_version = ${version}`);
      database.exec(`INSERT INTO rollup VALUES (1, 31337, '${ROLLUP}')`);
      const accepted = {
        kind: "creation",
        operation: { kind: "creation", index: 4, pubKeyY: 5n, l1Address: 6n, token: 7 },
      };
      const insert = database.prepare(
        "INSERT INTO operations VALUES (?, ?, 'creation', 0, 4, 7, NULL, ?, 8, ?, ?, NULL, NULL)",
      );
      insert.run(1, "creation-4", serialize(accepted), "pending", null);
      // Number 2 was asked for again.
      insert.run(3, "creation-5", serialize(accepted), "verified", 1);
      const hash = hashAfter(hashAfter(hashAfter("", "creation-4"), "creation-5"), "creation-5");
      if (version === "3") database.exec(`UPDATE head SET sequence = 3, hash = '${hash}'`);
      database.exec("INSERT INTO transactions VALUES (1, '0x05', 1, 6, '0x0102')");
      database.close();
      if (version === "3") {
        new HeadFile(`${old}-head`, { sequence: 4, hash: "ab" }).close();
        // Which knows of more than there is.
        expect((await expectCode("NODE_DATA_INCOMPLETE", () => opened(old))).message).to.include("number 4");
        rmSync(`${old}-head`);
      }
      let pool = await opened(old);
      pool.close();
      pool = await opened(old);
      expect(
        pool.operations.list({ limit: 9 }).map(({ sequence, id, status }) => [sequence, id, status]),
      ).to.deep.equal([
        [3, "creation-5", "verified"],
        [1, "creation-4", "pending"],
      ]);
      expect(pool.journal.ofNonce(6)).to.have.length(1);
      expect(pool.seen.last.number).to.equal(version === "1" ? 0 : 1);
      add(pool, 6);
      pool.close();
      (await opened(old)).close();
    });
  }
});
