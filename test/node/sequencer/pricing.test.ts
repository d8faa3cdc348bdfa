import { expect } from "chai";
import { Pricing } from "../../../node/sequencer/pricing.ts";
import { SheafError } from "../../../protocol/errors.ts";
import { expectCode } from "../../support/errors.ts";

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
    const { wei } = (await plain.quote(0)).transfer;
    const { transfer, opening, withdrawal } = await charged.quote(0);
    expect(transfer.wei).to.equal(wei + 10n ** 7n);
    await charged.require("transfer", 0, transfer.minimum);
    await expectCode("FEE_TOO_LOW", () => charged.require("transfer", 0, wei));
    // Their rows have four times a transfer's bytes.
    const ofGas = (gas: number): bigint => BigInt(gas) * 9n;
    expect(opening.wei - ofGas(opening.gas) > 3n * 10n ** 7n).to.equal(true);
    expect(withdrawal.wei - ofGas(withdrawal.gas) > 3n * 10n ** 7n).to.equal(true);
    // A batch with one transfer has more than a quarter of a full one's.
    const bill = { token: 0, newCredits: 0, l1Operations: 0, withdrawals: 0, transfers: 1 };
    const cost = ofGas(270_270) + 10n ** 9n / 4n;
    expect(charged.pays({ ...bill, fees: cost })).to.equal(false);
    expect(charged.pays({ ...bill, fees: cost + 10n ** 8n })).to.equal(true);
  });

  it("count a blob, shared by as many batches as came together last, where transfers are in blobs", async () => {
    const blob = 131_072n * 10n ** 9n;
    const options = { market: async () => MARKET, dataFee: async () => blob };
    const pricing = new Pricing(options, TRANSFERS, true);
    const contents = { l1Operations: 0, withdrawals: 0, transfers: TRANSFERS };
    const alone = (await pricing.quote(0)).transfer;
    expect(alone.gas).to.equal(3_550);
    expect(alone.wei).to.equal(3_550n * 9n + (blob + 99n) / 100n);
    expect(pricing.savedTogether(contents) > blob).to.equal(true);
    pricing.note(400_000n, contents, contents, contents, contents);
    const shared = (await pricing.quote(0)).transfer;
    expect(shared.gas).to.equal(1_000);
    expect(shared.wei).to.equal(1_000n * 9n + (blob + 399n) / 400n);
  });

  it("are the last known while L1's node says nothing, and nobody waits long for it", async () => {
    const late = Promise.withResolvers<typeof MARKET>();
    let isSilent = false;
    const market = () => (isSilent ? late.promise : Promise.resolve(MARKET));
    const pricing = new Pricing({ market, charge: true, fresh: 1 }, TRANSFERS);
    const { minimum } = (await pricing.quote(0)).transfer;
    isSilent = true;
    await new Promise((done) => setTimeout(done, 2));
    await Promise.all([
      pricing.require("transfer", 0, minimum),
      expectCode("FEE_TOO_LOW", () => pricing.require("transfer", 0, minimum - 1n)),
    ]);
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
