import { expect } from "chai";
import { Interface, Wallet, type Signer, type TransactionRequest } from "ethers";
import { permit } from "../../wallet/allowance.ts";
import { expectCode } from "../support/errors.ts";

const [TOKEN, OTHER, ROLLUP] = ["a1", "b2", "c3"].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string];
const OWNER = new Wallet(`0x${"5a".repeat(32)}`);
const METHODS = new Interface([
  "function nonces(address owner) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

describe("permit of a token", () => {
  it("is signed for the token's own domain, with its nonce, for an hour", async () => {
    const signed: unknown[] = [];
    const found = await permit(
      TOKEN,
      ROLLUP,
      7n,
      signerBefore({}, (...args) => signed.push(args)),
    );
    expect(found).to.include({ deadline: 5000 + 3600 });
    const [[domain, , message]] = signed as [[object, object, object]];
    expect(domain).to.deep.include({ name: "Token", version: "2", chainId: 31337n });
    expect(message).to.deep.equal({ owner: OWNER.address, spender: ROLLUP, value: 7n, nonce: 4n, deadline: 8600 });
  });

  it("is not signed for another contract, nor for a domain that has a salt", async () => {
    for (const lie of [{ verifyingContract: OTHER }, { fields: "0x1f" }]) {
      const signed: unknown[] = [];
      expect(
        await permit(
          TOKEN,
          ROLLUP,
          7n,
          signerBefore(lie, () => signed.push(lie)),
        ),
      ).to.equal(undefined);
      expect(signed).to.deep.equal([]);
    }
  });

  it("is not there where a contract signs, which has no signature of that kind", async () => {
    const contract = signerBefore({}, () => undefined);
    contract.signTypedData = () => Promise.resolve("0x1234");
    expect(await permit(TOKEN, ROLLUP, 7n, contract)).to.equal(undefined);
  });

  it("is missed where its owner does not sign", async () => {
    const signer = signerBefore({}, () => {
      throw new Error("user rejected action");
    });
    expect((await expectCode("L1_FAILED", () => permit(TOKEN, ROLLUP, 7n, signer))).message).to.include(
      "user rejected",
    );
  });
});

/** A signer on a chain where a token says of itself what a test wants; told of what is signed. */
function signerBefore(changes: object, onSign: (...args: unknown[]) => unknown): Signer {
  const own = { fields: "0x0f", verifyingContract: TOKEN, ...changes };
  const domain = [own.fields, "Token", "2", 31337, own.verifyingContract, `0x${"00".repeat(32)}`, []];
  const call = ({ data }: TransactionRequest): Promise<string> => {
    const { name } = METHODS.parseTransaction({ data: String(data) })!;
    return Promise.resolve(METHODS.encodeFunctionResult(name, name === "nonces" ? [4] : domain));
  };
  const signTypedData: Signer["signTypedData"] = async (...args) => {
    onSign(...args);
    return OWNER.signTypedData(...args);
  };
  const provider = { getBlock: () => Promise.resolve({ timestamp: 5000 }) };
  return { provider, call, signTypedData, getAddress: () => OWNER.getAddress() } as unknown as Signer;
}
