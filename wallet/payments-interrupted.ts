import { SheafError } from "../protocol/errors.ts";
import type { Sent } from "./sent.ts";

/** Not all of what was asked for was sent. Its code is that of the reason. */
export class PaymentsInterrupted extends SheafError {
  /** What the node took, in its order: those that come after it have not been paid. */
  readonly sent: readonly Sent[];
  /**
   * The one after those, if no answer came: the node may have taken it. `look()` tells, once the node answers again: with
   * TRANSACTION_UNKNOWN that it did not.
   */
  readonly unanswered: Sent | undefined;

  constructor(reason: SheafError, sent: readonly Sent[], unanswered?: Sent) {
    const which = sent.length === 0 ? "" : `payment ${sent.length + 1}, after ${sent.length} that were sent: `;
    const doubt = unanswered && `; it may have been taken: look at ${unanswered.id} before it is sent anew`;
    super(reason.code, `${which}${reason.message}${doubt ?? ""}`, { cause: reason });
    this.sent = sent;
    this.unanswered = unanswered;
  }
}
