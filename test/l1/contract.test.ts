import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import hre from "hardhat";
import { compileContracts } from "../../deploy/compile.ts";
import { ROLLUP } from "../../l1/contract.ts";

describe("l1: contract interface", () => {
  it("is what the compiled contract has, names and all", async () => {
    await compileContracts(hre);
    // Who owns it is not the interface's to say.
    const artifacts = await Promise.all(["IRollup", "Rollup"].map((name) => hre.artifacts.readArtifact(name)));
    const compiled = artifacts.flatMap(({ abi }) =>
      new Interface(abi as InterfaceAbi).fragments.map((fragment) => fragment.format("full")),
    );
    expect(ROLLUP.fragments).to.have.length.above(10);
    for (const fragment of ROLLUP.fragments) {
      // Whether a call takes or changes anything is not ours to say.
      const bare = fragment.format("full").replace(/ view/, "");
      expect(compiled.map((text) => text.replace(/ view/, ""))).to.include(bare);
    }
  });
});
