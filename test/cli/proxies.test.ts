import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import { proxyNetwork } from "../../cli/node.ts";

describe("networks of proxies on the command line", () => {
  it("are addresses, networks or their names, one after the other", () => {
    const given = ["loopback", "192.0.2.7", "10.0.0.0/8", "2001:db8::1", "2001:db8::/32"];
    const parsed = given.reduce<readonly string[]>((before, text) => proxyNetwork(text, before), []);
    expect(parsed).to.deep.equal(given);
  });

  for (const wrong of ["", "localhost", "10.0.0", "10.0.0.0/33", "10.0.0.0/0", "::1/129", "10.0.0.0/8/8", "::1/x"]) {
    it(`are not "${wrong}"`, () => {
      expect(() => proxyNetwork(wrong)).to.throw(InvalidArgumentError);
    });
  }
});
