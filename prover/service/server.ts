import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { pino } from "pino";
import * as z from "zod";
import { contentOf, FAILURES } from "../../http/answers.ts";
import { limited } from "../../http/limited.ts";
import type { OpenApi } from "../../http/openapi.ts";
import { makeHttpServer, type ClientLimits } from "../../http/server.ts";
import { SheafError } from "../../protocol/errors.ts";
import { publicProgram } from "../artifacts/program.ts";
import type { Job } from "../queue/job.ts";
import { bodyOf } from "./body.ts";
import type { Coordinator } from "./coordinator.ts";
import { streamJob } from "./events.ts";
import * as schemas from "./schemas.ts";

export interface ServerLimits {
  /** Bytes of a JSON body. */
  readonly maxBody: number;
  /** Bytes of a witness file. */
  readonly maxWitness: number;
  /** Submissions that are taken in at a time, and event streams that are open. */
  readonly maxUploads: number;
  readonly maxStreams: number;
  /** Milliseconds for which a connection may be silent: a client that has died holds the place of an upload till then. */
  readonly maxSilence: number;
  /** What a client may take. The workers of one address are one client. */
  readonly clients: ClientLimits;
}

export const DEFAULT_LIMITS: ServerLimits = {
  maxBody: 8 << 20,
  maxWitness: 1 << 30,
  maxUploads: 16,
  maxStreams: 200,
  maxSilence: 5 * 60_000,
  clients: { requests: { max: 10_000, perSeconds: 10 }, connections: { perClient: 1_024, inAll: 4_096 } },
};

export interface ServerOptions extends ServerLimits {
  /** A client that does not know it gets nothing but `/health`. */
  readonly token?: string | undefined;
  readonly log: FastifyBaseLogger;
  readonly checkHealth: () => Promise<schemas.Health>;
}

