import { formatEther, type Provider, type Signer, type TransactionRequest } from "ethers";
import { SheafError } from "../protocol/errors.ts";
import { DataFees } from "./data-fee.ts";
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
  { gasLimit, value, data }: Pick<TransactionRequest, "gasLimit" | "value" | "data"> = {},
): Promise<void> {
  const { provider } = signer;
  if (provider === null) return;
  const address = await signer.getAddress();
  try {
    const limit = BigInt(gasLimit ?? LEAST_GAS);
    const [balance, { maxFeePerGas, gasPrice }, besides] = await Promise.all([
      provider.getBalance(address),
      provider.getFeeData(),
      dataFeesOf(provider).of(data ?? "0x", limit),
    ]);
    const gas = limit * (maxFeePerGas ?? gasPrice ?? 0n) + besides;
    const sum = gas + BigInt(value ?? 0n);
    if (balance >= sum) return;
    const what = besides === 0n ? "gas" : "gas, data and the chain's operator";
    const forGas = gas === sum ? ` for ${what}` : `, of which ${ether(gas)} for ${what}`;
    const need = `${gasLimit == null ? "at least" : "up to"} ${ether(sum)}${forGas}`;
    throw new SheafError("L1_FUNDS_MISSING", `L1 account ${address} has ${ether(balance)}; this takes ${need}`);
  } catch (cause) {
    throw l1Failure(`funds of ${address}`, cause);
  }
}

const known = new WeakMap<Provider, DataFees>();

/** What the chain of a provider charges besides gas. A chain without such charges is asked once. */
export function dataFeesOf(provider: Provider): DataFees {
  const fees = known.get(provider) ?? new DataFees((to, data) => provider.call({ to, data }));
  known.set(provider, fees);
  return fees;
}

const ether = (wei: bigint): string => `${formatEther(wei).replace(/\.0$/, "")} ETH`;
