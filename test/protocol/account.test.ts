import { expect } from "chai";
import { EMPTY_LEAF, leafOf, type Account } from "../../protocol/account.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { expectCode } from "../support/errors.ts";

const ACCOUNT: Account = { pubKeyY: 101n, l1Address: 102n, token: 103, balance: 104n, nonce: 105 };
const INDEX = 106;

describe("protocol: account", () => {
  it("hashes key, address, the packed index, token and nonce, and balance", () => {
    expect(leafOf(INDEX, ACCOUNT)).to.equal(poseidon([101n, 102n, 106n + 103n * 2n ** 32n + 105n * 2n ** 48n, 104n]));
  });

  it("is 0 where there is none", () => {
    expect(leafOf(INDEX, undefined)).to.equal(0n);
    expect(EMPTY_LEAF).to.equal(0n);
  });

  it("has another leaf for each change of a field", () => {
    const changed = Object.entries(ACCOUNT).map(([name, value]) =>
      leafOf(INDEX, { ...ACCOUNT, [name]: typeof value === "bigint" ? value + 1n : Number(value) + 1 }),
    );
    expect(new Set([leafOf(INDEX, ACCOUNT), leafOf(INDEX + 1, ACCOUNT), ...changed])).to.have.lengthOf(7);
  });

  it("takes the largest value of each field", () => {
    const largest: Account = {
      pubKeyY: FIELD_ORDER - 1n,
      l1Address: 2n ** 160n - 1n,
      token: 2 ** 16 - 1,
      balance: 2n ** 128n - 1n,
      nonce: 2 ** 32 - 1,
    };
    expect(leafOf(2 ** 32 - 1, largest)).to.equal(
      poseidon([FIELD_ORDER - 1n, 2n ** 160n - 1n, 2n ** 80n - 1n, 2n ** 128n - 1n]),
    );
  });

  const outside: [string, number, Partial<Account>][] = [
    ["a key of r", INDEX, { pubKeyY: FIELD_ORDER }],
    ["a negative key", INDEX, { pubKeyY: -1n }],
    ["an address of 161 bits", INDEX, { l1Address: 2n ** 160n }],
    ["a token of 17 bits", INDEX, { token: 2 ** 16 }],
    ["a balance of 129 bits", INDEX, { balance: 2n ** 128n }],
    ["a negative balance", INDEX, { balance: -1n }],
    ["a nonce of 33 bits", INDEX, { nonce: 2 ** 32 }],
    ["an index of 33 bits", 2 ** 32, {}],
    ["a fractional index", 1.5, {}],
  ];
  for (const [name, index, change] of outside) {
    it(`has no leaf for ${name}`, async () => {
      await expectCode("FIELD_OUT_OF_RANGE", () => leafOf(index, { ...ACCOUNT, ...change }));
    });
  }
});
