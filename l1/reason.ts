/** What an error of a provider or signer says, without the request and the bytes that ethers adds to it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ((error as { shortMessage?: string }).shortMessage ?? error.message).split("\n")[0]!;
}
