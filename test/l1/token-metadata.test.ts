import { expect } from "chai";
import { AbiCoder, encodeBytes32String, toBeHex } from "ethers";
import { metadataOf, MOST_DECIMALS } from "../../l1/token-metadata.ts";

const abi = AbiCoder.defaultAbiCoder();
const text = (symbol: string): string => abi.encode(["string"], [symbol]);
const word = (value: bigint): string => toBeHex(value, 32);

/** Of a contract that answers so. */
const metadata = (symbol: string, decimals: string) =>
  metadataOf((data) => Promise.resolve(data.startsWith("0x95d89b41") ? symbol : decimals));

describe("what a token says of itself", () => {
  it("is its symbol, cut between characters", async () => {
    const family = "👨‍👩‍👧";
    const symbols = {
      TEST: "TEST",
      "": "",
      ["x".repeat(100_000)]: "x".repeat(32),
      ["🪙".repeat(33)]: "🪙".repeat(32),
      [`${"x".repeat(29)}${family}`]: "x".repeat(29),
    };
    for (const [said, known] of Object.entries(symbols)) {
      expect((await metadata(text(said), word(18n))).symbol).to.equal(known);
    }
    expect((await metadata(encodeBytes32String("MKR"), word(18n))).symbol).to.equal("MKR");
    for (const nothing of ["0x", "0x00", `0x${"ff".repeat(64)}`]) {
      expect((await metadata(nothing, word(18n))).symbol).to.equal("");
    }
  });

  it("is its decimals, none where nobody could count with them", async () => {
    const decimals = { 0: 0, 6: 6, 36: 36, 77: MOST_DECIMALS, 78: 0, 255: 0, 256: 0, 274: 0 };
    for (const [said, known] of Object.entries(decimals)) {
      expect((await metadata(text("T"), word(BigInt(said)))).decimals, said).to.equal(known);
    }
    const negative = word((1n << 256n) - 18n);
    for (const odd of [negative, "0x", "0x12"]) expect((await metadata(text("T"), odd)).decimals).to.equal(0);
  });
});
