import { expect } from "chai";
import type { Transaction } from "../../api/client.ts";
import { describeTransaction } from "../../cli/support/holdings.ts";

const HASH = `0x${"ab".repeat(32)}`;

describe("sheaf status of an operation", () => {
  const transfer = { id: "0x01", kind: "transfer", from: 5, to: 6, token: 0, amount: 7n, fee: 1n } as const;
  const lines = (fields: Partial<Transaction>): string =>
    describeTransaction({ ...transfer, status: "pending", ...fields } as Transaction).join("\n");

  it("says why no batch takes it now, and what may execute it all the same", () => {
    const held = { code: "BALANCE_INSUFFICIENT", message: "account 5 has 3 base units" } as const;
    const why = "pending: no batch can take it now: BALANCE_INSUFFICIENT: account 5 has 3 base units";
    expect(lines({ held })).to.equal(`transfer from account 5 to account 6\n0x01  pending\n${why}`);
    const sent = lines({ held: { ...held, transaction: HASH, until: 1_767_225_600 } });
    expect(sent).to.include(`${why}; L1 transaction ${HASH} may still execute it, until 2026-01-01T00:00:00.000Z`);
  });

  it("says what was rejected, and what was and is executed all the same", () => {
    const reason = { code: "OPERATION_EXPIRED", message: "valid until yesterday" } as const;
    expect(lines({ status: "rejected", reason })).to.include("rejected\nOPERATION_EXPIRED: valid until yesterday");
    const executed = lines({ status: "verified", batch: 9, rejectedBefore: reason });
    expect(executed).to.include("verified in batch 9");
    expect(executed).to.include(
      "the node had rejected it (OPERATION_EXPIRED: valid until yesterday); L1 executed it all the same",
    );
  });
});
