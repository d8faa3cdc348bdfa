import type { FastifyReply } from "fastify";
import type { Transaction } from "../../api/schemas.ts";
import { EventSender } from "../../http/event-sender.ts";
import { textOf, type Live } from "./live.ts";
import type { StateView } from "./state.ts";

/** Sends the state, then everything that happens, until the client has gone. */
export async function streamAll(reply: FastifyReply, live: Live, state: StateView): Promise<void> {
  const sender = new EventSender(reply);
  const data = await state.now();
  sender.send("state", textOf({ type: "state", data }));
  const end = live.listen(({ type }, text) => sender.send(type, text));
  await sender.closed;
  end();
}

/**
 * Sends a transaction as it is and as it changes, until it is verified or rejected, or the client has gone.
 *
 * @param look throws if there is no such transaction
 */
export async function streamTransaction(reply: FastifyReply, live: Live, look: () => Transaction): Promise<void> {
  const { id } = look();
  const sender = new EventSender(reply);
  const show = (data: Transaction, text = textOf({ type: "transaction", data })): void => {
    sender.send("transaction", text);
    if (data.status === "verified" || data.status === "rejected") sender.end();
  };
  const end = live.listen(({ type, data }, text) => type === "transaction" && data.id === id && show(data, text));
  show(look());
  await sender.closed;
  end();
}
