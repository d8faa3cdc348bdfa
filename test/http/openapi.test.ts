import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { pino } from "pino";
import { withoutReferences, withUsedSchemas, type OpenApi, type Schema } from "../../http/openapi.ts";
import { nodeOpenApi } from "../../node/http/routes.ts";
import type { Coordinator } from "../../prover/service/coordinator.ts";
import { DEFAULT_LIMITS, makeServer, proverOpenApi } from "../../prover/service/server.ts";
import { newFolder } from "../support/folders.ts";

const LINTER = resolve(import.meta.dirname, "../../scripts/test/lint-apis.ts");

for (const [service, describeIt] of Object.entries({ node: nodeOpenApi, "prover service": proverOpenApi })) {
  describe(`OpenAPI document of the ${service}`, () => {
    let document: OpenApi;

    before(async () => {
      document = await describeIt();
    });

    it("says where its server is", () => {
      expect(document.servers).to.deep.equal([{ url: "/" }]);
    });

    it("has an id of its own, a tag and a summary for every operation", () => {
      const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
      expect(operations.length).to.be.greaterThan(10);
      for (const { operationId, tags, summary } of operations) {
        expect(operationId, summary)
          .to.be.a("string")
          .and.match(/^[a-z][A-Za-z0-9]+$/);
        expect(tags, operationId).to.have.length(1);
        expect(summary, operationId).to.be.a("string").and.not.be.empty;
      }
      const ids = operations.map(({ operationId }) => operationId);
      expect(new Set(ids).size).to.equal(ids.length);
    });

    it("has a name for the schema of every JSON body, or of its items", () => {
      const bodies: [string, Schema][] = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { requestBody, responses }]) =>
          [requestBody, ...Object.values(responses)].flatMap((body): [string, Schema][] => {
            const json = body?.content?.["application/json"];
            return json === undefined ? [] : [[`${method} ${path}`, json.schema]];
          }),
        ),
      );
      expect(bodies.length).to.be.greaterThan(20);
      for (const [name, schema] of bodies) {
        const { $ref } = schema.type === "array" ? schema.items! : schema;
        expect($ref, name).to.match(/^#\/components\/schemas\/\w+$/);
        expect(document.components!.schemas, name).to.have.property($ref!.split("/").at(-1)!);
      }
    });

    it("names no schema that it does not use", () => {
      expect(withUsedSchemas(document)).to.deep.equal(document);
      expect(JSON.stringify(withoutReferences(document).paths)).not.to.include("$ref");
    });
  });
}

describe("OpenAPI document of a prover service with a token", () => {
  it("asks for it everywhere but at /health", async () => {
    const options = { ...DEFAULT_LIMITS, log: pino({ level: "silent" }), token: "secret" };
    const app = await makeServer({} as Coordinator, { ...options, checkHealth: () => Promise.reject(new Error()) });
    await app.ready();
    const document = app.swagger() as unknown as OpenApi & { readonly security: unknown; readonly components: object };
    await app.close();
    expect(document.security).to.deep.equal([{ token: [] }]);
    expect(document.components)
      .to.have.property("securitySchemes")
      .deep.equal({ token: { type: "http", scheme: "bearer" } });
    const open = Object.entries(document.paths).filter(([, methods]) =>
      Object.values(methods).some((operation) => "security" in operation),
    );
    expect(open.map(([path]) => path)).to.deep.equal(["/health"]);
  });
});

describe("lint of OpenAPI documents", () => {
  it("finds nothing in the services' own", async () => {
    expect(await lint()).to.include({ code: 0 });
  });

  it("fails for each document with a fault, and says which", async () => {
    const document = await nodeOpenApi();
    const { get } = document.paths["/state"]!;
    const withState = (operation: object): object => ({
      ...document,
      paths: { ...document.paths, "/state": { get: operation } },
    });
    const faults = {
      "operation-operationId": withState({ ...get, operationId: undefined }),
      "operation-operationId-unique": withState({ ...get, operationId: "fees" }),
      "operation-summary": withState({ ...get, summary: undefined }),
      "operation-2xx-response": withState({ ...get, responses: {} }),
      "no-unresolved-refs": { ...document, components: {} },
      "no-empty-servers": { ...document, servers: [] },
    };
    const folder = newFolder();
    const file = (rule: string): string => join(folder, `${rule}.json`);
    for (const [rule, faulty] of Object.entries(faults)) await writeFile(file(rule), JSON.stringify(faulty));
    const { code, output } = await lint(...Object.keys(faults).map(file));
    expect(code).to.equal(1);
    for (const rule of Object.keys(faults)) expect(output).to.match(new RegExp(`error +${rule} `));
  });

  async function lint(...files: string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, [LINTER, ...files], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((done) => child.on("close", done));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, output: stdout + stderr };
  }
});
