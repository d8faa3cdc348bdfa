import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { address as httpAddress } from "../../api/fields.ts";
import { L1 } from "../../node/l1/l1.ts";
import { address as jsonAddress } from "../../protocol/json-fields.ts";
import { l1AddressOf } from "../../protocol/l1-address.ts";
import { Wallet } from "../../wallet/index.ts";
import { L1Rollup } from "../../wallet/l1-rollup.ts";
import { ownerOf } from "../../wallet/receiver.ts";
import { expectCode } from "../support/errors.ts";

// EIP-55's own examples.
const RIGHT = [
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
  "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
  "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  "0x52908400098527886E0F7030069857D2E4169EE7",
  "0xde709f2102306220921060314715629080e2fb77",
];
const GOOD = RIGHT[0]!;
const MISTYPED = GOOD.replace("5aAe", "5aAf");
const WRONG_CASE = GOOD.replace("5aAe", "5aae");

describe("L1 addresses that people and other programs give", () => {
  it("are read with their checksum, or in one case", () => {
    for (const address of RIGHT) {
      expect(l1AddressOf("it", address)).to.equal(address);
      expect(l1AddressOf("it", address.toLowerCase())).to.equal(address);
      expect(l1AddressOf("it", `0x${address.slice(2).toUpperCase()}`)).to.equal(address);
    }
  });

  const provider = new JsonRpcProvider("http://127.0.0.1:9", 1, { staticNetwork: true });
  after(() => provider.destroy());
  const silent = () => Promise.resolve(null);
  const key = new Uint8Array(32).fill(7);
  const takers: Readonly<Record<string, (address: string) => unknown>> = {
    "the parser": (address) => l1AddressOf("it", address),
    "JSON files": (address) => jsonAddress.parse(address),
    "the API's fields": (address) => httpAddress.parse(address),
    "a node's rollup": (address) => new L1(silent, address),
    "a wallet's rollup": (address) => new L1Rollup(address, provider),
    "a wallet's own address": (address) => Wallet.fromSecret(key, address),
    "a receiver": (address) => ownerOf({ pubKeyY: 5n, l1Address: address }),
  };
  for (const [name, take] of Object.entries(takers)) {
    it(`are refused with a wrong checksum, a digit too few or no digits: ${name}`, () => {
      take(GOOD);
      take(GOOD.toLowerCase());
      for (const address of [MISTYPED, WRONG_CASE]) expect(() => take(address), address).to.throw(/EIP-55/);
      for (const address of [GOOD.slice(0, -1), `${GOOD}0`, GOOD.slice(2), GOOD.replace("0x5", "0xg"), ""]) {
        expect(() => take(address), address).to.throw(/40 hexadecimal digits/);
      }
    });
  }

  it("are refused with a code", async () => {
    await expectCode("FIELD_INVALID", () => Promise.resolve().then(() => l1AddressOf("the rollup", MISTYPED)));
  });
});
