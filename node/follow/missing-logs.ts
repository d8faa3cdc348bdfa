import { SheafError } from "../../protocol/errors.ts";

/** Logs that must be there were not among those that the node gave. */
export class MissingLogs extends SheafError {
  /** They are to be found after this block. */
  readonly since: number;

  constructor(message: string, since: number) {
    super("RPC_LOGS_MISSING", message);
    this.since = since;
  }
}
