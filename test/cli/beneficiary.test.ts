import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import { beneficiaryOption } from "../../cli/support/options.ts";

const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("--beneficiary", () => {
  const parse = (text: string): unknown => beneficiaryOption().parseArg!(text, undefined);

  it("is an L1 address, with its checksum or without", () => {
    for (const text of [ADDRESS, ADDRESS.toLowerCase()]) expect(parse(text)).to.equal(text);
  });

  for (const text of ["", "0x", "alice.eth", ADDRESS.slice(0, -1), `${ADDRESS}0`, ADDRESS.replace("FbDB", "FbdB")]) {
    it(`is refused before anything is done: ${JSON.stringify(text)}`, () => {
      expect(() => parse(text)).to.throw(InvalidArgumentError);
    });
  }
});
