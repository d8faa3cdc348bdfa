import { RpcError } from "../../node/l1/rpc.ts";
import { Chance } from "./chance.ts";

export interface Answer {
  readonly result?: unknown;
  readonly error?: RpcError;
}

/** Every request that a node makes of L1's. */
export const METHODS = [
  ...["eth_chainId", "eth_getBlockByNumber", "eth_getLogs", "eth_call", "eth_getTransactionByHash"],
  ...["eth_getTransactionByBlockHashAndIndex", "eth_getTransactionReceipt", "eth_getTransactionCount"],
  ...["eth_sendRawTransaction", "eth_estimateGas", "eth_maxPriorityFeePerGas"],
];

/** Errors that nodes answer with. */
const ERRORS: readonly (readonly [number, string])[] = [
  ...([
    [-32000, "header not found"],
    [-32603, "internal error"],
    [3, "execution reverted"],
  ] as const),
  ...([
    [-32000, "nonce too low"],
    [-32000, "replacement transaction underpriced"],
    [-32601, "no such method"],
  ] as const),
  ...([
    [-32000, "insufficient funds for gas * price + value"],
    [-32000, "already known"],
  ] as const),
];

/** A false answer in place of a true one: of the right shape mostly, and wrong in one thing. */
export function falsified(method: string, { result, error }: Answer, seed: string): Answer {
  const chance = new Chance(seed);
  if (error !== undefined) return { result: method === "eth_sendRawTransaction" ? randomHash(chance) : "0x" };
  if (chance.happens(0.15)) {
    const [code, message] = chance.pick(ERRORS);
    return { error: new RpcError(code, message) };
  }
  if (result === null || chance.happens(0.1)) return { result: invented(method, result, chance) };
  return { result: bent(result, chance) };
}

/** Something where nothing is, or nothing where something is. */
function invented(method: string, result: unknown, chance: Chance): unknown {
  if (result !== null) return Array.isArray(result) ? [] : typeof result === "string" ? "0x0" : null;
  if (method !== "eth_getTransactionReceipt") return result;
  return {
    ...{ transactionHash: randomHash(chance), from: `0x${"11".repeat(20)}`, status: chance.pick(["0x0", "0x1"]) },
    ...{ blockNumber: chance.pick(["0x1", "0xfffff", "0x40"]), blockHash: randomHash(chance) },
    ...{ gasUsed: "0x50000", effectiveGasPrice: "0x5" },
  };
}

/** The same with one leaf that is another. */
function bent(value: unknown, chance: Chance): unknown {
  if (typeof value === "string") return bentText(value, chance);
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) {
    if (value.length === 0) return value;
    const place = chance.below(value.length);
    if (chance.happens(0.5)) return value.toSpliced(place, 1);
    return value.with(place, bent(value[place], chance));
  }
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value);
  const name = chance.pick(names);
  return { ...value, [name]: bent((value as Record<string, unknown>)[name], chance) };
}

function bentText(text: string, chance: Chance): string {
  if (!/^0x[0-9a-f]*$/i.test(text)) return text;
  // A number: one more, one less, much more, none.
  if (text.length < 20) {
    const number = BigInt(text === "0x" ? 0 : text);
    const others = [number + 1n, number - 1n, number + 3_600n, number + 86_400n, number * 2n, number + 1_000_000n, 0n];
    const other = chance.pick(others);
    return `0x${(other < 0n ? 0n : other).toString(16)}`;
  }
  const place = chance.happens(0.5) ? text.length - 1 - chance.below(4) : 2 + chance.below(text.length - 2);
  const digit = (parseInt(text[place]!, 16) ^ (1 << chance.below(4))).toString(16);
  return `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
}

const randomHash = (chance: Chance): string =>
  `0x${Array.from({ length: 64 }, () => chance.below(16).toString(16)).join("")}`;
