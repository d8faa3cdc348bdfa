import { SheafError } from "../../protocol/errors.ts";
import { RpcError, type Rpc } from "../l1/rpc.ts";

/**
 * Nodes' words where a contract, not the node, does not answer: as one that lacks the method, old ones by a wrong opcode.
 */
const IS_CONTRACTS = /revert|opcode|jump|out of gas|stack (under|over)flow|vm (execution|exception)/i;

/** What a method of any contract returns; "0x" if it does not have it. Throws as `Rpc` does, and `RPC_REFUSED`. */
export async function callContract(rpc: Rpc, to: string, data: string): Promise<string> {
  try {
    return String(await rpc("eth_call", [{ to, data }, "latest"]));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (IS_CONTRACTS.test(error.message)) return "0x";
    // For once the node has no answer, which is neither to be guessed nor remembered.
    throw new SheafError("RPC_REFUSED", `the node refuses a call of ${to}: ${error.message}`, { cause: error });
  }
}
