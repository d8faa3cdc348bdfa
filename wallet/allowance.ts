import { Contract, Signature, type Signer, type TransactionResponse } from "ethers";
import { SheafError } from "../protocol/errors.ts";

const TOKEN_ABI = [
  "function approve(address spender, uint256 amount)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function nonces(address owner) view returns (uint256)",
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

/** Signs a permit (EIP-2612) over an amount; `undefined` if the token does not say how (ERC-5267). */
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
  const [{ name, version, chainId, verifyingContract }, nonce] = found;
  const { timestamp } = (await signer.provider!.getBlock("latest"))!;
  const deadline = timestamp + PERMIT_TIME;
  const domain = { name, version, chainId, verifyingContract } as Parameters<Signer["signTypedData"]>[0];
  const { v, r, s } = Signature.from(
    await signer.signTypedData(domain, PERMIT, { owner, spender, value, nonce, deadline }),
  );
  return { deadline, v, r, s };
}

/** Lets the rollup take an amount of a token, unless it may already. Throws `L1_FAILED`. */
export async function approve(token: string, spender: string, amount: bigint, signer: Signer): Promise<void> {
  const contract = new Contract(token, TOKEN_ABI, signer);
  try {
    const allowed = (await contract.getFunction("allowance")(await signer.getAddress(), spender)) as bigint;
    if (allowed >= amount) return;
    // Some tokens (USDT) change an allowance to 0 only.
    if (allowed > 0n) await ((await contract.getFunction("approve")(spender, 0)) as TransactionResponse).wait();
    await ((await contract.getFunction("approve")(spender, amount)) as TransactionResponse).wait();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new SheafError("L1_FAILED", `token ${token} does not let the rollup take ${amount}: ${reason}`, { cause });
  }
}
