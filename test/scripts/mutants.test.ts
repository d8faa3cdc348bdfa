import { expect } from "chai";
import { mutantsOf } from "../../scripts/mutate/mutants.ts";

const SOURCE = `
contract Sample {
    // if (comment) revert Ignored();
    function withdraw(uint256 amount) external onlyOwner {
        if (amount == 0 || amount > limit) revert WrongAmount(amount);
        _requireOpen();
        withdrawable[token][account] = 0;
        if (amount == 1) return;
    }

    function isOpen() external view returns (bool) {
        return opened && block.timestamp < end;
    }
}
`;

describe("mutants", () => {
  const mutants = mutantsOf("Sample.sol", SOURCE);
  const results = mutants.map(
    ({ start, end, replacement }) => SOURCE.slice(0, start) + replacement + SOURCE.slice(end),
  );
  const without = (from: string, to = ""): string => SOURCE.replace(from, to);

  it("take each guard, part of a condition, bound, modifier and mark out of a contract, and nothing else", () => {
    expect(results).to.have.members([
      without("if (amount == 0 || amount > limit) revert WrongAmount(amount);"),
      without("amount == 0 ||"),
      without("|| amount > limit"),
      without("amount > limit", "amount >= limit"),
      without(" opened &&"),
      without("&& block.timestamp < end"),
      without("block.timestamp < end", "block.timestamp <= end"),
      without("onlyOwner"),
      without("withdrawable[token][account] = 0;"),
      without("_requireOpen();"),
    ]);
  });

  it("say where they are and what they change", () => {
    expect(mutants.find(({ replacement }) => replacement === ">=")).to.include({
      file: "Sample.sol",
      line: 5,
      change: "bound in amount == 0 || amount > limit: > → >=",
    });
  });
});
