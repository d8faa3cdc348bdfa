import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { toJson } from "../../../cli/support/output.ts";
import { withoutReferences, type OpenApi } from "../../../http/openapi.ts";
import { buildBatch, signalsOf } from "../../../protocol/batch.ts";
import { BATCH_SIZES, FIELD_ORDER } from "../../../protocol/constants.ts";
import { ERRORS } from "../../../protocol/errors.ts";
import { batchDescriptionToJson, describedBatch } from "../../../prover/files/batch-description.ts";
import { exampleBatch } from "../../../prover/files/example-batch.ts";
import { ProverClient, type Submission } from "../../../prover/service/client.ts";
import { proverOpenApi } from "../../../prover/service/server.ts";
import { startService } from "../../../prover/service/service.ts";
import { expectCode } from "../../support/errors.ts";
import { damaged } from "../../support/prover/damaged.ts";
import { ServiceHarness } from "../../support/prover/prover-service.ts";
import { until } from "../../support/until.ts";

const SIZE = BATCH_SIZES[0]!;

describe("prover service over HTTP", () => {
  let harness: ServiceHarness;
  let client: ProverClient;
  before(async () => (harness = await ServiceHarness.create()));
  after(() => harness.remove());

  describe("without a worker", () => {
    beforeEach(async () => {
      const limits = { maxBody: 50_000, maxWitness: 100_000, maxQueued: 3, maxUploads: 1, maxStreams: 1 };
      // The circuit has the public signals of a batch; with its name, it stands in for one here. Nothing is proven.
      const batch = { ...harness.program, id: `${SIZE.name}-1234`, name: SIZE.name };
      client = await harness.start({
        ...limits,
        programs: [harness.program, batch],
        withoutKeys: ["batch-big"],
        queue: "sqlite::memory:",
      });
    });
    afterEach(() => harness.stop());

    it("takes a batch, through the state machine", async () => {
      const description = exampleBatch(SIZE);
      const job = await client.submit(batchSubmission());
      const { state, size, request } = describedBatch(description);
      const signals = buildBatch(state, size, request).publicSignals;
      expect(job.publicSignals).to.deep.equal(signalsOf(signals));
      expect(job).to.include({ state: "queued", order: description.timestamp, program: `${SIZE.name}-1234` });
      expect((await client.submit(batchSubmission())).id).to.equal(job.id);
    });

    it("names what is wrong with a request", async () => {
      const { transfers } = batchSubmission().batch as unknown as { transfers: { amount: string }[] };
      const inputs = harness.submission();
      const bodies: [unknown, string, RegExp][] = [
        [{}, "FIELD_INVALID", /^the body: kind /],
        [{ ...inputs, inputs: { x: [1.5] } }, "FIELD_INVALID", /inputs\.x/],
        [{ ...inputs, inputs: { x: deep(20) } }, "FIELD_INVALID", /inputs\.x/],
        [{ ...inputs, inputs: { x: `${FIELD_ORDER}` } }, "FIELD_INVALID", /inputs\.x/],
        [{ ...inputs, inputs: [] }, "FIELD_INVALID", /inputs/],
        [{ ...inputs, program: "" }, "FIELD_INVALID", /program/],
        [{ ...inputs, publicSignals: ["3", "4", `${FIELD_ORDER}`] }, "FIELD_INVALID", /publicSignals\[2\]/],
        [{ ...inputs, publicSignals: ["3", "-1", "4"] }, "FIELD_INVALID", /publicSignals\[1\]/],
        [{ ...inputs, publicSignals: ["3"] }, "FIELD_INVALID", /publicSignals/],
        [{ ...inputs, order: 2 ** 41 }, "FIELD_INVALID", /order/],
        [{ ...inputs, extra: 1 }, "FIELD_INVALID", /extra/],
        [{ kind: "batch", batch: { ...batchSubmission().batch, token: -1 } }, "FIELD_INVALID", /batch\.token/],
        [
          { kind: "batch", batch: { ...batchSubmission().batch, transfers: [{ ...transfers[0], amount: "1e3" }] } },
          "FIELD_INVALID",
          /batch\.transfers\[0\]\.amount/,
        ],
      ];
      for (const [body, code, field] of bodies) {
        const { status, failure } = await post("/jobs", toJson(body));
        expect(status, failure.message).to.equal(400);
        expect(failure.code).to.equal(code);
        expect(failure.message).to.match(field);
      }
      const bottomless = toJson({ ...inputs, inputs: { x: "deep" } }).replace(
        '"deep"',
        "[".repeat(20_000) + "]".repeat(20_000),
      );
      const refusedEarly = await post("/jobs", bottomless);
      expect([refusedEarly.status, refusedEarly.failure.code]).to.deep.equal([400, "FIELD_INVALID"]);
      expect(refusedEarly.failure.message).to.match(/inputs\.x/);
      const unknown = await post("/jobs", JSON.stringify({ ...inputs, program: "batch-5" }));
      expect([unknown.status, unknown.failure.code]).to.deep.equal([422, "PROGRAM_UNKNOWN"]);
      const overspent = { ...batchSubmission().batch, transfers: transfers.map((each) => ({ ...each, amount: "1" })) };
      const refused = await post("/jobs", toJson({ kind: "batch", batch: overspent }));
      expect([refused.status, refused.failure.code]).to.deep.equal([422, "SIGNATURE_INVALID"]);
      const broken = await post("/jobs", "{");
      expect([broken.status, broken.failure.code]).to.deep.equal([400, "JSON_MALFORMED"]);
      const text = await post("/jobs", "hello", "text/plain");
      expect([text.status, text.failure.code]).to.deep.equal([415, "MEDIA_TYPE_UNSUPPORTED"]);
      for (const json of ["{}", '["wtns"]', "5"]) {
        const witness = await post(`/witnesses?program=${harness.program.id}`, json);
        expect([witness.status, witness.failure.code], json).to.deep.equal([415, "MEDIA_TYPE_UNSUPPORTED"]);
      }
      const bytes = await post("/jobs", "wtns", "application/octet-stream");
      expect([bytes.status, bytes.failure.code]).to.deep.equal([415, "MEDIA_TYPE_UNSUPPORTED"]);
      await expectCode("JOB_UNKNOWN", () => client.job("ab".repeat(32)));
      await expectCode("JOB_UNKNOWN", () => client.cancel("ab".repeat(32)));
      await expectCode("FIELD_INVALID", () => client.job("abc"));
      await expectCode("ROUTE_UNKNOWN", () => client.job("../nowhere/x"));
      await expectCode("ARTIFACT_UNKNOWN", () => client.artifact("ab".repeat(32)));
    });

    it("names what is wrong with a path, a query, a header or a worker's announcement", async () => {
      const id = "ab".repeat(32);
      const wrong: [method: string, path: string, body: unknown, field: RegExp][] = [
        ["GET", "/jobs?limit=0", undefined, /^the query: limit must be at least 1$/],
        ["GET", "/jobs?limit=many", undefined, /limit/],
        ["GET", "/jobs?limits=5", undefined, /limits/],
        ["GET", `/jobs/${id.toUpperCase()}`, undefined, /^the path: id must be 64 hexadecimal digits$/],
        ["GET", "/jobs/%E0%A4%A", undefined, /%E0/],
        ["DELETE", "/jobs/..%2f..%2fetc%2fpasswd", undefined, /id/],
        ["GET", "/artifacts/..%2f..%2fetc%2fpasswd", undefined, /sha256/],
        ["POST", "/workers", { name: "", programs: [], backend: "native" }, /name/],
        ["POST", "/workers", { name: "a", programs: "all", backend: "native" }, /programs/],
        ["POST", "/workers", { name: "a", programs: [], backend: "x".repeat(201) }, /backend/],
        ["POST", "/witnesses?program=a&order=-1", undefined, /order/],
        ["POST", "/witnesses", undefined, /program/],
      ];
      for (const [method, path, body, field] of wrong) {
        const headers = { "content-type": body === undefined ? "application/octet-stream" : "application/json" };
        const init = { method, ...(method === "POST" && { body: JSON.stringify(body) ?? "x", headers }) };
        const response = await fetch(`${harness.service.url}${path}`, init);
        const failure = (await response.json()) as { code: string; message: string };
        expect([response.status, failure.code], path).to.deep.equal([400, "FIELD_INVALID"]);
        expect(failure.message).to.match(field);
      }
    });

    it("answers what is no HTTP, and headers without end, with a code too", async () => {
      const garbage = await raw("HELO service\r\n\r\n");
      expect(garbage).to.match(/^HTTP\/1\.1 400 [^]*\r\n\r\n\{"code":"FIELD_INVALID",/);
      const endless = await raw(`GET /jobs HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
      expect(endless).to.match(/^HTTP\/1\.1 431 [^]*\r\n\r\n\{"code":"FIELD_INVALID",/);
    });

    it("answers whatever comes with a code of the catalogue, and never fails itself", async () => {
      const valid = [harness.submission(), JSON.parse(toJson(batchSubmission())) as object];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom("/jobs", "/workers"), damaged(valid), async (path, body) => {
          const { status, failure } = await post(path, JSON.stringify(body) ?? "");
          // What was damaged may mean something else now, and be in order.
          if (status === 202) return;
          expect(status).to.be.within(400, 499);
          expect(failure).to.have.keys("code", "message", "fix");
          expect(Object.keys(ERRORS)).to.include(failure.code);
          expect(JSON.stringify(failure)).not.to.match(/node_modules|\.ts\b|\bat \w+ \(|call stack/);
        }),
        { numRuns: process.env["SHEAF_LONG"] === "1" ? 5000 : 150 },
      );
    });

    it("refuses a witness that is none", async () => {
      const witness = await harness.witness();
      for (const bytes of [Buffer.alloc(0), Buffer.from("wtns"), witness.subarray(0, 100)]) {
        await expectCode("WITNESS_MALFORMED", () => client.submitWitness(harness.program.id, bytes));
      }
      await expectCode("PROGRAM_UNKNOWN", () => client.submitWitness("batch-5", witness));
      const zeroed = Buffer.from(witness);
      zeroed.fill(0, zeroed.indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0]), 60), zeroed.length);
      await expectCode("WITNESS_MALFORMED", () => client.submitWitness(harness.program.id, zeroed));
    });

    it("refuses oversized bodies early", async () => {
      const large = await post("/jobs", JSON.stringify({ ...harness.submission(), extra: "x".repeat(60_000) }));
      expect([large.status, large.failure.code]).to.deep.equal([413, "BODY_TOO_LARGE"]);
      // By its header alone: not one byte of the body is sent.
      const path = `/witnesses?program=${harness.program.id}`;
      const [status, text] = await announceOnly(path, 1e12);
      expect([status, (JSON.parse(text) as { code: string }).code]).to.deep.equal([413, "BODY_TOO_LARGE"]);
      // And without a length, once it is too long.
      await expectCode("BODY_TOO_LARGE", () => client.submitWitness(harness.program.id, new Uint8Array(100_001)));
    });

    it("takes no more jobs than may wait", async () => {
      for (let salt = 0; salt < 3; salt++) await client.submit(harness.submission(salt));
      await expectCode("SERVICE_BUSY", () => client.submit(harness.submission(3)));
      expect(await harness.metrics()).to.match(/^sheaf_prover_jobs\{[^}]*state="queued"\} 3$/m);
    });

    it("takes in no more at a time than it may, and streams no more", async () => {
      const { id } = await client.submit(harness.submission());
      const [events, more] = [client.events(id), client.events(id)];
      expect((await events.next()).value).to.include({ id, state: "queued" });
      await expectCode("SERVICE_BUSY", () => more.next());
      await client.cancel(id);
      for await (const job of events) expect(job.state).to.equal("cancelled");

      const path = `/witnesses?program=${harness.program.id}`;
      const headers = { "content-type": "application/octet-stream", "content-length": "1000" };
      const slow = request(`${harness.service.url}${path}`, { method: "POST", headers });
      slow.on("error", () => undefined);
      slow.write("wtns");
      const inputs = join(harness.folder, "data", "inputs");
      const isDraft = (name: string): boolean => name.startsWith(".");
      await until(async () => (await readdir(inputs)).some(isDraft) || undefined, "the slow upload's file");
      const { status, failure } = await post("/jobs", JSON.stringify(harness.submission(1)));
      expect([status, failure.code]).to.deep.equal([429, "SERVICE_BUSY"]);
      slow.destroy();
      const taken = await until(() => client.submit(harness.submission(2)), "the upload to be given up");
      expect(taken.state).to.equal("queued");
      expect((await readdir(inputs)).filter(isDraft)).to.deep.equal([]);
    });

    it("counts nothing that waits when nothing does", async () => {
      const { id } = await client.submit(harness.submission());
      expect(await harness.metrics()).to.match(/^sheaf_prover_jobs\{[^}]*state="queued"\} 1$/m);
      await client.cancel(id);
      expect(await harness.metrics()).not.to.match(/^sheaf_prover_jobs\{[^}]*\} [^0]/m);
    });

    it("says what is missing", async () => {
      const health = await client.health();
      expect(health.status).to.equal("degraded");
      expect(health.missing.map(({ what }) => what)).to.include.members(["keys batch-big", "workers"]);
      await harness.service.coordinator.queue.close();
      const down = await client.health();
      expect(down.status).to.equal("down");
      expect(down.missing.map(({ what }) => what)).to.include("queue");
      // What can be counted still is.
      expect(await harness.metrics())
        .to.match(/^sheaf_prover_workers 0$/m)
        .and.not.to.match(/^sheaf_prover_jobs\{/m);
      await expectCode("QUEUE_UNREACHABLE", () => client.jobs());
    });

    it("lets nothing of the machine out with an error", async () => {
      harness.service.coordinator.job = () => Promise.reject(new Error(`secret at ${import.meta.filename}`));
      const response = await fetch(`${harness.service.url}/jobs/${"ab".repeat(32)}`);
      expect(response.status).to.equal(500);
      const text = await response.text();
      expect(JSON.parse(text)).to.have.keys("code", "message", "fix").and.to.include({ code: "UNEXPECTED" });
      expect(text).not.to.match(/secret|\.ts|node_modules| at /);
    });

    it("describes itself by OpenAPI", async () => {
      const answer = (await (await fetch(`${harness.service.url}/openapi.json`)).json()) as OpenApi;
      const document = withoutReferences(answer);
      expect(document.openapi).to.match(/^3\./);
      const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      );
      expect(routes).to.include.members(["post /jobs", "get /jobs/{id}/proof", "delete /jobs/{id}", "post /witnesses"]);
      expect(JSON.stringify(document.paths["/jobs"])).to.include("publicSignals").and.to.include("feeAccount");
    });
  });

  it("says that it cannot listen where another does", async () => {
    await harness.start({ queue: "sqlite::memory:" });
    const { port } = new URL(harness.service.url);
    const options = { programs: [], data: harness.folder, queue: "sqlite::memory:", port: Number(port) };
    await expectCode("PORT_TAKEN", () => startService(options));
    await harness.stop();
  });

  it("answers others while it reads a job of many values", async () => {
    await harness.start({ queue: "sqlite::memory:" });
    const { url } = harness.service;
    const job = { ...harness.submission(), inputs: { x: new Array<string>(700_000).fill("1") } };
    const begin = performance.now();
    let isTaken = false;
    const taken = fetch(`${url}/jobs`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(job) },
    }).finally(() => (isTaken = true));
    let longest = 0;
    for (let last = begin; !isTaken;) {
      await (await fetch(`${url}/health`)).text();
      const now = performance.now();
      [longest, last] = [Math.max(longest, now - last), now];
    }
    expect((await taken).status).to.equal(202);
    // Read between two requests, it would be most of the time for which one of them waits.
    expect(longest).to.be.below((performance.now() - begin) / 3);
    await harness.stop();
  });

  it("cuts off a client that has fallen silent, and takes in another's job", async () => {
    client = await harness.start({ queue: "sqlite::memory:", maxUploads: 1, maxSilence: 500 });
    const headers = { "content-type": "application/octet-stream", "content-length": "1000" };
    const url = `${harness.service.url}/witnesses?program=${harness.program.id}`;
    const dead = request(url, { method: "POST", headers });
    const cutOff = new Promise((done) => dead.on("error", done));
    dead.write("wtns");
    await cutOff;
    expect((await until(() => client.submit(harness.submission()), "the place")).state).to.equal("queued");
    await harness.stop();
  });

  it("asks for its token, but for /health", async () => {
    client = await harness.start({ token: "open sesame", queue: "sqlite::memory:" });
    const stranger = new ProverClient(harness.service.url);
    const guesser = new ProverClient(harness.service.url, { token: "open sesamf" });
    for (const other of [stranger, guesser]) await expectCode("UNAUTHORIZED", () => other.submit(harness.submission()));
    await expectCode("UNAUTHORIZED", () => stranger.artifact(harness.program.files.zkey.sha256));
    expect((await stranger.health()).programs).to.deep.equal([harness.program.id]);
    const { paths } = await proverOpenApi();
    for (const [path, methods] of Object.entries({ ...paths, "/openapi.json": { get: {} }, "/nowhere": { get: {} } })) {
      for (const method of Object.keys(methods)) {
        const { status } = await fetch(`${harness.service.url}${path}`, { method: method.toUpperCase() });
        expect(status, `${method} ${path}`).to.equal(path === "/health" ? 200 : 401);
      }
    }
    expect((await client.submit(harness.submission())).state).to.equal("queued");
    await harness.stop();
    await expectCode("SERVICE_UNREACHABLE", () => client.jobs());
  });

  async function post(path: string, body: string, type = "application/json") {
    const init = { method: "POST", body, headers: { "content-type": type } };
    const response = await fetch(`${harness.service.url}${path}`, init);
    return { status: response.status, failure: (await response.json()) as { code: string; message: string } };
  }

  /** What the service answers to these characters, until it closes the connection. */
  function raw(text: string): Promise<string> {
    const { hostname, port } = new URL(harness.service.url);
    return new Promise((done) => {
      let answer = "";
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.on("data", (chunk: Buffer) => (answer += chunk.toString("utf8")));
      socket.on("error", () => undefined);
      socket.on("close", () => done(answer));
    });
  }

  /** Sends the header of a request with a body of this length, and reads the answer. */
  function announceOnly(path: string, length: number): Promise<[number, string]> {
    return new Promise((done, fail) => {
      const headers = { "content-type": "application/octet-stream", "content-length": `${length}` };
      const sent = request(`${harness.service.url}${path}`, { method: "POST", headers }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
        response.on("end", () => (done([response.statusCode!, text]), sent.destroy()));
      });
      sent.on("error", fail);
      sent.flushHeaders();
    });
  }
});

/** An array in an array in an array, and so on. */
const deep = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);

function batchSubmission(): Submission & { kind: "batch" } {
  return { kind: "batch", batch: batchDescriptionToJson(exampleBatch(SIZE)) as never };
}
