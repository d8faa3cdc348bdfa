/** One server-sent event: its name, and its data as text. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of server-sent events, of which each has one line of data (html.spec.whatwg.org, 9.2). */
export async function* parseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const data = fieldOf(block, "data");
        if (data !== undefined) yield { event: fieldOf(block, "event") ?? "message", data };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Not by a regular expression: it would end a line at U+2028 too, which JSON may hold. */
function fieldOf(block: string, name: string): string | undefined {
  const prefix = `${name}: `;
  const line = block.split("\n").find((line) => line.startsWith(prefix));
  return line?.slice(prefix.length);
}
