import { expect } from "chai";
import fc from "fast-check";
import { cut, visible, visibleJson } from "../../protocol/visible.ts";

/** What a text may do to a terminal or to its reader, and how it is shown. */
const SHOWN = {
  "\x1b[2J\x1b]0;title\x07": "\\x1b[2J\\x1b]0;title\\x07",
  "\x9b31m": "\\x9b31m", // the same as ESC [ in one character
  "one\r\ntwo\tthree\0": "one\\r\\ntwo\\tthree\\x00",
  "\u202eHTE\u2066\u200f": "\\u{202e}HTE\\u{2066}\\u{200f}",
  "E\u200bT\u200d\u2060H\ufeff\u00ad": "E\\u{200b}T\\u{200d}\\u{2060}H\\u{feff}\\xad",
  "a\u00a0b\u3000c\u2028d\u3164e\u2800": "a\\xa0b\\u{3000}c\\u{2028}d\\u{3164}e\\u{2800}",
  "tag\u{e0041}, half \ud800": "tag\\u{e0041}, half \\u{d800}",
  [`Z${"\u0351".repeat(6)}`]: `Z${"\u0351".repeat(4)}\\u{0351}\\u{0351}`,
  "Grüße an 日本, עברית und Ελλάδα: 1.5 €": "Grüße an 日本, עברית und Ελλάδα: 1.5 €",
};

describe("texts of others", () => {
  it("show every character that a terminal acts on or nobody would see", () => {
    for (const [text, shown] of Object.entries(SHOWN)) expect(visible(text)).to.equal(shown);
  });

  it("stay the same JSON when they are escaped in it, in lines of ASCII for what is unseen", () => {
    const texts = Object.keys(SHOWN);
    const json = visibleJson(JSON.stringify({ texts }, undefined, 2));
    expect(JSON.parse(json)).to.deep.equal({ texts });
    for (const line of json.split("\n")) expect(visible(line)).to.equal(line);
  });

  it("do so whatever they are", () => {
    const anyText = fc.string({ unit: "binary", maxLength: 20 });
    fc.assert(
      fc.property(anyText, (text) => {
        expect(visible(visible(text))).to.equal(visible(text));
        expect(JSON.parse(visibleJson(JSON.stringify([text], undefined, 1)))).to.deep.equal([text]);
      }),
    );
  });

  it("are cut between characters as people see them", () => {
    const family = "👨‍👩‍👧"; // five code points, eight units
    expect(cut("TOKEN", 32)).to.equal("TOKEN");
    expect(cut("TOKEN", 3)).to.equal("TOK");
    expect(cut(`ab${family}`, 6)).to.equal("ab");
    expect(cut(`ab${family}c`, 7)).to.equal(`ab${family}`);
    expect(cut("🪙".repeat(40), 32)).to.equal("🪙".repeat(32));
    expect(cut("🇨🇭🇩🇪", 3)).to.equal("🇨🇭");
    // What people would see as one character may be of any length.
    expect(cut(`e${"\u0301".repeat(1_000_000)}`, 32)).to.equal(`e${"\u0301".repeat(31)}`);
  });
});
