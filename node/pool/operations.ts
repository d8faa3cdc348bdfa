import type { SQLInputValue } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { L1_INDEX } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Database, Row } from "../store/database.ts";
import { allOf, isOfOne } from "../store/where.ts";
import { hashAfter, NO_HEAD, type Head } from "./head-file.ts";
import {
  isGift,
  isSigned,
  type Accepted,
  type PooledOperation,
  type PooledSigned,
  type Reason,
  type Status,
} from "./operation.ts";

/** Which operations are wanted, of a list that begins with the newest. */
export interface PooledFilter {
  /** Sent or received by one of the accounts at these indexes. */
  readonly accounts?: readonly number[];
  readonly token?: number;
  readonly batch?: number;
  readonly status?: readonly Status[];
  /** Only those that arrived before the operation of this sequence number. */
  readonly before?: number;
  readonly limit: number;
}

/** Operations that are read at a time. */
const PAGE = 1_000;

/** Operations that a node accepted, with their status. `onChange` is told of each one that is new or changes. */
export class PooledOperations {
  readonly #database: Database;
  readonly #onChange: (id: string) => void;

  constructor(database: Database, onChange: (id: string) => void) {
    this.#database = database;
    this.#onChange = onChange;
  }

  find(id: string): PooledOperation | undefined {
    const row = this.#database.get("SELECT * FROM operations WHERE id = ?", id);
    return row && pooledOf(row);
  }

  /** In the order of arrival. */
  pending(): readonly PooledOperation[] {
    return this.#database.all("SELECT * FROM operations WHERE status = 'pending' ORDER BY sequence").map(pooledOf);
  }

  /** The same, without what they are, some at a time: they must not change meanwhile. */
  *pendingIds(): Generator<Pick<PooledOperation, "sequence" | "id">> {
    const sql =
      "SELECT sequence, id FROM operations WHERE status = 'pending' AND sequence > ? ORDER BY sequence LIMIT ?";
    for (let after = 0; ;) {
      const rows = this.#database.all(sql, after, PAGE);
      for (const { sequence, id } of rows) yield { sequence: (after = Number(sequence)), id: String(id) };
      if (rows.length < PAGE) return;
    }
  }

  count(status: Status): number {
    return Number(this.#database.get("SELECT COUNT(*) AS n FROM operations WHERE status = ?", status)!["n"]);
  }

  /** When accounts were asked for that nobody pays for, since a time: milliseconds of Unix time, the earliest first. */
  giftsSince(time: number): readonly number[] {
    // By the index of senders, of which L1 stands for whoever asks for an account.
    const sql =
      "SELECT * FROM operations WHERE sender = ? AND kind = 'creation' AND submitted_at > ? ORDER BY submitted_at";
    return this.#database
      .all(sql, L1_INDEX, time)
      .map(pooledOf)
      .filter(isGift)
      .map(({ submittedAt }) => submittedAt);
  }

  /** What the account signed with a nonce, in the order of arrival, whatever has become of it. */
  signedWith(sender: number, nonce: number): readonly PooledSigned[] {
    const sql = "SELECT * FROM operations WHERE sender = ? AND nonce = ? ORDER BY sequence";
    return this.#database.all(sql, sender, nonce).map(pooledOf).filter(isSigned);
  }

  /** Ids of what L1 took in a batch. */
  verifiedIn(batch: number): readonly string[] {
    const sql = "SELECT id FROM operations WHERE batch = ? AND status = 'verified'";
    return this.#database.all(sql, batch).map(({ id }) => String(id));
  }

  /** Whether nothing was ever accepted. */
  get isEmpty(): boolean {
    return this.#database.get("SELECT 1 FROM operations") === undefined;
  }

  /** The newest first. */
  list({ accounts, token, batch, status, before, limit }: PooledFilter): readonly PooledOperation[] {
    const where = allOf([
      isOfOne(accounts),
      ["token = ?", token],
      ["batch = ?", batch],
      [`status IN (${status?.map(() => "?").join()})`, ...(status ?? [undefined])],
      ["sequence < ?", before],
    ]);
    const sql = `SELECT * FROM operations WHERE ${where.sql} ORDER BY sequence DESC LIMIT ?`;
    return this.#database.all(sql, ...where.values, limit).map(pooledOf);
  }

  /** An account can be opened at an index again where that was rejected, and a reorganisation has made room since. */
  add(id: string, accepted: Accepted, submittedAt: number): PooledOperation {
    const { sender, recipient, nonce } = partiesOf(accepted);
    const { token } = accepted.operation;
    const head = this.head;
    const before = this.#database.get("SELECT * FROM operations WHERE id = ?", id);
    if (before !== undefined) {
      this.#database.insert("replaced", before["sequence"]!, id, before["hash"]!);
      this.#database.run("DELETE FROM operations WHERE id = ?", id);
    }
    this.#database.insert(
      "operations",
      ...[head.sequence + 1, id, accepted.kind, sender, recipient, token, nonce, serialize(accepted), submittedAt],
      ...["pending", null, null, null, hashAfter(head.hash, id)],
    );
    this.#onChange(id);
    return this.find(id)!;
  }

