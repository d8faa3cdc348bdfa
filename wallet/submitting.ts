import type { NodeClient, SignedOperation } from "../api/client.ts";
import { sleep } from "../lib/sleep.ts";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";
import { PaymentsInterrupted } from "./payments-interrupted.ts";
import { retried } from "./retry.ts";
import { Sent, TIMEOUT_MS } from "./sent.ts";

/** A signed operation, and the id that it has everywhere. */
export interface Signed {
  readonly operation: SignedOperation;
  readonly id: string;
}

/** What may pass by itself, soon: then the same operation is submitted again, which the node takes in once. */
export const MAY_PASS: readonly ErrorCode[] = ["SERVICE_UNREACHABLE", "SERVICE_BUSY", "RATE_LIMITED"];
/** The node took nothing in: it has no room until the next batch. */
const FULL: readonly ErrorCode[] = ["ACCOUNT_BUSY", "MEMPOOL_FULL"];
const AGAIN_MS = 2_000;

/**
 * Submits operations, each once the node has taken the one before it.
 *
 * @param sign the operation at a place; where it waits for room it is signed again, for its time may run out
 * @param isPatient whether to wait for room, up to half an hour for each
 * @param replaces id of what is not due, in whose place the first one comes
 * @throws SheafError the node's code if it refuses the first one, whose nonce is free again; in other cases
 * `PaymentsInterrupted`
 */
export async function submitAll(
  node: NodeClient,
  count: number,
  sign: (place: number, isAgain: boolean) => Promise<Signed>,
  isPatient: boolean,
  replaces?: string,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  let fullSince: number | undefined;
  while (sent.length < count) {
    try {
      sent.push(await submit(node, await sign(sent.length, fullSince !== undefined), replaces));
      fullSince = undefined;
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      fullSince ??= performance.now();
      const mayWait = isPatient && FULL.includes(error.code) && performance.now() - fullSince < TIMEOUT_MS;
      if (!mayWait) throw interruption(error, sent);
      await sleep(AGAIN_MS);
    }
  }
  return sent;
}

async function submit(node: NodeClient, { operation, id }: Signed, replaces: string | undefined): Promise<Sent> {
  const { amount, fee } = operation;
  const sent = new Sent(node, id, { fee, total: amount + fee });
  let isUnanswered = false;
  const note = ({ code }: SheafError): void => void (isUnanswered ||= code === "SERVICE_UNREACHABLE");
  try {
    const { known } = await retried(() => node.submit(operation, replaces), MAY_PASS, note);
    // Unless an earlier try got through: another wallet with this key signed the very same.
    if (known === true && !isUnanswered) {
      throw new SheafError("OPERATION_KNOWN", `the node had ${id} already: nothing was paid now`);
    }
    return sent;
  } catch (error) {
    const isOpen = error instanceof SheafError && MAY_PASS.includes(error.code);
    throw isOpen && isUnanswered ? new Unanswered(error, sent) : error;
  }
}

/** The node may have taken an operation, or not. */
class Unanswered extends SheafError {
  readonly sent: Sent;

  constructor(reason: SheafError, sent: Sent) {
    super(reason.code, reason.message, { cause: reason });
    this.sent = sent;
  }
}

function interruption(reason: SheafError, sent: readonly Sent[]): SheafError {
  const unanswered = reason instanceof Unanswered ? reason.sent : undefined;
  return sent.length > 0 || unanswered ? new PaymentsInterrupted(reason, sent, unanswered) : reason;
}
