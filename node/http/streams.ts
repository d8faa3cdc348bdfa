import type { FastifyReply } from "fastify";
import { z } from "zod";
import { events, type NodeEvent, type Transaction } from "../../api/schemas.ts";
import { EventSender } from "../../http/event-sender.ts";
import type { Live } from "./live.ts";
import type { StateView } from "./state.ts";

/** Sends the state, then everything that happens, until the client has gone. */
export async function streamAll(reply: FastifyReply, live: Live, state: StateView): Promise<void> {
  const sender = new EventSender(reply);
  send(sender, { type: "state", data: state.now() });
  const end = live.listen((event) => send(sender, event));
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
  const show = (data: Transaction): void => {
    send(sender, { type: "transaction", data });
    if (data.status === "verified" || data.status === "rejected") sender.end();
  };
  const end = live.listen(({ type, data }) => type === "transaction" && data.id === id && show(data));
  show(look());
  await sender.closed;
  end();
}

function send(sender: EventSender, { type, data }: NodeEvent): void {
  sender.send(type, JSON.stringify(z.encode(events[type] as z.ZodType, data)));
}
