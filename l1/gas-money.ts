import { formatEther, type Signer, type TransactionRequest } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { l1Failure } from "./failure.ts";

/** Gas of the cheapest transaction there is. */
const LEAST_GAS = 21_000n;

/**
 * Looks whether an account can pay for a transaction, or at all, before anything is done that would be in vain.
 *
 * @throws SheafError L1_FUNDS_MISSING, and the codes of `l1Failure`
 */
export async function requireGasMoney(
  signer: Signer,
  { gasLimit, value }: Pick<TransactionRequest, "gasLimit" | "value"> = {},
): Promise<void> {
  const { provider } = signer;
  if (provider === null) return;
  const address = await signer.getAddress();
  try {
    const [balance, { maxFeePerGas, gasPrice }] = await Promise.all([
      provider.getBalance(address),
      provider.getFeeData(),
    ]);
    const gas = BigInt(gasLimit ?? LEAST_GAS) * (maxFeePerGas ?? gasPrice ?? 0n);
    const sum = gas + BigInt(value ?? 0n);
    if (balance >= sum) return;
    const forGas = gas === sum ? " for gas" : `, of which ${ether(gas)} for gas`;
    const need = `${gasLimit == null ? "at least" : "up to"} ${ether(sum)}${forGas}`;
    throw new SheafError("L1_FUNDS_MISSING", `L1 account ${address} has ${ether(balance)}; this takes ${need}`);
  } catch (cause) {
    throw l1Failure(`funds of ${address}`, cause);
  }
}

const ether = (wei: bigint): string => `${formatEther(wei).replace(/\.0$/, "")} ETH`;
