import type { Duplex } from "node:stream";
import type { FastifyError } from "fastify";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";

/** Status of each error that is not a request's own fault (422: it was understood, and cannot be). */
const STATUS: Partial<Record<ErrorCode, number>> = {
  FIELD_INVALID: 400,
  JSON_MALFORMED: 400,
  WITNESS_MALFORMED: 400,
  UNAUTHORIZED: 401,
  OPENING_UNPAID: 402,
  ACCOUNT_NOT_FOUND: 404,
  ARTIFACT_UNKNOWN: 404,
  BATCH_UNKNOWN: 404,
  BLOB_UNKNOWN: 404,
  STATE_UNKNOWN: 404,
  BLOB_UNAVAILABLE: 404,
  JOB_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  TRANSACTION_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  JOB_UNFINISHED: 409,
  ROLLUP_FROZEN: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  ACCOUNT_BUSY: 429,
  MEMPOOL_FULL: 429,
  EARLY_FULL: 429,
  RATE_LIMITED: 429,
  SERVICE_BUSY: 429,
  UNEXPECTED: 500,
  // A server that this service needs is away, and the same request may succeed later.
  NETWORK_UNREACHABLE: 503,
  QUEUE_UNREACHABLE: 503,
  RPC_BEHIND: 503,
  RPC_INCONSISTENT: 503,
  RPC_MALFORMED: 503,
  RPC_RATE_LIMITED: 503,
  RPC_REFUSED: 503,
  STORE_BUSY: 503,
  STORE_CORRUPT: 503,
  FILE_UNWRITABLE: 507,
};

export const statusOf = ({ code }: SheafError): number => STATUS[code] ?? 422;

/** An error as a response may tell it: coded, without anything of the machine that it happened on. */
export function failureOf(error: unknown, requestId: string): SheafError {
  if (error instanceof SheafError) return error;
  const { code, statusCode, message } = error as FastifyError;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new SheafError("BODY_TOO_LARGE", "the body is too large");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return new SheafError("MEDIA_TYPE_UNSUPPORTED", message);
  if (code === "FST_ERR_CTP_EMPTY_JSON_BODY") return new SheafError("JSON_MALFORMED", "the body is empty");
  if (code === "FST_ERR_CTP_INVALID_JSON_BODY" || error instanceof SyntaxError)
    return new SheafError("JSON_MALFORMED", `the body is no JSON: ${message}`);
  // A broken path, header or length: Fastify's own messages about the request.
  if (statusCode !== undefined && statusCode < 500) return new SheafError("FIELD_INVALID", message);
  return new SheafError("UNEXPECTED", `the service failed; its log says why under ${requestId}`);
}

/** The answer to what is not HTTP: the library's own, which would have no code, is not sent. */
export function answerClientError({ code }: Error & { readonly code?: string }, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return answerRaw(
      socket,
      "408 Request Timeout",
      new SheafError("FIELD_INVALID", "the request took too long to come in"),
    );
  }
  const status = code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  answerRaw(socket, status, new SheafError("FIELD_INVALID", `the request is no HTTP: ${code ?? "malformed"}`));
}

/** Answers on a connection of which no request is known, and ends it. */
export function answerRaw(socket: Duplex, status: string, { code, message, fix }: SheafError): void {
  const body = JSON.stringify({ code, message, fix });
  const head = ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`, "connection: close"];
  socket.end(`HTTP/1.1 ${status}\r\n${head.join("\r\n")}\r\n\r\n${body}`);
}