/** The coordinator over HTTP. Its OpenAPI document is at `/openapi.json`. */
export async function makeServer(coordinator: Coordinator, options: ServerOptions) {
  const { maxBody, maxWitness, maxUploads, maxStreams, maxSilence, clients, token, log, checkHealth } = options;
  const app = await makeHttpServer({
    ...{ title: "Sheaf prover service", log, maxBody, connectionTimeout: maxSilence, limits: clients },
    hasToken: token !== undefined,
  });
  if (token !== undefined) requireToken(app, token);
  // A witness goes to the disk as it comes, never into memory as a whole.
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  const uploads = limited("submissions", maxUploads);
  await app.register(async (scope) => addSubmission(scope.withTypeProvider<ZodTypeProvider>()));
  await app.register(async (scope) => addRoutes(scope.withTypeProvider<ZodTypeProvider>()));
  return app;

  /** What this body says is read elsewhere: a million values would hold up everybody else here for seconds. */
  function addSubmission(routes: FastifyInstance): void {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser("application/json", async ({ headers }: FastifyRequest, payload: Readable) => {
      const length = headers["content-length"];
      return bodyOf(payload, length === undefined ? undefined : Number(length), maxBody);
    });
    routes.post(
      "/jobs",
      {
        schema: {
          operationId: "submit",
          tags: ["jobs"],
          summary: "Ask for a proof of a batch, or of a circuit's inputs",
          body: schemas.submission,
          response: { 202: schemas.job, ...FAILURES },
        },
        validatorCompiler: () => (value: unknown) => ({ value }),
      },
      ({ body }, reply) =>
        uploads(async () =>
          reply
            .code(202)
            .send(viewOf(await coordinator.submit((body as Uint8Array<ArrayBuffer> | undefined) ?? new Uint8Array()))),
        ),
    );
  }

  function addRoutes(routes: ReturnType<FastifyInstance["withTypeProvider"]> & FastifyInstance): void {
    const typed = routes.withTypeProvider<ZodTypeProvider>();
    const streams = limited("event streams", maxStreams);

    typed.post(
      "/witnesses",
      {
        schema: {
          operationId: "submitWitness",
          tags: ["witnesses"],
          summary: "Ask for a proof of a witness: the bytes of a .wtns file as application/octet-stream",
          querystring: schemas.witnessQuery,
          response: { 202: schemas.job, ...FAILURES },
        },
      },
      (request, reply) =>
        uploads(async () => {
          requireLength(request.headers["content-length"], maxWitness);
          const { program, order } = request.query;
          const body: unknown = request.body;
          if (body === undefined) throw new SheafError("WITNESS_MALFORMED", "the body is empty");
          if (!(body instanceof Readable)) {
            throw new SheafError("MEDIA_TYPE_UNSUPPORTED", "a witness is sent as application/octet-stream");
          }
          return reply.code(202).send(viewOf(await coordinator.submitWitness(body, program, order, maxWitness)));
        }),
    );
    typed.get(
      "/jobs",
      {
        schema: {
          operationId: "jobs",
          tags: ["jobs"],
          summary: "The newest jobs",
          querystring: schemas.listQuery,
          response: { 200: z.array(schemas.job), ...FAILURES },
        },
      },
      async ({ query }) => (await coordinator.queue.list(query.limit)).map(viewOf),
    );
    typed.get(
      "/jobs/:id",
      {
        schema: {
          operationId: "job",
          tags: ["jobs"],
          summary: "How far a job is",
          params: schemas.idParameter,
          response: { 200: schemas.job, ...FAILURES },
        },
      },
      async ({ params }) => viewOf(await coordinator.job(params.id)),
    );
    typed.get(
      "/jobs/:id/proof",
      {
        schema: {
          operationId: "proof",
          tags: ["jobs"],
          summary: "The proof, once the job is proven",
          params: schemas.idParameter,
          response: { 200: schemas.proof, ...FAILURES },
        },
      },
      async ({ params }) => {
        const { state, result, error } = await coordinator.job(params.id);
        if (result !== undefined)
          return { ...result, publicSignals: [...result.publicSignals], proof: { ...result.proof } };
        throw new SheafError(
          "JOB_UNFINISHED",
          `the job is ${state}${error ? `: ${error.code}: ${error.message}` : ""}`,
        );
      },
    );
    typed.delete(
      "/jobs/:id",
      {
        schema: {
          operationId: "cancel",
          tags: ["jobs"],
          summary: "Cancel a job that is not finished",
          params: schemas.idParameter,
          response: { 200: schemas.job, ...FAILURES },
        },
      },
      async ({ params }) => viewOf(await coordinator.cancel(params.id)),
    );
    typed.get(
      "/jobs/:id/events",
      {
        schema: {
          operationId: "jobEvents",
          tags: ["jobs"],
          summary: "A job's changes as server-sent events, until it is finished",
          params: schemas.idParameter,
          response: contentOf("text/event-stream", "the job, each time"),
        },
      },
      ({ params }, reply) =>
        streams(async () => {
          const look = (): Promise<Job | undefined> => coordinator.queue.get(params.id);
          await streamJob(reply, await coordinator.job(params.id), look, viewOf);
        }),
    );
    typed.get(
      "/programs",
      {
        schema: {
          operationId: "programs",
          tags: ["programs"],
          summary: "What can be proven here",
          response: { 200: z.array(schemas.programView), ...FAILURES },
        },
      },
      async () => coordinator.programs.map((program) => publicProgram(program)),
    );
    typed.get(
      "/artifacts/:sha256",
      {
        schema: {
          operationId: "artifact",
          tags: ["artifacts"],
          summary: "A file that a worker needs, by its content",
          params: schemas.hashParameter,
          response: contentOf("application/octet-stream", "the file"),
        },
      },
      async ({ params }, reply) => {
        const path = await coordinator.file(params.sha256);
        void reply.header("content-length", (await stat(path)).size).type("application/octet-stream");
        return reply.send(createReadStream(path));
      },
    );
    typed.post(
      "/workers",
      {
        schema: {
          operationId: "announce",
          tags: ["workers"],
          summary: "A worker says that it is there",
          body: schemas.announcement,
          response: { 204: z.undefined().describe("it is listed"), ...FAILURES },
        },
      },
      async ({ body }, reply) => {
        coordinator.workers.announce(body);
        return reply.code(204).send();
      },
    );
    typed.get(
      "/workers",
      {
        schema: {
          operationId: "workers",
          tags: ["workers"],
          summary: "Workers of the last minute",
          response: { 200: z.array(schemas.workerView), ...FAILURES },
        },
      },
      async () => [...coordinator.workers.list()],
    );
    typed.get(
      "/health",
      {
        schema: {
          operationId: "health",
          tags: ["health"],
          summary: "What is missing, if anything",
          // Whoever asks needs no token.
          security: [],
          response: { 200: schemas.health, 503: schemas.health, ...FAILURES },
        },
      },
      async (_, reply) => {
        const health = await checkHealth();
        return reply.code(health.status === "down" ? 503 : 200).send(health);
      },
    );
    typed.get(
      "/metrics",
      {
        schema: {
          operationId: "metrics",
          tags: ["metrics"],
          summary: "For Prometheus",
          response: contentOf("text/plain", "metrics"),
        },
      },
      async (_, reply) => {
        const { registry } = coordinator.metrics;
        return reply.type(registry.contentType).send(await registry.metrics());
      },
    );
  }
}

/** The service's OpenAPI document, without a service. */
export async function proverOpenApi(): Promise<OpenApi> {
  const unused = {} as Coordinator;
  const checkHealth = (): never => {
    throw new SheafError("UNEXPECTED", "nothing is served here");
  };
  const app = await makeServer(unused, { ...DEFAULT_LIMITS, log: pino({ level: "silent" }), checkHealth });
  await app.ready();
  const document = app.swagger() as unknown as OpenApi;
  await app.close();
  return document;
}

function requireToken(app: FastifyInstance, token: string): void {
  const wanted = Buffer.from(`Bearer ${token}`);
  app.addHook("onRequest", async ({ url, headers }) => {
    if (url === "/health") return;
    const given = Buffer.from(headers.authorization ?? "");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new SheafError("UNAUTHORIZED", "the request carries no Authorization: Bearer with this service's token");
  });
}

/** Refuses a body by what its header says of it, before any of it is read. */
function requireLength(length: string | undefined, limit: number): void {
  if (Number(length ?? 0) > limit) {
    throw new SheafError("BODY_TOO_LARGE", `the body has ${length} bytes; at most ${limit} are taken`);
  }
}

function viewOf(job: Job): schemas.JobView {
  const { id, program, state, attempts, progress, order, submittedAt, startedAt, finishedAt, error } = job;
  return {
    ...{ id, program, state, attempts, progress, order, submittedAt, publicSignals: [...job.publicSignals] },
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(error && { error }),
  };
}
