import { expect } from "chai";
import { buildExit } from "../../protocol/exit.ts";
import { RollupState } from "../../protocol/state.ts";
import { expectCode } from "../support/errors.ts";

const ACCOUNT = { pubKeyY: 777n, l1Address: 0xa11cen, token: 5, balance: 1000n, nonce: 9 };

describe("protocol: exit", () => {
  const state = new RollupState();
  state.update(70_001, ACCOUNT);
  state.update(70_002, { ...ACCOUNT, token: 6 });

  it("names root, account and balance", () => {
    const { publicSignals, account, index } = buildExit(state, 70_001);
    expect(publicSignals).to.deep.equal({
      root: state.root,
      account: 70_001n + 5n * 2n ** 32n + 0xa11cen * 2n ** 48n,
      balance: 1000n,
    });
    expect(Object.keys(publicSignals)).to.deep.equal(["root", "account", "balance"]);
    expect({ account, index }).to.deep.equal({ account: ACCOUNT, index: 70_001 });
  });

  it("has nobody leave from an empty index", async () => {
    await expectCode("ACCOUNT_NOT_FOUND", () => buildExit(state, 70_003));
  });
});
