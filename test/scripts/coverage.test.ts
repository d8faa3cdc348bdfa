import { expect } from "chai";
import { revertsIn, unreached } from "../../scripts/coverage/reverts.ts";

const SOURCE = `
contract Sample {
    // Would revert if it could.
    function withdraw(uint256 amount) external {
        if (amount == 0) revert NoAmount();
        if (
            amount > limit
        ) revert TooMuch(amount);
    }
}
`;

describe("coverage", () => {
  const reverts = revertsIn(new Map([["contracts/Sample.sol", SOURCE]]));
  const missed = (...rows: readonly string[]): readonly number[] =>
    unreached(reverts, ["TN:", ...rows, "end_of_record", ""].join("\n")).map(({ line }) => line);

  it("names the reverts that no test reaches", () => {
    expect(reverts.map(({ line }) => line)).to.deep.equal([5, 8]);
    const file = "SF:contracts/Sample.sol";
    expect(missed(file, "DA:5,1", "DA:8,3")).to.deep.equal([]);
    expect(missed(file, "DA:5,1", "DA:8,0")).to.deep.equal([8]);
    expect(missed(file, "DA:5,1")).to.deep.equal([8]);
    expect(missed("SF:contracts/Other.sol", "DA:5,1", "DA:8,1")).to.deep.equal([5, 8]);
  });
});
