import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import { pricesById, tokenPrice } from "../../cli/support/options.ts";
import { expectCode } from "../support/errors.ts";

const ETH = `0x${"0".repeat(40)}`;
const TOKENS = [ETH, "0x5FbDB2315678afecb367f032d93F642f64180aa3", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"];

describe("--price", () => {
  it("is taken again and again, the last one of a token for good", () => {
    const prices = ["1=2500000000", "2=7", "1=2400000000"].reduce<ReadonlyMap<string, bigint> | undefined>(
      (before, text) => tokenPrice(text, before),
      undefined,
    );
    expect([...pricesById(prices!, TOKENS)]).to.deep.equal([
      [1, 2_400_000_000n],
      [2, 7n],
    ]);
  });

  for (const address of [TOKENS[2]!, TOKENS[2]!.toLowerCase()]) {
    it(`names a token by its address: ${address}`, () => {
      expect([...pricesById(tokenPrice(`${address}=1${"0".repeat(37)}`), TOKENS)]).to.deep.equal([[2, 10n ** 37n]]);
    });
  }

  for (const text of [
    ...["", "1", "1=", "=5", "1=0", "1=-5", "1=05", "1=1e9", "1=0x10", "1=2.5", "1=5=6", "1= 5", " 1=5", "1=5\n"],
    ...["0=5", "-1=5", "100000=5", "DAI=5", `1=1${"0".repeat(38)}`, "0x5FbDB2315678=5"],
    // An address whose checksum is wrong has a letter that was mistyped.
    `${TOKENS[1]!.replace("5FbDB", "5FbdB")}=5`,
  ]) {
    it(`is refused, with what it must be: ${JSON.stringify(text)}`, () => {
      expect(() => tokenPrice(text)).to.throw(InvalidArgumentError, "TOKEN=AMOUNT");
    });
  }

  for (const token of ["3", "00", ETH, `0x${"1".repeat(40)}`]) {
    it(`is refused for a token that the rollup does not have: ${token}`, async () => {
      await expectCode("TOKEN_UNKNOWN", () => pricesById(tokenPrice(`${token}=5`), TOKENS));
    });
  }
});
