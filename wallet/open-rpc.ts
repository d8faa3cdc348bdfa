import { FetchRequest, JsonRpcProvider, toUtf8String, type FetchResponse, type Provider } from "ethers";
import { passing, requestedPause, type NodeError } from "../l1/node-errors.ts";

/** How often a node is asked that has no time, and milliseconds that the pauses between grow from. */
const THROTTLE = { maxAttempts: 8, slotInterval: 250 };
/** Milliseconds that a node may ask to wait. */
const LONGEST_PAUSE = 60_000;

/**
 * An L1 node by its URL. It asks nothing by itself, and one thing at a time: not every L1 node answers several at once. A
 * call is made again that a node refuses for the moment, in whatever way it says so: ethers knows HTTP's alone.
 */
export function openRpc(url: string, chainId: number): Provider {
  const request = new FetchRequest(url);
  request.setThrottleParams(THROTTLE);
  request.processFunc = (asked, response) => Promise.resolve(patient(asked, response));
  return new JsonRpcProvider(request, chainId, { staticNetwork: true, batchMaxCount: 1 });
}

/** Throws what makes ethers try again. */
function patient(asked: FetchRequest, response: FetchResponse): FetchResponse {
  const { method } = JSON.parse(toUtf8String(asked.body!)) as { readonly method: string };
  const error = errorIn(response);
  if (error === undefined || passing(method, error) === undefined) return response;
  const pause = Math.ceil(requestedPause(response.headers["retry-after"] ?? null, error));
  if (pause > LONGEST_PAUSE) return response;
  return response.throwThrottleError(error.message, pause === 0 ? undefined : pause);
}

function errorIn(response: FetchResponse): NodeError | undefined {
  try {
    const { error } = response.bodyJson as { readonly error?: Partial<NodeError> };
    return typeof error?.message === "string"
      ? { ...error, code: Number(error.code), message: error.message }
      : undefined;
  } catch {
    return undefined;
  }
}
