import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build, stop } from "esbuild";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ROOT } from "../../lib/root.ts";

const WEB = join(ROOT, "web");
const ASSETS = "/assets/";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The page asks nobody but this node for anything. Poseidon is WebAssembly; nothing else is compiled in the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  ...["style-src", "img-src", "connect-src"].map((directive) => `${directive} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((directive) => `${directive} 'none'`),
].join("; ");

/** A file of the explorer as it is sent. */
interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
  readonly gzipped: Uint8Array;
}

/** Serves the explorer at `/`. It is bundled now, from the sources: there is no build that could be out of date. */
export async function mountExplorer(app: FastifyInstance): Promise<void> {
  const { page, assets } = await bundle();
  app.get("/", { schema: { hide: true } }, (request, reply) => {
    void reply.headers({ "cache-control": "no-cache", "content-security-policy": POLICY });
    return send(request, reply, page);
  });
  for (const [name, asset] of assets) {
    app.get(`${ASSETS}${name}`, { schema: { hide: true } }, (request, reply) => {
      // The name has a hash of the content.
      void reply.header("cache-control", "public, max-age=31536000, immutable");
      return send(request, reply, asset);
    });
  }
}

function send({ headers }: FastifyRequest, reply: FastifyReply, { type, body, gzipped }: Asset): FastifyReply {
  const takesGzip = /\bgzip\b/.test(headers["accept-encoding"] ?? "");
  void reply.headers({
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  if (takesGzip) void reply.header("content-encoding", "gzip");
  return reply.type(type).send(takesGzip ? gzipped : body);
}

/** The page, which names its assets, and these by name. */
async function bundle(): Promise<{ page: Asset; assets: ReadonlyMap<string, Asset> }> {
  const { outputFiles } = await build({
    entryPoints: ["main.tsx", "main.css", "icon.svg"],
    absWorkingDir: WEB,
    outdir: "assets",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    loader: { ".svg": "copy" },
    ...{ bundle: true, splitting: true, minify: true, write: false, format: "esm", target: "es2022" },
  });
  await stop();
  const assets = new Map<string, Asset>();
  for (const { path, contents } of outputFiles) assets.set(basename(path), await assetOf(path, contents));

  const template = await readFile(join(WEB, "index.html"), "utf8");
  const html = template.replace(/\{(\w+)(\.\w+)\}/g, (_, entry: string, extension: string) => {
    const isEntry = (name: string): boolean => name.startsWith(`${entry}-`) && extname(name) === extension;
    return `${ASSETS}${[...assets.keys()].find(isEntry)}`;
  });
  return { page: await assetOf("index.html", new TextEncoder().encode(html)), assets };
}

async function assetOf(path: string, body: Uint8Array): Promise<Asset> {
  return { type: TYPES[extname(path)]!, body: Buffer.from(body), gzipped: await promisify(gzip)(body) };
}
