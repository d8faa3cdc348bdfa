import { expect } from "chai";
import { AbiCoder, hexlify, keccak256, solidityPackedKeccak256, toBeHex } from "ethers";
import fc from "fast-check";
import { challengeOf, digestOf, domainOf, evaluateWords } from "../../protocol/challenge.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { expectCode } from "../support/errors.ts";

const elements = fc.bigInt(0n, FIELD_ORDER - 1n);

describe("protocol: challenge", () => {
  it("derives the domain as abi.encode does", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.bigInt(0n, 2n ** 160n - 1n), (chainId, rollup) => {
        const encoded = AbiCoder.defaultAbiCoder().encode(
          ["string", "uint256", "uint256", "address"],
          ["Sheaf", 2, chainId, `0x${rollup.toString(16).padStart(40, "0")}`],
        );
        expect(domainOf(chainId, rollup)).to.equal(BigInt(keccak256(encoded)) % (2n ** 232n - 1n));
      }),
    );
  });

  it("derives a domain for chain ids and addresses only", async () => {
    await expectCode("FIELD_OUT_OF_RANGE", () => domainOf(2n ** 256n, 1n));
    await expectCode("FIELD_OUT_OF_RANGE", () => domainOf(-1n, 1n));
    await expectCode("FIELD_OUT_OF_RANGE", () => domainOf(1n, 2n ** 160n));
  });

  it("derives alpha from c, the beneficiary, the number of bytes and the bytes", () => {
    const addresses = fc.bigInt(0n, 2n ** 160n - 1n);
    fc.assert(
      fc.property(elements, addresses, fc.uint8Array({ maxLength: 100 }), (c, beneficiary, words) => {
        const hash = solidityPackedKeccak256(
          ["uint256", "address", "uint256", "bytes"],
          [c, toBeHex(beneficiary, 20), words.length, hexlify(words)],
        );
        expect(challengeOf(digestOf(c, beneficiary, words))).to.equal(BigInt(hash) % FIELD_ORDER);
      }),
    );
  });

  it("evaluates the words at alpha, from the constant term up", () => {
    expect(evaluateWords([5n, 7n, 11n], 100n)).to.equal(110_705n);
    fc.assert(
      fc.property(fc.array(elements, { maxLength: 8 }), elements, (words, alpha) => {
        const sum = words.reduce((total, word, k) => total + word * alpha ** BigInt(k), 0n);
        expect(evaluateWords(words, alpha)).to.equal(sum % FIELD_ORDER);
      }),
    );
  });

  it("has another alpha for each change", () => {
    const words = new Uint8Array([1, 2, 3]);
    const alphas = [
      challengeOf(digestOf(9n, 5n, words)),
      challengeOf(digestOf(10n, 5n, words)),
      challengeOf(digestOf(9n, 6n, words)),
      challengeOf(digestOf(9n, 5n, new Uint8Array([1, 2, 4]))),
      challengeOf(digestOf(9n, 5n, new Uint8Array([1, 2, 3, 0]))),
    ];
    expect(new Set(alphas)).to.have.lengthOf(5);
  });
});
