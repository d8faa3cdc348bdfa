import { readFileSync } from "node:fs";
import { expect } from "chai";
import { chart } from "../../bench/chart.ts";
import type { SizeReport } from "../../bench/measure.ts";
import { transfersThatFit } from "../../bench/mixes.ts";
import { costs } from "../../bench/report.ts";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import AMSTERDAM from "../contracts/gas-amsterdam.json" with { type: "json" };

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

// What ./sheaf bench writes into docs/performance.md and does not depend on the machine.
describe("bench of batch sizes", () => {
  type Counts = Record<string, Pick<SizeReport, "constraints" | "nonZeros" | "domainPower">>;
  const counts = JSON.parse(read("test/circuits/constraints.json")) as Counts;
  const reports = BATCH_SIZES.map((size) => {
    const { ring, distinct, zipf } = transfersThatFit(size);
    const { constraints } = counts[size.name]!;
    const constraintsPerTransfer = {
      ring: constraints / ring,
      distinct: constraints / distinct,
      zipf: constraints / zipf,
    };
    const report = { ...size, l1Ops: size.l1Operations, ...counts[size.name]!, constraintsPerTransfer };
    return { ...report, gasPerTransfer: 0, bytesPerTransfer: 0 } as unknown as SizeReport;
  });
  const section = /<!-- batch sizes -->([^]*)<!-- \/batch sizes -->/.exec(read("docs/performance.md"))![1]!;
  const documented = reports.filter(({ name }) => section.includes(`| ${name} `));

  it("counts the transfers of each mix that fit a size", () => {
    const fits = Object.fromEntries(BATCH_SIZES.map((size) => [size.name, transfersThatFit(size)]));
    expect(fits["batch-64"]).to.include({ ring: 64, distinct: 32 });
    expect(fits["batch-320"]).to.include({ ring: 264, distinct: 132 });
    // More than all distinct, for some come twice; never more than there are rows.
    for (const { name, transfers } of BATCH_SIZES.slice(3)) {
      expect(fits[name]!.zipf).to.be.above(fits[name]!.distinct).and.to.be.at.most(transfers);
    }
  });

  it("documents the circuits as they are", () => {
    const columns = costs(reports).header.indexOf("gas a transfer");
    const rows = section.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    for (const row of costs(documented).rows) {
      const found = rows.find(([, name]) => name === row[0])!;
      expect(found.slice(1, columns + 1)).to.deep.equal(row.slice(0, columns));
    }
    expect(documented.map(({ name }) => name)).to.include.members(BATCH_SIZES.map(({ name }) => name));
  });

  it("documents gas by Glamsterdam's rules as the tests measure it", () => {
    const [header, ...rows] = section.split("\n").flatMap((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      return cells.includes("by Glamsterdam's rules") || cells.some((cell) => cell.startsWith("2^")) ? [cells] : [];
    });
    const column = header!.indexOf("by Glamsterdam's rules");
    const measured: Readonly<Record<string, number | undefined>> = AMSTERDAM;
    const found = Object.fromEntries(rows.map((row) => [row[1]!, row[column]]));
    const expected = BATCH_SIZES.map(({ name }) => [
      name,
      measured[`a transfer in ${name}`]?.toLocaleString("en") ?? "–",
    ]);
    expect(found).to.deep.equal(Object.fromEntries(expected));
  });

  it("draws them", () => {
    expect(read("docs/performance.svg")).to.equal(chart(documented));
  });
});
