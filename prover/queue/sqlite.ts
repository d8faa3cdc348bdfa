import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "../../lib/error-text.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Groth16Proof } from "../prover.ts";
import {
  FAILURE_PAUSE_MS,
  hasGiven,
  isFinished,
  LEASE_MS,
  MAX_FAILURES,
  MAX_LOST_WORKERS,
  REFUSAL_MS,
  type Job,
  type JobRequest,
  type JobState,
} from "./job.ts";
import {
  JUDGES,
  type Catalogue,
  type JobQueue,
  type Judge,
  type Lease,
  type Load,
  type QueueOptions,
} from "./queue.ts";
import {
  detailOf,
  FINISHED_AT,
  jobOf,
  newDetail,
  SCHEMA,
  type Detail,
  type Offer,
  type OfferRow,
  type Row,
} from "./sqlite-rows.ts";

/** Milliseconds between two looks for results that other processes handed in. */
const POLL_MS = 100;
/** Milliseconds after which a result that could not be decided on is looked at again. */
const TROUBLE_MS = 1_000;

/** The embedded queue: one file, which survives a crash, for processes of one machine. */
export function sqliteQueue(file: string, { leaseMs = LEASE_MS, keep = 1000 }: QueueOptions = {}): JobQueue {
  return new SqliteQueue(open(file), leaseMs, keep);
}

