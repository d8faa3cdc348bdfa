import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import hre from "hardhat";

describe("Rollup: errors", () => {
  it("are each expected by a test", async () => {
    const { abi } = await hre.artifacts.readArtifact("IRollup");
    const errors = abi.filter(({ type }) => type === "error").map((error) => (error as { name: string }).name);
    const folder = new URL(".", import.meta.url);
    const tests = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
    const unexpected = errors.filter((name) => !tests.some((text) => text.includes(`"${name}"`)));
    expect(errors).to.have.length.greaterThan(20);
    expect(unexpected).to.deep.equal([]);
  });
});
