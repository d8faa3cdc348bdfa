import { format, resolveConfig } from "prettier";
import { withoutReferences } from "../../http/openapi.ts";
import { nodeOpenApi } from "../../node/http/routes.ts";
import { proverOpenApi } from "../../prover/service/server.ts";
import { describeRoutes } from "./openapi.ts";

const FILE = "docs/api.md";

/** The text of `docs/api.md`: every route of node and prover service, from their OpenAPI documents. */
export async function apiReference(): Promise<string> {
  const [node, prover] = await Promise.all([nodeOpenApi(), proverOpenApi()]);
  const text = `# HTTP APIs

This page is generated from the OpenAPI documents by \`npm run generate\`; each service has its own at \`/openapi.json\`.
Typed clients are \`NodeClient\` (\`api/client.ts\`), in Node and in browsers, and \`ProverClient\` (\`sheaf/prover\`).

Numbers that can pass 2^53 are decimal strings: amounts, field elements, roots. Times are Unix seconds of L1, or milliseconds
where it says so. An error is \`{ code, message, fix }\`, with a status of its kind; codes are listed in
[troubleshooting.md](troubleshooting.md).

A list is \`{ items, next }\`. Ask again with \`next\` as \`before\` (lists that begin with the newest) or \`after\` for the next
page; after the last one \`next\` is null. A transaction's status is \`pending\`, \`batched\`, \`proven\`, then \`verified\`, or
\`rejected\` with a reason; a reorganisation of L1 can take it back to \`pending\`. What is pending and
good from a second on only says until when it is kept in \`waitsUntil\`, and in \`waitsBehind\` after which one it comes. What is
pending and no batch takes now says why in \`held\`; what L1 executed although it was rejected says so in \`rejectedBefore\`.

Events are server-sent. Their data: \`transaction\` as GET /transactions/{id}, \`batch\` as GET /batches/{number}, \`state\`
as GET /state, and \`progress\`, \`{ batch, phase, fraction }\`, of a batch's proof.

A client is an IPv4 address, or an IPv6 network of 64 bits; the node's \`/config\` says how many requests, connections and event
streams it may have. Whatever is asked counts, also what is not there (\`RATE_LIMITED\`). A connection too many, and a stream, is
answered \`SERVICE_BUSY\`; there is a bound for all clients together too. The requests of a connection are handled one after the
other, each when the answer before it has left. A connection on which no request comes is closed after 15 seconds at first,
and after 30 between two.

## Node

${describeRoutes(withoutReferences(node))}

## Prover service

${describeRoutes(withoutReferences(prover))}
`;
  return format(text, { ...(await resolveConfig(FILE)), parser: "markdown" });
}