function open(file: string): DatabaseSync {
  try {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file, { timeout: 10_000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    throw unreachable(error);
  }
}

class SqliteQueue implements JobQueue {
  readonly #database: DatabaseSync;
  readonly #leaseMs: number;
  readonly #keep: number;
  #judging: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(database: DatabaseSync, leaseMs: number, keep: number) {
    this.#database = database;
    this.#leaseMs = leaseMs;
    this.#keep = keep;
  }

  async submit(request: JobRequest, refused?: Groth16Proof): Promise<Job> {
    return this.#durably(() => {
      const known = this.#row(request.id);
      const before = known && jobOf(known);
      const isRefused = before !== undefined && hasGiven(before, refused);
      const startsAgain = isRefused || before?.state === "failed" || before?.state === "cancelled";
      if (before !== undefined && !startsAgain) return before;
      const banned = isRefused ? { refused: { [before.result!.worker]: Date.now() + REFUSAL_MS } } : {};
      const detail = JSON.stringify({ ...newDetail(), ...banned });
      this.#run("DELETE FROM job WHERE id = ?", request.id);
      this.#run(
        "INSERT INTO job (id, program, age, state, request, detail) VALUES (?, ?, ?, 'queued', ?, ?)",
        ...[request.id, request.program, request.order, JSON.stringify(request), detail],
      );
      return jobOf(this.#row(request.id)!);
    });
  }

  async get(id: string): Promise<Job | undefined> {
    const row = this.#read(() => this.#row(id));
    return row && jobOf(row);
  }

  async list(limit: number): Promise<readonly Job[]> {
    return this.#read(() => this.#all<Row>("SELECT * FROM job ORDER BY seq DESC LIMIT ?", limit)).map(jobOf);
  }

  async load(): Promise<Readonly<Record<string, Load>>> {
    const sql = `SELECT program, sum(state = 'queued') AS queued, sum(state = 'proving') AS proving
      FROM job WHERE state IN ('queued', 'proving') GROUP BY program`;
    const rows = this.#read(() => this.#all<Load & { program: string }>(sql));
    return Object.fromEntries(rows.map(({ program, queued, proving }) => [program, { queued, proving }]));
  }

  async cancel(id: string): Promise<Job | undefined> {
    return this.#durably(() => {
      const row = this.#row(id);
      if (row !== undefined && !isFinished(row)) this.#finish(row, "cancelled", {});
      const after = this.#row(id);
      return after && jobOf(after);
    });
  }

  async lease(worker: string, programs: readonly string[]): Promise<Lease | undefined> {
    const token = randomUUID();
    const isIdle = (): boolean =>
      this.#all(
        "SELECT 1 FROM job WHERE state = 'queued' OR (state = 'proving' AND lease_until < ?) LIMIT 1",
        Date.now(),
      ).length === 0;
    if (this.#read(isIdle)) return undefined;
    const row = this.#transaction(() => {
      this.#reclaim();
      const [row] = this.#all<Row>(
        `SELECT * FROM job WHERE state = 'queued' AND program IN (SELECT value FROM json_each(?))
         AND coalesce((SELECT value FROM json_each(detail, '$.refused') WHERE key = ?), 0) <= ?
         ORDER BY age, seq LIMIT 1`,
        ...[JSON.stringify(programs), worker, Date.now()],
      );
      if (row === undefined) return undefined;
      const detail: Detail = { ...detailOf(row), startedAt: Date.now(), progress: { phase: "taken", fraction: 0 } };
      this.#run(
        "UPDATE job SET state = 'proving', attempts = attempts + 1, token = ?, lease_until = ?, detail = ? WHERE seq = ?",
        ...[token, Date.now() + this.#leaseMs, JSON.stringify(detail), row.seq],
      );
      return this.#row(row.id)!;
    });
    return row && this.#leaseOf(row, token, worker);
  }

  async judge(judge: Judge): Promise<void> {
    this.#judging = this.#judgeAll(judge);
  }

  async publish(catalogue: Catalogue): Promise<void> {
    const sql = "INSERT INTO catalogue VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET value = excluded.value";
    this.#transaction(() => this.#run(sql, JSON.stringify(catalogue)));
  }

  async catalogue(): Promise<Catalogue | undefined> {
    const [row] = this.#read(() => this.#all<{ value: string }>("SELECT value FROM catalogue"));
    return row && (JSON.parse(row.value) as Catalogue);
  }

  async ping(): Promise<void> {
    // A page is written, which a statement without effect would not do: a full disk or a file without rights shows here.
    this.#transaction(() => this.#run("PRAGMA user_version = 0"));
  }

  async risks(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#judging;
    this.#database.close();
  }

  #leaseOf(row: Row, token: string, worker: string): Lease {
    const own = (): Row | undefined => {
      const now = this.#row(row.id);
      return now?.state === "proving" && now.token === token ? now : undefined;
    };
    const handIn = (offer: Offer): void =>
      this.#transaction(() => {
        this.#run("INSERT INTO offer (id, token, offer) VALUES (?, ?, ?)", row.id, token, JSON.stringify(offer));
        const now = own();
        if (now === undefined) return;
        this.#set(now, "verifying", { ...detailOf(now), progress: { phase: "verifying", fraction: 1 } });
      });
    return {
      job: jobOf(row),
      beat: async (progress) =>
        this.#transaction(() => {
          const now = own();
          if (now === undefined) return false;
          this.#set(now, "proving", { ...detailOf(now), progress });
          this.#run("UPDATE job SET lease_until = ? WHERE seq = ?", Date.now() + this.#leaseMs, now.seq);
          return true;
        }),
      offer: async (result) => handIn({ worker, result }),
      fail: async (error) => handIn({ worker, error }),
      release: async () =>
        this.#transaction(() => {
          const now = own();
          if (now !== undefined) this.#requeue(now, {});
        }),
    };
  }

  /** Takes jobs from workers that have fallen silent. */
  #reclaim(): void {
    for (const row of this.#all<Row>("SELECT * FROM job WHERE state = 'proving' AND lease_until < ?", Date.now())) {
      const lost = detailOf(row).lost + 1;
      const error = { code: "WORKER_LOST", message: `${lost} workers fell silent over this job` };
      if (lost >= MAX_LOST_WORKERS) this.#finish(row, "failed", { lost, error });
      else this.#requeue(row, { lost });
    }
  }

  async #judgeAll(judge: Judge): Promise<void> {
    const underWay = new Map<number, Promise<void>>();
    while (!this.#closed) {
      for (const offer of this.#offersBeside(underWay)) {
        const work = this.#judgeOffer(judge, offer)
          .catch(waitUnlessBroken)
          .finally(() => underWay.delete(offer.seq));
        underWay.set(offer.seq, work);
      }
      await Promise.race([sleep(POLL_MS), ...underWay.values()]);
    }
    await Promise.all(underWay.values());
  }

  /** The oldest offers that nobody decides on, as many as may be decided on. */
  #offersBeside(underWay: ReadonlyMap<number, unknown>): readonly OfferRow[] {
    try {
      const offers = this.#read(() => this.#all<OfferRow>("SELECT * FROM offer ORDER BY seq LIMIT ?", 2 * JUDGES));
      return offers.filter(({ seq }) => !underWay.has(seq)).slice(0, JUDGES - underWay.size);
    } catch {
      return []; // until the file can be read again
    }
  }

  async #judgeOffer(judge: Judge, { seq, id, token, offer: text }: OfferRow): Promise<void> {
    const offer = JSON.parse(text) as Offer;
    // Queued: its worker was silent for too long, but nobody has taken it since.
    const waits = (): Row | undefined => {
      const row = this.#row(id);
      return row?.token === token && !isFinished(row) ? row : undefined;
    };
    const before = this.#row(id);
    const isRight = offer.result !== undefined && waits() && (await judge.verify(jobOf(before!), offer.result));
    const verdict = this.#durably(() => {
      this.#run("DELETE FROM offer WHERE seq = ?", seq);
      const row = waits();
      if (row === undefined) return "late";
      if (isRight) {
        this.#finish(row, "proven", { result: offer.result! });
        return "accepted";
      }
      this.#reject(row, offer);
      return "wrong";
    });
    if (before === undefined) return;
    const after = jobOf(this.#row(id) ?? before);
    if (offer.result !== undefined) judge.settled(verdict, after, offer.result);
    else if (verdict !== "late") judge.failed(after, offer.error!, offer.worker);
  }

  #reject(row: Row, { worker, error }: Offer): void {
    const detail = detailOf(row);
    const failures = detail.failures + (error ? 1 : 0);
    const refused = { ...detail.refused, [worker]: Date.now() + (error ? FAILURE_PAUSE_MS : REFUSAL_MS) };
    if (error && failures >= MAX_FAILURES) this.#finish(row, "failed", { failures, error });
    else {
      this.#requeue(row, { failures, refused });
      this.#run("UPDATE job SET token = NULL WHERE seq = ?", row.seq);
    }
  }

  /** The token stays: until somebody else takes the job, the result of whoever had it counts. */
  #requeue(row: Row, change: Partial<Detail>): void {
    this.#set(row, "queued", { ...detailOf(row), ...change, progress: { phase: "waiting", fraction: 0 } });
  }

  #finish(row: Row, state: JobState, change: Partial<Detail>): void {
    const progress = { phase: state, fraction: 1 };
    this.#set(row, state, { ...detailOf(row), ...change, progress, finishedAt: Date.now() });
    const surplus = `SELECT seq FROM job WHERE state = ? ORDER BY ${FINISHED_AT} DESC LIMIT -1 OFFSET ?`;
    this.#run(`DELETE FROM job WHERE seq IN (${surplus})`, state, this.#keep);
  }

  #set(row: Row, state: JobState, detail: Detail): void {
    this.#run("UPDATE job SET state = ?, detail = ? WHERE seq = ?", state, JSON.stringify(detail), row.seq);
  }

  #row(id: string): Row | undefined {
    return this.#all<Row>("SELECT * FROM job WHERE id = ?", id)[0];
  }

  #all<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.#database.prepare(sql).all(...values) as T[];
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #read<T>(look: () => T): T {
    try {
      return look();
    } catch (error) {
      throw unreachable(error);
    }
  }

  /** A transaction that is on the disk when it returns. Others that a power failure takes are done again. */
  #durably<T>(work: () => T): T {
    this.#read(() => this.#database.exec("PRAGMA synchronous = FULL"));
    try {
      return this.#transaction(work);
    } finally {
      if (this.#database.isOpen) this.#database.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** IMMEDIATE: a transaction that turned from reading to writing could not wait for another process's. */
  #transaction<T>(work: () => T): T {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw unreachable(error);
    }
  }
}

/** A full or locked disk: the result stays where it is until that is better. */
async function waitUnlessBroken(error: unknown): Promise<void> {
  if (!(error instanceof SheafError)) throw error;
  await sleep(TROUBLE_MS);
}

function unreachable(error: unknown): SheafError {
  const reason = errorText(error);
  return new SheafError("QUEUE_UNREACHABLE", `the queue's file: ${reason}`, { cause: error });
}
