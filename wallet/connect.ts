import type { Provider, Signer } from "ethers";
import { NodeClient } from "../api/client.ts";
import type { OnSent } from "../l1/send.ts";
import type { SentMemory } from "../l1/unconfirmed.ts";
import { domainOf } from "../protocol/challenge.ts";
import { requireVersionOf } from "../protocol/versions.ts";
import { LOCAL_CHAIN_IDS } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import { chainOf, L1Rollup } from "./l1-rollup.ts";
import { openRpc } from "./open-rpc.ts";
import type { RollupPlace } from "./signed-secret.ts";

/** What an ether is worth in base units of tokens, by their ids or addresses. */
export type TokenPrices = Readonly<Record<string, bigint>>;

export interface ConnectOptions extends Partial<RollupPlace> {
  /** URL of a node's HTTP API. */
  readonly node: string | URL;
  /** L1: a JSON-RPC URL or a provider. With it, what the node says of a receiver is checked against the contract. */
  readonly rpc?: string | Provider;
  /** Pays on L1. Default: the account that the wallet was made from. */
  readonly signer?: Signer;
  /** Told of the hash of each transaction on L1, which is then waited for. */
  readonly onSent?: (hash: string) => void;
  /** Where transactions on L1 are noted until they are mined, for the next try. Default: for as long as this process. */
  readonly memory?: SentMemory;
  /** With them, fees in tokens are bounded by what L1 costs, as those in ether are. */
  readonly prices?: TokenPrices;
}

/** Where a wallet sends what it signs. */
export interface Connection {
  readonly node: NodeClient;
  /** What signatures are bound to: computed here, not the node's word. */
  readonly domain: bigint;
  /** The block whose state is relied on: chains for development have blocks when somebody wants one, and no other ever. */
  readonly finality: "latest" | "finalized";
  /** If L1 can be asked. */
  readonly l1: L1Rollup | undefined;
  /** What an ether is worth in base units of tokens, by the owner's word. */
  readonly prices: TokenPrices;
}

/**
 * Connects to a node, and sees that its rollup is the one that is meant.
 *
 * @throws SheafError NODE_MISMATCH, PROTOCOL_VERSION_WRONG, NETWORK_UNREACHABLE
 */
export async function connect(
  { node: url, rpc, onSent, memory, prices = {}, ...meant }: ConnectOptions,
  signer?: Signer,
): Promise<Connection> {
  const node = new NodeClient(url);
  const { chainId, rollup, domain: claimed } = await node.config();
  requireSame("chain", meant.chainId ?? chainId, chainId);
  const [wanted, run] = [meant.rollup ?? rollup, rollup].map((address) => l1AddressOf("the rollup", address));
  requireSame("rollup", wanted, run);
  const domain = domainOf(BigInt(chainId), BigInt(rollup));
  requireVersionOf(claimed, BigInt(chainId), BigInt(rollup));
  requireSame("domain", domain, claimed);

  const finality = LOCAL_CHAIN_IDS.includes(chainId) ? "latest" : "finalized";
  const l1Node = rpc ?? signer?.provider ?? undefined;
  if (l1Node === undefined) return { node, domain, finality, l1: undefined, prices };
  const l1 = await connectL1({ rpc: l1Node, chainId, rollup }, signer, onSent, memory);
  return { node, domain, finality, l1, prices };
}

/**
 * The rollup's contract on L1, without any node of the rollup.
 *
 * @throws SheafError NODE_MISMATCH, PROTOCOL_VERSION_WRONG, NETWORK_UNREACHABLE
 */
export async function connectL1(
  { rpc, chainId, rollup }: { readonly rpc: string | Provider } & RollupPlace,
  signer?: Signer,
  onSent?: OnSent,
  memory?: SentMemory,
): Promise<L1Rollup> {
  const provider = typeof rpc === "string" ? openRpc(rpc, Number(chainId)) : rpc;
  const payer = signer?.provider == null ? signer?.connect(provider) : signer;
  const l1 = new L1Rollup(rollup, provider, payer, onSent, memory);
  // It holds the chain's id and the contract's address.
  const expected = domainOf(BigInt(chainId), BigInt(rollup));
  const found: unknown = await l1.domain().catch((error: unknown) => error);
  if (found === expected) return l1;
  if (typeof found === "bigint") requireVersionOf(found, BigInt(chainId), BigInt(rollup));
  const isMismatch = !(found instanceof Error) || (found instanceof SheafError && found.code === "NODE_MISMATCH");
  if (!isMismatch) throw found;
  // The commonest reason, and what is to be done about it, in place of what follows from it.
  const chain = await chainOf(provider);
  if (chain !== BigInt(chainId)) {
    throw new SheafError("NODE_MISMATCH", `the rollup is on chain ${chainId}; the L1 node's chain is ${chain}`);
  }
  if (found instanceof Error) throw found;
  throw new SheafError("NODE_MISMATCH", `the rollup's domain on L1 is ${String(found)}, not ${expected}`);
}

function requireSame(what: string, expected: unknown, actual: unknown): void {
  if (String(expected) === String(actual)) return;
  throw new SheafError("NODE_MISMATCH", `the ${what} should be ${expected}; the node's is ${actual}`);
}
