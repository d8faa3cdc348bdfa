import { SheafError } from "../protocol/errors.ts";
import type { Sent } from "./sent.ts";

/** The node refused a payment of a list, after it took those before it. */
export class PaymentsInterrupted extends SheafError {
  /** The payments that it took, in their order. */
  readonly sent: readonly Sent[];

  constructor(reason: SheafError, sent: readonly Sent[]) {
    super(reason.code, `payment ${sent.length + 1}, after ${sent.length} that were sent: ${reason.message}`, {
      cause: reason,
    });
    this.sent = sent;
  }
}
