import { concat, dataLength, Interface, sha256, ZeroHash, type Provider } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { MOST_GAS } from "../l1/gas-limit.ts";
import { reasonOf } from "../l1/reason.ts";
import { SheafError } from "../protocol/errors.ts";
import type { CostedStep } from "./cost.ts";

type Reader = Pick<Provider, "call" | "getCode">;

/** Instructions that Cancun brought: `TLOAD` and `MCOPY`, each with zeros; and nothing. */
const [CANCUN, NOTHING] = ["0x5f5c505f5f5f5e00", "0x00"];

/**
 * Requires that a chain has the instructions that the contracts are compiled to.
 *
 * @throws SheafError DEPLOY_CHAIN_TOO_OLD
 */
export async function requireCancun({ provider }: NetworkConnection<"l1">): Promise<void> {
  const run = (data: string) => provider.request({ method: "eth_call", params: [{ data }, "latest"] });
  const refusal: unknown = await run(CANCUN).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal === undefined) return;
  // A node that runs no code without an address says nothing about the chain.
  const runs = await run(NOTHING).then(
    () => true,
    () => false,
  );
  if (!runs) return;
  const what = "the chain has no transient storage (EIP-1153) or no memory copies (EIP-5656), which came with Cancun";
  throw new SheafError("DEPLOY_CHAIN_TOO_OLD", `${what}: ${reasonOf(refusal)}`, { cause: refusal });
}

/** The opening of the polynomial 0 at 0: its commitment and its proof are the point at infinity, compressed. */
function openingOfNothing(): string {
  const infinity = `0xc0${"00".repeat(47)}`;
  return concat([`0x01${sha256(infinity).slice(4)}`, ZeroHash, ZeroHash, infinity, infinity]);
}

/**
 * Requires that a chain takes transactions with blobs, and opens them (EIP-4844).
 *
 * @throws SheafError DEPLOY_CHAIN_TOO_OLD
 */
export async function requireBlobs({ provider }: NetworkConnection<"l1">): Promise<void> {
  const call = { to: "0x000000000000000000000000000000000000000a", data: openingOfNothing() };
  const why = await provider.request({ method: "eth_call", params: [call, "latest"] }).then(
    (result) => (dataLength(String(result)) === 64 ? undefined : "it opens no blob"),
    (error: unknown) => reasonOf(error),
  );
  const price = await provider.request({ method: "eth_blobBaseFee", params: [] }).catch(() => undefined);
  if (why === undefined && price !== undefined) return;
  const what = "the chain has no blobs (EIP-4844), or its node does not know their price";
  throw new SheafError("DEPLOY_CHAIN_TOO_OLD", `${what}${why === undefined ? "" : `: ${why}`}`);
}

/** Deploys 12,000 bytes of nothing, which is more than `MOST_GAS` where a byte costs 1,530. */
const LARGE = "0x612ee05ff3";

/**
 * Requires that a node takes transactions above EIP-7825's cap, if one of a deployment's is: it is not a cap on the gas of
 * new state where that is counted by itself (EIP-8037), but not every node knows.
 *
 * @throws SheafError DEPLOY_GAS_CAPPED
 */
export async function requireRoom(node: Pick<Provider, "estimateGas">, steps: readonly CostedStep[]): Promise<void> {
  const largest = steps.toSorted((a, b) => b.gas - a.gas)[0];
  if (largest === undefined || largest.gas <= MOST_GAS) return;
  try {
    await node.estimateGas({ data: LARGE });
  } catch (cause) {
    const [needed, cap] = [largest.gas, MOST_GAS].map((gas) => gas.toLocaleString("en"));
    const why = `${largest.name} takes about ${needed} gas by this chain's rules, and the node takes no more than ${cap}`;
    throw new SheafError("DEPLOY_GAS_CAPPED", `${why}: ${reasonOf(cause)}`, { cause });
  }
}

const ERC20 = new Interface([
  "function balanceOf(address) view returns (uint256)",
  "function totalSupply() view returns (uint256)",
]);

/**
 * Requires that each address is a token: a contract that answers as one.
 *
 * @throws SheafError DEPLOY_TOKEN_INVALID
 */
export async function requireTokens(reader: Reader, tokens: readonly string[], holder: string): Promise<void> {
  const invalid = (token: string, why: string) => new SheafError("DEPLOY_TOKEN_INVALID", `token ${token} ${why}`);
  for (const [place, to] of tokens.entries()) {
    if (tokens.indexOf(to) < place) throw invalid(to, "is named twice");
    if ((await reader.getCode(to)) === "0x") throw invalid(to, "is not a contract on this chain");
    const answers = ([name, args]: [string, unknown[]]) =>
      reader
        .call({ to, data: ERC20.encodeFunctionData(name, args) })
        .then((answer) => ERC20.decodeFunctionResult(name, answer).length === 1);
    for (const call of [
      ["balanceOf", [holder]],
      ["totalSupply", []],
    ] as [string, unknown[]][]) {
      if (!(await answers(call).catch(() => false)))
        throw invalid(to, `does not answer ${call[0]}: it is not an ERC-20 token`);
    }
  }
}
