/** What an error of a provider or signer says, in one line: ethers adds whole requests to it. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.split("\n")[0]! : String(error);
