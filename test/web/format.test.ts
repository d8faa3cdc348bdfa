import { expect } from "chai";
import type { Batch } from "../../api/client.ts";
import { recentGasPerTransfer, recentThroughput, throughputSeries } from "../../web/charts/series.ts";
import {
  ageText,
  amountText,
  dateText,
  durationText,
  grouped,
  localText,
  rateText,
  shortAmountText,
  shortened,
  shortGweiText,
  titled,
} from "../../web/format.ts";

describe("explorer's texts", () => {
  it("write amounts exactly, whatever a token's decimals", () => {
    const cases: [bigint, number, string][] = [
      [0n, 18, "0"],
      [1n, 18, "0.000000000000000001"],
      [1_234_567_890n, 6, "1,234.56789"],
      [12_300n, 2, "123"],
      [7n, 0, "7"],
      [(1n << 128n) - 1n, 18, "340,282,366,920,938,463,463.374607431768211455"],
    ];
    for (const [amount, decimals, text] of cases) expect(amountText(amount, decimals)).to.equal(text);
  });

  it("cut long fractions in tables, and never round them", () => {
    expect(shortAmountText(1_999_999_999n, 9)).to.equal("1.999999…");
    expect(shortAmountText(1_999_999_000n, 9)).to.equal("1.999999");
    expect(shortAmountText(5_000n, 3)).to.equal("5");
    expect(shortAmountText(1_234_567_899_999n, 6)).to.equal("1,234,567.89…");
    expect(shortAmountText(1_234_567_899n, 6)).to.equal("1,234.5678…");
  });

  it("show something of what is very small", () => {
    expect(shortAmountText(75_139_000_000n, 18)).to.equal("0.000000075…");
    expect(shortAmountText(1n, 18)).to.equal("0.000000000000000001");
    expect(shortAmountText(10n ** 18n + 1n, 18)).to.equal("1.000000…");
    const rates = [0, 0.00347, 0.96, 1, 3.721, 12_345.67].map(rateText);
    expect(rates).to.deep.equal(["0", "0.0035", "0.96", "1", "3.7", "12,345.7"]);
  });

  it("cut a price of gas to what tells", () => {
    const texts = [0n, 7n, 1_063_030_123n, 25_999_999_999n].map(shortGweiText);
    expect(texts).to.deep.equal(["0 gwei", "0.000000007 gwei", "1.06 gwei", "25.9 gwei"]);
  });

  it("group the digits of a whole part alone", () => {
    expect([1_234_567, 0.0625, 1234.5678, 999].map(grouped)).to.deep.equal([
      "1,234,567",
      "0.0625",
      "1,234.5678",
      "999",
    ]);
  });

  it("say how long ago something was, or is to come", () => {
    const now = 1_700_000_000;
    const cases = [
      [0, "now"],
      [59, "59 s ago"],
      [60, "1 min ago"],
      [7_199, "1 h ago"],
      [172_800, "2 d ago"],
      [-90_000, "in 1 d"],
    ] as const;
    for (const [age, text] of cases) expect(ageText(now - age, now)).to.equal(text);
    expect(dateText(now)).to.equal("2023-11-14 22:13:20 UTC");
  });

  it("say a time by the reader's clock too, unless that shows UTC", () => {
    const time = Date.UTC(2026, 10, 30, 22, 5, 7) / 1000;
    const cases = [
      [0, undefined],
      [60, "23:05:07 UTC+1"],
      [330, "2026-12-01 03:35:07 UTC+5:30"],
      [-210, "18:35:07 UTC−3:30"],
      [-23 * 60, "2026-11-29 23:05:07 UTC−23"],
    ] as const;
    for (const [offset, text] of cases) expect(localText(time, offset)).to.equal(text);
  });

  it("say a length of time in a unit that it is whole in", () => {
    const texts = [259_200, 600, 86_400, 5_400, 61, 1, 0].map(durationText);
    expect(texts).to.deep.equal(["3 days", "10 minutes", "1 day", "90 minutes", "61 seconds", "1 second", "0 seconds"]);
  });

  it("shorten what is long, and nothing else", () => {
    expect(shortened("0x12345678")).to.equal("0x12345678");
    expect(shortened("0x1234567890abcdef")).to.equal("0x1234…cdef");
    expect(shortened(`sheaf:0x${"1234567890".repeat(11)}ab`)).to.equal("sheaf:0x1234…90ab");
    expect(titled("forcedWithdrawal")).to.equal("Forced withdrawal");
  });
});

describe("explorer's numbers", () => {
  const batchAt = (timestamp: number, transfers: number, gasUsed?: number): Batch =>
    ({ timestamp, transfers, ...(gasUsed !== undefined && { l1: { gasUsed } }) }) as Batch;
  const newestFirst = [
    batchAt(1_130, 3),
    batchAt(1_119, 0, 250_000),
    batchAt(1_110, 5, 300_000),
    batchAt(1_001, 4, 280_000),
  ];

  it("count each transfer once in intervals of equal width", () => {
    const { xs, ys, width } = throughputSeries(newestFirst, 1_140);
    expect(width).to.equal(10);
    expect(xs).to.have.length(14);
    expect([xs[0], xs.at(-1)]).to.deep.equal([1_000, 1_130]);
    expect(ys.map((perMinute) => (perMinute * width) / 60)).to.deep.equal([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3]);
  });

  it("go on until now, without the interval that still runs, nor a first one of which a part is missing", () => {
    const counts = (now: number, hasOlder?: boolean): number[] => {
      const { ys, width } = throughputSeries(newestFirst, now, hasOlder);
      return ys.map((perMinute) => (perMinute * width) / 60);
    };
    // What began at 1,130 runs until 1,140.
    for (const now of [1_131, 1_139.9]) expect(counts(now)).to.deep.equal([4, ...Array(10).fill(0), 5, 0]);
    expect(counts(1_165)).to.deep.equal([4, ...Array(10).fill(0), 5, 0, 3, 0, 0]);
    expect(counts(1_140, true)).to.deep.equal([...Array(10).fill(0), 5, 0, 3]);
    // This clock is behind L1's.
    expect(counts(1_050)).to.deep.equal([4, ...Array(10).fill(0), 5, 0]);
    // In the first seconds there is no whole interval yet.
    expect(throughputSeries([batchAt(1_001, 4)], 1_004).xs).to.deep.equal([]);
    const hours = throughputSeries(newestFirst, 1_000 + 7_200);
    expect([hours.width, hours.xs.at(-1)]).to.deep.equal([300, 7_800]);
  });

  it("leave the oldest batch's transfers out of the time after it, which goes on until now", () => {
    expect(recentThroughput(newestFirst, 1_130)).to.deep.equal({ rate: (8 * 60) / 129, since: 1_001 });
    expect(recentThroughput(newestFirst, 1_001 + 480)).to.deep.equal({ rate: 1, since: 1_001 });
    expect(recentThroughput(newestFirst, 900)!.rate).to.equal((8 * 60) / 129);
    expect(recentThroughput(newestFirst.slice(0, 1), 2_000)).to.equal(undefined);
  });

  it("weigh gas by transfers, of the batches that are on L1 and have some", () => {
    expect(recentGasPerTransfer(newestFirst)).to.equal(Math.round(580_000 / 9));
    expect(recentGasPerTransfer([batchAt(1_000, 0, 250_000)])).to.equal(undefined);
  });
});
