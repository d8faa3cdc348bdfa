import { expect } from "chai";
import { clientKey } from "../../http/client-key.ts";

describe("what a client of the node is counted by", () => {
  const cases: Record<string, string> = {
    "192.0.2.7": "192.0.2.7",
    "::ffff:192.0.2.7": "192.0.2.7",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2",
    "2001:db8:1:2::6": "2001:db8:1:2",
    "2001:db8::1": "2001:db8:0:0",
    "fe80::1:2:3:4%eth0": "fe80:0:0:0",
    "1:2:3::": "1:2:3:0",
    "::1": "0:0:0:0",
  };
  for (const [ip, key] of Object.entries(cases)) {
    it(`is ${key} for ${ip}`, () => {
      expect(clientKey(ip)).to.equal(key);
    });
  }
});
