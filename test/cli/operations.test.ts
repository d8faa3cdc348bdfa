import { expect } from "chai";
import type { Transaction } from "../../api/client.ts";
import { describeHoldings, describeTransaction } from "../../cli/support/holdings.ts";
import { timeNamed } from "../../cli/support/options.ts";

const HASH = `0x${"ab".repeat(32)}`;

describe("sheaf transfer --not-before", () => {
  const now = Date.UTC(2026, 11, 31, 23, 59, 58, 900);
  const cases: Readonly<Record<string, number>> = {
    "2027-01-01": 1_798_761_600,
    "2027-01-01T12:00Z": 1_798_804_800,
    "2027-01-01T12:00:30+02:00": 1_798_797_630,
    "+90s": 1_798_761_688,
    "+30m": 1_798_763_398,
    "+2h": 1_798_768_798,
    "+7d": 1_799_366_398,
  };
  for (const [text, time] of Object.entries(cases)) {
    it(`takes ${text}`, () => expect(timeNamed(text, now)).to.equal(time));
  }

  const wrong = [
    "",
    "soon",
    "+2",
    "2h",
    "+2w",
    "-2h",
    "1798761600",
    "2027-13-01",
    "2027-02-30",
    "2027-01-01T12:00",
    "40000-01-01",
  ];
  it("takes no other text", () => {
    for (const text of wrong) expect(() => timeNamed(text, now), text).to.throw(/must be a date as/);
  });
});

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

  it("says until when the node keeps it, and behind what", () => {
    const kept = "the node keeps it until 2026-01-01T00:00:00.000Z, and puts it into a batch then";
    expect(lines({ waitsUntil: 1_767_225_600 })).to.equal(
      `transfer from account 5 to account 6\n0x01  pending\n${kept}`,
    );
    expect(lines({ waitsUntil: 1_767_225_600, waitsBehind: HASH })).to.include(`${kept}; it comes after ${HASH}`);
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

  it("says in a wallet's list too until when one is kept", () => {
    const token = { id: 0, name: "ETH", decimals: 18 };
    const sent = { ...transfer, timestamp: 1, status: "pending", waitsUntil: 1_767_225_600 };
    const account = { index: 5, token, balance: 9n, pending: 1n, nonce: 1, recent: [sent] };
    const holdings = { address: "sheaf:1", l1Address: HASH, accounts: [account], withdrawable: [] };
    const text = describeHoldings(holdings as unknown as Parameters<typeof describeHoldings>[0]).join("\n");
    expect(text).to.match(/^kept until 2026-01-01T00:00:00\.000Z +.* +to account 6 +0x01$/m);
  });
});
