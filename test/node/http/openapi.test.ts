import { expect } from "chai";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { withoutReferences, type OpenApi, type Operation } from "../../../http/openapi.ts";
import { makeNodeServer } from "../../../node/http/server.ts";
import { ERRORS } from "../../../protocol/errors.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { TestNode } from "../../support/node/served-node.ts";
import { rpcOf } from "../../support/node/stores.ts";
import { requestsOf, type Request } from "../../support/openapi.ts";
import { LONG } from "../../support/random.ts";

const RUNS = LONG ? 2_000 : 60;

describe("node over HTTP, against its own OpenAPI document", () => {
  let world: FollowedRollup;
  let node: TestNode;
  let app: FastifyInstance;
  let document: OpenApi;
  /** Statuses that were met, by route. */
  const met = new Map<string, Set<number>>();

  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    await world.busy(6, "node/http-fuzz");
    while ((await world.chain.rollup.queueBounds()).head < (await world.chain.rollup.queueBounds()).tail)
      await world.batch();
    node = await TestNode.of(world);
    app = await makeNodeServer({ node, rpc: rpcOf(world), limits: { requests: { max: 1e9, perSeconds: 1 } } });
    document = withoutReferences((await app.inject("/openapi.json")).json());
  });
  after(async () => {
    await app.close();
    node.close();
    await world.close();
  });

  it("answers whatever it is asked as the document says, and never with a failure of its own", async () => {
    // What is known as yet is final, so that its stream of events has an end.
    const streams = Object.keys(document.paths).filter((path) => path.endsWith("/events"));
    const paths = new Set([...streams, ...Object.keys(document.paths)]);
    paths.delete("/events");
    for (const path of paths) {
      for (const [method, operation] of Object.entries(document.paths[path]!)) {
        const answers = answersOf(operation);
        const name = `${method} ${path}`;
        met.set(name, new Set());
        await fc.assert(
          fc.asyncProperty(requestsOf(method, path, operation), (request) => expectAnswer(name, request, answers)),
          { numRuns: RUNS },
        );
      }
    }
  });

  it("has met good answers and refusals of every route", () => {
    expect(met.size).to.be.greaterThan(15);
    const withoutParameters = ["/state", "/config", "/contract", "/health", "/metrics"];
    for (const [name, statuses] of met) {
      const [, path] = name.split(" ");
      // A signature is not to be guessed, nor is the payment of an account that is not given away.
      const isSigned = name === "post /transactions" || name === "post /accounts";
      const isUnknowable = /\{(id|hash|versionedHash)\}/.test(path!) || isSigned || path === "/withdrawals";
      if (!isUnknowable) expect([...statuses], name).to.satisfy((all: number[]) => all.some((status) => status < 300));
      if (!withoutParameters.includes(path!)) expect([...statuses], name).to.include(400);
    }
  });

  it("survives requests that are of no route", async () => {
    const requests = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"),
      url: fc.oneof(
        fc.webPath().map((path) => (path.startsWith("/") ? path : `/${path}`)),
        fc.string().map((text) => `/accounts/%${encodeURIComponent(text.toWellFormed())}`),
      ),
      payload: fc.option(fc.string(), { nil: undefined }),
      headers: fc.dictionary(fc.constantFrom("content-type", "accept", "origin", "x-forwarded-for"), fc.webFragments()),
    });
    await fc.assert(
      fc.asyncProperty(requests, async ({ payload, method, ...rest }) => {
        const body = payload === undefined || method === "GET" || method === "HEAD" ? {} : { payload };
        const { statusCode } = await app.inject({ ...rest, method: method as "GET", ...body });
        expect(statusCode).to.be.below(500);
      }),
      { numRuns: RUNS },
    );
  });

  async function expectAnswer(name: string, request: Request, answers: ReadonlyMap<string, z.ZodType>): Promise<void> {
    const response = await app.inject(request);
    const { statusCode, headers } = response;
    expect(statusCode, response.body).to.be.below(500);
    met.get(name)!.add(statusCode);
    const schema = answers.get(`${statusCode}`) ?? answers.get(`${Math.floor(statusCode / 100)}XX`);
    expect(schema, `status ${statusCode} is undocumented`).not.to.be.undefined;
    if (!String(headers["content-type"]).includes("json")) return;
    const body: unknown = response.json();
    const { error } = schema!.safeParse(body);
    expect(error, `${request.url}: ${response.body}`).to.be.undefined;
    if (statusCode >= 400) expect(ERRORS).to.have.property((body as { code: string }).code);
  }
});

/** The document's schemas of an operation's answers, by status. */
function answersOf({ responses }: Operation): ReadonlyMap<string, z.ZodType> {
  return new Map(
    Object.entries(responses).map(([status, { content = {} }]) => {
      const schema = content["application/json"]?.schema ?? {};
      return [status.toUpperCase(), z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema)];
    }),
  );
}
