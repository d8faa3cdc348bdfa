import { Interface, isError, Transaction } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { reasonOf } from "./reason.ts";
import { isRevert } from "./revert.ts";

/** The contract that every chain of the OP Stack has from its first block on. */
export const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
const ORACLE = new Interface([
  "function getL1Fee(bytes unsignedTransaction) view returns (uint256)",
  "function getOperatorFee(uint256 gasUsed) view returns (uint256)",
]);

/** Numbers that an unsigned transaction has besides its calldata, as large as they come: some bytes too many. */
const ENVELOPE = { type: 2, chainId: 2n ** 32n, nonce: 2 ** 24, gasLimit: 2n ** 24n } as const;
const FEES = { maxFeePerGas: 2n ** 40n, maxPriorityFeePerGas: 2n ** 40n } as const;
/** Any address does, if its bytes compress as badly as others'. */
const SOMEBODY = "0x73ee318f000a1d9d0cd60bb513436609998a54b6";

/**
 * What a rollup that serves as L1 charges besides gas, and takes with it from the sender's balance: for a transaction's
 * bytes, which it brings to the chain below, and, since Isthmus, for its operator. Its gas price says nothing of either.
 */
export class DataFees {
  readonly #call: (to: string, data: string) => Promise<string>;
  readonly #to: string;
  #isFree = false;
  #first: Promise<string> | undefined;

  /**
   * @param call `eth_call` at the newest block
   * @param to whom the transactions call
   */
  constructor(call: (to: string, data: string) => Promise<string>, to = SOMEBODY) {
    this.#call = call;
    this.#to = to;
  }

  /** Whether the chain has no such charges, once it was asked: predeployed contracts do not come later. */
  get isFree(): boolean {
    return this.#isFree;
  }

  /**
   * Wei that a transaction costs besides its gas, were it sent now; 0 on a chain that has no such charges.
   *
   * @param gas that it uses; its limit, for what its sender must have
   * @throws SheafError RPC_INCONSISTENT if the oracle's place is taken by something else, and the codes of `call`
   */
  async of(calldata: string, gas: bigint | number): Promise<bigint> {
    return (await this.ofData(calldata)) + (await this.ofOperator(gas));
  }

  /** For its bytes alone. */
  async ofData(calldata: string): Promise<bigint> {
    if (this.#isFree) return 0n;
    const { unsignedSerialized } = Transaction.from({ ...ENVELOPE, ...FEES, to: this.#to, data: calldata });
    const answer = await this.#ask(ORACLE.encodeFunctionData("getL1Fee", [unsignedSerialized]));
    return answer === "0x" ? 0n : numberIn("getL1Fee", answer);
  }

  /** For the chain's operator alone. */
  async ofOperator(gas: bigint | number): Promise<bigint> {
    if (this.#isFree) return 0n;
    const answer = await this.#ask(ORACLE.encodeFunctionData("getOperatorFee", [gas])).catch((error: unknown) => {
      // Oracles from before Isthmus know of no such charge.
      if (hasReverted(error)) return undefined;
      throw error;
    });
    return answer === undefined || answer === "0x" ? 0n : numberIn("getOperatorFee", answer);
  }

  /** `0x` where there is no oracle. The first answer tells that: whoever asks meanwhile waits for it. */
  async #ask(data: string): Promise<string> {
    if (this.#first !== undefined) {
      await this.#first.catch(() => undefined);
      return this.#isFree ? "0x" : this.#call(GAS_PRICE_ORACLE, data);
    }
    this.#first = this.#askFirst(data);
    try {
      const answer = await this.#first;
      this.#isFree = answer === "0x";
      return answer;
    } catch (error) {
      this.#first = undefined;
      throw error;
    }
  }

  /** Asked twice: one false answer must not make all that follows free of charge. */
  async #askFirst(data: string): Promise<string> {
    const answer = await this.#call(GAS_PRICE_ORACLE, data);
    return answer === "0x" ? this.#call(GAS_PRICE_ORACLE, data) : answer;
  }
}

function numberIn(name: string, answer: string): bigint {
  try {
    return ORACLE.decodeFunctionResult(name, answer)[0] as bigint;
  } catch (cause) {
    throw new SheafError("RPC_INCONSISTENT", `${name}() of ${GAS_PRICE_ORACLE} gives no number`, { cause });
  }
}

function hasReverted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? Number(error.code) : 0;
  const isReverted = isError(error, "CALL_EXCEPTION") || isRevert({ code, message: reasonOf(error) });
  return isReverted || hasReverted(error.cause);
}
