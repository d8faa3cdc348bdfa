import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { GroupCommit } from "../../../node/pool/group-commit.ts";
import { Pool } from "../../../node/pool/pool.ts";
import { expectCode } from "../../support/errors.ts";
import { newStorePath } from "../../support/node/stores.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("node: its file", () => {
  const open = (path: string, chainId = 31337, rollup = ROLLUP): Promise<Pool> => Pool.open(path, chainId, rollup);

  it("is bound to one rollup on one chain, and to this version", async () => {
    const path = newStorePath();
    (await open(path)).close();
    await expectCode("NODE_DATA_MISMATCH", () => open(path, 1));
    await expectCode("NODE_DATA_MISMATCH", () => open(path, 31337, ROLLUP.replace("5", "6")));
    const other = new DatabaseSync(path);
    other.exec("PRAGMA user_version = 999");
    other.close();
    await expectCode("NODE_DATA_MISMATCH", () => open(path));
  });

  it("is never taken for what can be thrown away when it is damaged", async () => {
    const path = newStorePath();
    writeFileSync(path, "this is no database, but long enough to be asked whether it is one".repeat(20));
    await expectCode("NODE_DATA_CORRUPT", () => open(path));
  });

  it("belongs to one node at a time", async function () {
    this.timeout(60_000);
    const path = newStorePath();
    const first = await open(path);
    await expectCode("STORE_BUSY", () => open(path));
    first.close();
    (await open(path)).close();
  });

  it("tells of changes once they are on the disk, and of none that are not", () => {
    const pool = Pool.inMemory(31337, ROLLUP);
    const told: string[] = [];
    pool.onChange = (id) => told.push(id);
    const operation = { kind: "creation", index: 4, pubKeyY: 5n, l1Address: 6n, token: 7 } as const;
    const add = (id: string) => pool.operations.add(id, { kind: "creation", operation }, 8);
    expect(() =>
      pool.transaction(() => {
        add("lost");
        throw new Error("no");
      }),
    ).to.throw("no");
    pool.transaction(() => {
      add("kept");
      pool.operations.batched(["kept"], 3);
      expect(told).to.deep.equal([]);
    });
    expect(told).to.deep.equal(["kept"]);
    expect(pool.operations.find("lost")).to.equal(undefined);
    expect(pool.operations.find("kept")).to.deep.include({ status: "batched", batch: 3, submittedAt: 8 });
    pool.close();
  });

  it("has an account opened at an index once, though that was rejected before", () => {
    const pool = Pool.inMemory(31337, ROLLUP);
    const creation = (pubKeyY: bigint) =>
      ({ kind: "creation", operation: { kind: "creation", index: 4, pubKeyY, l1Address: 6n, token: 7 } }) as const;
    pool.operations.add("creation-4", creation(5n), 8);
    pool.operations.reject("creation-4", { code: "ACCOUNT_EXISTS", message: "index 4 holds another account by now" });
    const again = pool.operations.add("creation-4", creation(9n), 10);
    expect(pool.operations.list({ limit: 9 })).to.deep.equal([again]);
    expect(again).to.deep.include({ status: "pending", accepted: creation(9n), submittedAt: 10, reason: undefined });
    pool.close();
  });

  describe("is written for many operations at once:", () => {
    it("each gets its own result, or its own error", async () => {
      let transactions = 0;
      const commits = new GroupCommit((work) => {
        transactions++;
        work();
      });
      const results = await Promise.allSettled([
        commits.run(() => 1),
        commits.run(() => {
          throw new Error("two");
        }),
        commits.run(() => 3),
      ]);
      expect(
        results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason))),
      ).to.deep.equal([1, "Error: two", 3]);
      expect(transactions).to.equal(1);
      expect([await commits.run(() => 4), transactions]).to.deep.equal([4, 2]);
    });

    it("none of them is acknowledged if the disk does not take them", async () => {
      const commits = new GroupCommit((work) => {
        work();
        throw new Error("full");
      });
      const results = await Promise.allSettled([commits.run(() => 1), commits.run(() => 2)]);
      expect(results.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    });
  });
});
