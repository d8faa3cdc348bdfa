import { Interface, Transaction } from "ethers";
import { SheafError } from "../protocol/errors.ts";

/** The contract that every chain of the OP Stack has from its first block on. */
export const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
const ORACLE = new Interface(["function getL1Fee(bytes unsignedTransaction) view returns (uint256)"]);

/** Numbers that an unsigned transaction has besides its calldata, as large as they come: some bytes too many. */
const ENVELOPE = { type: 2, chainId: 2n ** 32n, nonce: 2 ** 24, gasLimit: 2n ** 24n } as const;
const FEES = { maxFeePerGas: 2n ** 40n, maxPriorityFeePerGas: 2n ** 40n } as const;

/**
 * What a rollup that serves as L1 charges for a transaction's bytes, which it brings to the chain below: on top of its
 * gas, and taken with it from the sender's balance. Its gas price says nothing about it.
 */
export class DataFees {
  readonly #call: (to: string, data: string) => Promise<string>;
  readonly #to: string;
  /** Whether the chain has no such charge: predeployed contracts do not come later. */
  #isFree = false;

  /**
   * @param call `eth_call` at the newest block
   * @param to whom the transactions call
   */
  constructor(call: (to: string, data: string) => Promise<string>, to: string) {
    this.#call = call;
    this.#to = to;
  }

  /**
   * Wei for a transaction with this calldata, were it sent now; 0 on a chain that has no such charge.
   *
   * @throws SheafError RPC_INCONSISTENT if the oracle's place is taken by something else, and the codes of `call`
   */
  async of(calldata: string): Promise<bigint> {
    if (this.#isFree) return 0n;
    const { unsignedSerialized } = Transaction.from({ ...ENVELOPE, ...FEES, to: this.#to, data: calldata });
    const answer = await this.#call(GAS_PRICE_ORACLE, ORACLE.encodeFunctionData("getL1Fee", [unsignedSerialized]));
    if (answer === "0x") {
      this.#isFree = true;
      return 0n;
    }
    try {
      return ORACLE.decodeFunctionResult("getL1Fee", answer)[0] as bigint;
    } catch (cause) {
      throw new SheafError("RPC_INCONSISTENT", `getL1Fee() of ${GAS_PRICE_ORACLE} gives no number`, { cause });
    }
  }
}
