import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import fastify, { type FastifyInstance } from "fastify";
import { mountExplorer } from "../../../node/http/explorer.ts";

describe("explorer's files", () => {
  let app: FastifyInstance;
  let assets: readonly string[];
  before(async () => {
    app = fastify();
    await mountExplorer(app);
    const { body } = await app.inject("/");
    assets = [...body.matchAll(/"(\/[^"]+)"/g)].map(([, path]) => path!);
  });
  after(() => app.close());

  it("are named by the page, and by their content", async () => {
    const { headers, body } = await app.inject("/");
    expect(headers).to.include({ "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" });
    expect(body).not.to.match(/<script>|<style|style=|onload=/);
    expect(assets).to.have.length(3);
    for (const path of assets) {
      expect(path).to.match(/^\/assets\/[a-z]+-[0-9A-Z]{8}\.(js|css|svg)$/);
      const { statusCode, headers } = await app.inject(path);
      expect(statusCode).to.equal(200);
      expect(headers["cache-control"]).to.include("immutable");
      expect(headers).to.include({ "x-content-type-options": "nosniff", vary: "accept-encoding" });
    }
  });

  it("are the same when they are compressed", async () => {
    for (const url of ["/", ...assets]) {
      const plain = await app.inject({ url });
      const gzipped = await app.inject({ url, headers: { "accept-encoding": "br, gzip" } });
      expect(gzipped.headers["content-encoding"]).to.equal("gzip");
      expect(gunzipSync(gzipped.rawPayload).equals(plain.rawPayload), url).to.equal(true);
    }
  });

  it("hold Poseidon's constants apart from the page", async () => {
    const script = await app.inject(assets.find((path) => path.endsWith(".js"))!);
    expect(script.rawPayload.length).to.be.below(400_000);
    const [, proof] = /import\("\.\/(proof-\w+\.js)"\)/.exec(script.body)!;
    expect((await app.inject(`/assets/${proof}`)).rawPayload.length).to.be.above(300_000);
  });
});
