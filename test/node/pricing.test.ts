import { expect } from "chai";
import { Pricing } from "../../node/pricing.ts";
import { SheafError } from "../../protocol/errors.ts";
import { expectCode } from "../support/errors.ts";

const TRANSFERS = 100;
const MARKET = { baseFee: 7n, priorityFee: 2n };

describe("node: prices", () => {
  it("are asked of L1 once, however many want to know", async () => {
    let calls = 0;
    const pricing = new Pricing({ market: async () => (calls++, MARKET) }, TRANSFERS);
    const quotes = await Promise.all([0, 0, 0].map((token) => pricing.quote(token)));
    expect(quotes.map(({ gasPrice }) => gasPrice)).to.deep.equal([9n, 9n, 9n]);
    expect((await pricing.quote(0)).gasPrice).to.equal(9n);
    expect(calls).to.equal(1);
  });

  it("count what bytes cost where a rollup serves as L1, which `--charge` asks for too", async () => {
    const [gas, data] = [{ market: async () => MARKET }, { dataFee: async () => 10n ** 9n }];
    const [plain, charged] = [new Pricing(gas, TRANSFERS), new Pricing({ ...gas, ...data, charge: true }, TRANSFERS)];
    const { weiPerTransfer } = await plain.quote(0);
    const quoted = await charged.quote(0);
    expect(quoted.weiPerTransfer).to.equal(weiPerTransfer + 10n ** 7n);
    await charged.require(0, quoted.minimum);
    await expectCode("FEE_TOO_LOW", () => charged.require(0, weiPerTransfer));
  });

  it("are the last known while L1's node says nothing, and nobody waits long for it", async () => {
    const late = Promise.withResolvers<typeof MARKET>();
    let isSilent = false;
    const market = () => (isSilent ? late.promise : Promise.resolve(MARKET));
    const pricing = new Pricing({ market, charge: true, fresh: 1 }, TRANSFERS);
    const { minimum } = await pricing.quote(0);
    isSilent = true;
    await new Promise((done) => setTimeout(done, 2));
    await Promise.all([pricing.require(0, minimum), expectCode("FEE_TOO_LOW", () => pricing.require(0, minimum - 1n))]);
    late.resolve({ baseFee: 70n, priorityFee: 20n });
    await late.promise;
    expect((await pricing.quote(0)).gasPrice).to.equal(90n);
  });

  it("are asked for again where they were never known", async () => {
    let calls = 0;
    const market = () =>
      calls++ === 0 ? Promise.reject(new SheafError("RPC_REFUSED", "not now")) : Promise.resolve(MARKET);
    const pricing = new Pricing({ market }, TRANSFERS);
    await expectCode("RPC_REFUSED", () => pricing.quote(0));
    expect((await pricing.quote(0)).gasPrice).to.equal(9n);
  });
});
