import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pino } from "pino";
import { SheafError } from "../../../protocol/errors.ts";
import type { Program } from "../../../prover/artifacts/program.ts";
import type { JobQueue } from "../../../prover/queue/queue.ts";
import type { Announcement, ProverClient } from "../../../prover/service/client.ts";
import { WorkerFiles } from "../../../prover/service/worker-files.ts";
import { runWorker } from "../../../prover/service/worker.ts";
import { expectCode } from "../../support/errors.ts";
import { until } from "../../support/until.ts";

describe("files of a worker", () => {
  let cache: string;
  beforeEach(async () => (cache = await mkdtemp(join(tmpdir(), "sheaf-cache-"))));
  afterEach(() => rm(cache, { recursive: true }));

  const content = Buffer.from("an input");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const filesFrom = (bytes: Uint8Array<ArrayBuffer>): WorkerFiles => {
    const client = { artifact: async () => new Blob([bytes]).stream() };
    return new WorkerFiles({ client: client as unknown as ProverClient, cache });
  };

  it("are each worker's own as long as they are a job's input, also of workers that share a folder", async () => {
    const [first, second] = [filesFrom(content), filesFrom(content)];
    await first.withInput(sha256, async (path) => {
      await second.withInput(sha256, async (other) => expect(await readFile(other)).to.deep.equal(content));
      expect(await readFile(path)).to.deep.equal(content);
    });
    expect(await readdir(cache)).to.deep.equal([]);
  });

  it("are none if they are not what was asked for", async () => {
    const work = (): never => expect.fail("there is nothing to work on");
    await expectCode("ARTIFACT_CORRUPT", () => filesFrom(Buffer.from("an inpud")).withInput(sha256, work));
    expect(await readdir(cache)).to.deep.equal([]);
  });

  it("are deleted a day after a worker that was killed has left them", async () => {
    await mkdir(cache, { recursive: true });
    for (const name of [".old", ".new", sha256]) await writeFile(join(cache, name), "");
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000);
    for (const name of [".old", sha256]) await utimes(join(cache, name), yesterday, yesterday);
    await filesFrom(content).discardAbandoned();
    expect(await readdir(cache)).to.have.members([".new", sha256]);
  });

  it("are asked for again if the coordinator was away when the worker started", async () => {
    const [small, large] = [{ id: "small" }, { id: "large" }] as unknown as [Program, Program];
    const stop = new AbortController();
    const announced: Announcement[] = [];
    let isAway = true;
    await Promise.all([
      runWorker({
        name: "a",
        queue: { lease: async () => undefined } as unknown as JobQueue,
        client: { announce: async (what: Announcement) => announced.push(what) } as unknown as ProverClient,
        files: {
          async ofProgram(program: Program) {
            if (program === large && isAway) throw new SheafError("SERVICE_UNREACHABLE", "it is away");
            return { wasm: "", zkey: "" };
          },
        } as unknown as WorkerFiles,
        programs: [small, large],
        makeProver: async () => ({ backend: "snarkjs", close: async () => undefined }) as never,
        log: pino({ level: "silent" }),
        signal: stop.signal,
      }),
      until(() => {
        if (announced.length > 0) isAway = false;
        return announced.at(-1)?.programs.includes("large") || undefined;
      }, "the other size").finally(() => stop.abort()),
    ]);
    expect(announced[0]!.programs).to.deep.equal(["small"]);
    expect(announced.at(-1)!.programs).to.deep.equal(["small", "large"]);
  });
});
