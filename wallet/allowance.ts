import { Contract, getAddress, type Provider, type Signer, type TransactionResponse } from "ethers";
import { l1Failure } from "../l1/failure.ts";
import { boundedOffer } from "../l1/gas-price.ts";
import { mined } from "../l1/send.ts";
import { afterProviderCache } from "./after-provider-cache.ts";
import { ecdsa } from "./ecdsa.ts";

const TOKEN_ABI = [
  "function approve(address spender, uint256 amount)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function nonces(address owner) view returns (uint256)",
  "function balanceOf(address owner) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
] as const;

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};
/** Seconds that a permit is good for. */
const PERMIT_TIME = 3600;

/** What the contract takes as a permit. */
export interface Permit {
  readonly deadline: number;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** Of an EIP-712 domain, those that are used: name, version, chain and contract, no salt. */
const DOMAIN_FIELDS = "0x0f";

/**
 * Signs a permit (EIP-2612) over an amount; `undefined` if the token does not say how (ERC-5267), or names another contract,
 * or the signer is a contract. Throws the codes of `l1Failure` if the signer does not sign.
 */
export async function permit(
  token: string,
  spender: string,
  value: bigint,
  signer: Signer,
): Promise<Permit | undefined> {
  const contract = new Contract(token, TOKEN_ABI, signer);
  const owner = await signer.getAddress();
  let found: readonly [Record<string, unknown>, bigint];
  try {
    found = await Promise.all([contract.getFunction("eip712Domain")(), contract.getFunction("nonces")(owner)]);
  } catch {
    return undefined;
  }
  const [{ fields, name, version, chainId, verifyingContract }, nonce] = found;
  if (fields !== DOMAIN_FIELDS || verifyingContract !== getAddress(token)) return undefined;
  try {
    const deadline = (await signer.provider!.getBlock("latest"))!.timestamp + PERMIT_TIME;
    const domain = { name, version, chainId, verifyingContract } as Parameters<Signer["signTypedData"]>[0];
    const message = { owner, spender, value, nonce, deadline };
    const signature = ecdsa(await signer.signTypedData(domain, PERMIT, message));
    return signature && { deadline, v: signature.v, r: signature.r, s: signature.s };
  } catch (cause) {
    throw l1Failure(`permit for token ${token}`, cause);
  }
}

/** What an account has of a token; `undefined` if the token does not say. */
export async function balanceIn(token: string, owner: string, provider: Provider): Promise<bigint | undefined> {
  const balance = new Contract(token, TOKEN_ABI, provider).getFunction("balanceOf")(owner) as Promise<bigint>;
  return balance.catch(() => undefined);
}

/** Lets the rollup take an amount of a token, unless it may already. Throws the codes of `l1Failure`. */
export async function approve(
  token: string,
  spender: string,
  amount: bigint,
  signer: Signer,
  onSent: (hash: string) => void,
): Promise<void> {
  const contract = new Contract(token, TOKEN_ABI, signer);
  try {
    const allowed = (await contract.getFunction("allowance")(await signer.getAddress(), spender)) as bigint;
    if (allowed >= amount) return;
    // Some tokens (USDT) change an allowance to 0 only.
    for (const value of allowed > 0n ? [0n, amount] : [amount]) {
      const offer = await boundedOffer(signer);
      const response = (await contract.getFunction("approve")(spender, value, offer)) as TransactionResponse;
      onSent(response.hash);
      await afterProviderCache(mined("approval", response), signer.provider);
    }
  } catch (cause) {
    throw l1Failure(`approval of ${amount} of token ${token}`, cause);
  }
}