  /** Of the chain of all that was ever accepted. */
  get head(): Head {
    const last = this.#database.get("SELECT * FROM operations ORDER BY sequence DESC LIMIT 1");
    return last === undefined ? NO_HEAD : { sequence: Number(last["sequence"]), hash: String(last["hash"]) };
  }

  /** A batch that was made here holds these now. */
  batched(ids: Iterable<string>, batch: number): void {
    for (const id of ids) this.#update("id = ?", [id], () => ({ status: "batched", batch }));
  }

  proven(batch: number): void {
    this.#update("batch = ? AND status = 'batched'", [batch], () => ({ status: "proven" }));
  }

  /** The batch's proof was refused. */
  unproven(batch: number): void {
    this.#update("batch = ? AND status = 'proven'", [batch], () => ({ status: "batched" }));
  }

  /** L1 took it in a batch, though it may have been rejected. */
  verified(id: string, batch: number): void {
    this.#update("id = ?", [id], () => ({ status: "verified", batch }));
  }

  reject(id: string, { code, message }: Reason): void {
    this.#update("id = ?", [id], () => ({ status: "rejected", batch: null, code, message }));
  }

  /**
   * Everything that batches from this number on hold waits again; an operation that was rejected before L1 took it is
   * rejected again.
   */
  returnFrom(batch: number): void {
    this.#update("batch >= ?", [batch], ({ code }) => ({
      status: code === null ? "pending" : "rejected",
      batch: null,
    }));
  }

  #update(where: string, values: readonly SQLInputValue[], changes: (row: Row) => Changes): void {
    for (const row of this.#database.all(`SELECT * FROM operations WHERE ${where}`, ...values)) {
      this.#database.update("operations", row, changes(row));
      this.#onChange(String(row["id"]));
    }
  }
}

/** What becomes of an operation. */
interface Changes extends Readonly<Record<string, SQLInputValue>> {
  readonly status: Status;
}

function partiesOf(accepted: Accepted): { sender: number; recipient: number; nonce: number | null } {
  switch (accepted.kind) {
    case "creation":
      return { sender: L1_INDEX, recipient: accepted.operation.index, nonce: null };
    case "withdrawal":
      return { sender: accepted.operation.from, recipient: L1_INDEX, nonce: accepted.operation.nonce };
    case "transfer":
      return { sender: accepted.operation.from, recipient: accepted.operation.to, nonce: accepted.operation.nonce };
  }
}

function pooledOf(row: Row): PooledOperation {
  const code = row["code"] as ErrorCode | null;
  return {
    sequence: Number(row["sequence"]),
    id: String(row["id"]),
    accepted: deserialize(row["content"] as Uint8Array) as Accepted,
    submittedAt: Number(row["submitted_at"]),
    status: row["status"] as Status,
    batch: row["batch"] === null ? undefined : Number(row["batch"]),
    reason: code === null ? undefined : { code, message: String(row["message"]) },
  };
}
