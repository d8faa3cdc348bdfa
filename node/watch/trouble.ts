import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { RpcError } from "../l1/rpc.ts";
import type { Alarm, AlarmKind } from "./alarms.ts";

/** What the errors of following L1 mean to who watches. */
const KINDS: Partial<Record<ErrorCode, AlarmKind>> = {
  ROOT_MISMATCH: "root-mismatch",
  WORDS_MALFORMED: "root-mismatch",
  RPC_LOGS_MISSING: "node-inconsistent",
  RPC_INCONSISTENT: "node-inconsistent",
  REORG_TOO_DEEP: "node-inconsistent",
  NETWORK_UNREACHABLE: "blind",
  RPC_RATE_LIMITED: "blind",
  RPC_REFUSED: "blind",
  RPC_MALFORMED: "blind",
  RPC_BEHIND: "blind",
  BLOB_UNAVAILABLE: "blob-unavailable",
};

/** The alarm that an error is. Errors that are not L1's, such as of the store, are thrown on. */
export function alarmOf(error: unknown): Alarm {
  if (error instanceof RpcError) return { kind: "blind", message: error.message };
  const kind = error instanceof SheafError ? KINDS[error.code] : undefined;
  if (kind === undefined) throw error;
  const { code, message } = error as SheafError;
  return { kind, message: `${code}: ${message}` };
}
