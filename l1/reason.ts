/**
 * What an error of a provider or signer says, without the request and the bytes that ethers adds to it: the node's own words
 * where ethers has none ("could not coalesce error").
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, shortMessage = error.message } = error as { code?: unknown; shortMessage?: string };
  const said = code === "UNKNOWN_ERROR" || code === "SERVER_ERROR" ? wordsIn(error) : undefined;
  const hidden =
    error.cause instanceof Error && /^fetch failed$/i.test(error.message) ? error.cause.message : undefined;
  return (said ?? hidden ?? shortMessage).split("\n")[0]!;
}

/** The message of the node's answer, in the places where ethers keeps it. */
function wordsIn(error: object): string | undefined {
  const { info, error: inner } = error as { info?: unknown; error?: unknown };
  for (const holder of [inner, info, (info as { error?: unknown } | undefined)?.error]) {
    const { message, responseBody } = (holder ?? {}) as { message?: unknown; responseBody?: unknown };
    if (typeof message === "string" && message !== "") return message;
    if (typeof responseBody === "string" && responseBody !== "")
      return `${shortOf(error)}: ${responseBody.slice(0, 200)}`;
  }
  return undefined;
}

const shortOf = (error: object): string => (error as { shortMessage?: string }).shortMessage ?? "";
