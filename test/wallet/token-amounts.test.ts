import { expect } from "chai";
import type { NodeClient, Token } from "../../api/client.ts";
import type { ConnectedWallet } from "../../wallet/index.ts";
import { amountText, tokensOf } from "../../wallet/named-tokens.ts";
import { amountIn, tokenNamed } from "../../wallet/token-amounts.ts";
import { expectCode } from "../support/errors.ts";

const addressOf = (id: number): string => `0x${id.toString(16).padStart(40, "0")}`;
const token = (id: number, symbol: string, decimals = 18): Token => ({ id, address: addressOf(id), symbol, decimals });

/** Symbols of tokens from 1 on that somebody registered beside ether, and what they are called. */
const CALLED = [
  ["eth", '"eth" (token 1)'],
  ["TEST", "TEST"],
  ["ＥＴＨ", '"ＥＴＨ" (token 3)'],
  ["Е\u200bTH", '"Е\u200bTH" (token 4)'],
  ["7", '"7" (token 5)'],
  ["", "token 6"],
  ["USDC", '"USDC" (token 7)'],
  ["usd\u202ec", '"usd\u202ec" (token 8)'],
  ["two words", '"two words" (token 9)'],
] as const;
const TOKENS = [token(0, "ETH"), ...CALLED.map(([symbol], place) => token(place + 1, symbol))];

const nodeOf = (items: readonly Token[]): NodeClient =>
  ({ tokens: () => Promise.resolve({ items, next: null }) }) as unknown as NodeClient;
const walletOf = (items: readonly Token[]): ConnectedWallet =>
  ({ node: nodeOf(items), requireToken: () => Promise.resolve() }) as unknown as ConnectedWallet;

describe("tokens by their names", () => {
  const named = (name: string) => tokenNamed(walletOf(TOKENS), name);

  it("are called by their symbols only where nobody could take them for others", async () => {
    const tokens = await tokensOf(nodeOf(TOKENS));
    expect(tokens.slice(1).map(({ symbol, label }) => [symbol, label])).to.deep.equal(CALLED);
    expect(tokens[0]!.label).to.equal("ETH");
    expect((await tokensOf(nodeOf([token(0, "BTC")])))[0]!.label).to.equal("ETH");
  });

  it("are found by id, address and symbol, in capitals or not", async () => {
    for (const [name, id] of [
      ["0", 0],
      ["7", 7],
      ["5", 5],
      ["test", 2],
      ["TEST", 2],
      [addressOf(9), 9],
    ] as const) {
      expect((await named(name)).id, name).to.equal(id);
    }
  });

  it("are not guessed where several have the symbol, or seem to", async () => {
    const ether = await expectCode("TOKEN_UNKNOWN", () => named("ETH"));
    expect(ether.message)
      .to.include("0: ETH; ")
      .and.include(`1: eth at ${addressOf(1)}`)
      .and.include("3: ＥＴＨ");
    const dollars = await expectCode("TOKEN_UNKNOWN", () => named("usdc"));
    expect(dollars.message).to.include(`7: USDC at ${addressOf(7)}; 8: usd\\u{202e}c at ${addressOf(8)}`);
    for (const name of ["10", "DOGE", addressOf(0), addressOf(10)])
      await expectCode("TOKEN_UNKNOWN", () => named(name));
    expect((await tokenNamed(walletOf([token(0, "ETH")]), "eth")).id).to.equal(0);
  });

  it("are counted whatever their decimals are", async () => {
    const shown = {
      0: "1234 T",
      2: "12.34 T",
      36: `0.${"0".repeat(32)}1234 T`,
      77: `0.${"0".repeat(73)}1234 T`,
      78: "1234 T",
      255: "1234 T",
    };
    for (const [decimals, text] of Object.entries(shown)) {
      const [known] = await tokensOf(nodeOf([token(1, "T", Number(decimals))]));
      expect(amountText(1234n, known!)).to.equal(text);
      expect(amountIn(text.split(" ")[0]!, known!)).to.equal(1234n);
    }
    const [whole] = await tokensOf(nodeOf([token(1, "T", 0)]));
    for (const text of ["1.5", "-1", "1e3", "", "1,5", "0x10", "1.", ".5"]) {
      await expectCode("FIELD_INVALID", () => amountIn(text, whole!));
    }
  });
});
