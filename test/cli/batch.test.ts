import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { BATCH_SIZES } from "../../protocol/constants.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { expectFailure, expectSuccess } from "../support/cli.ts";

interface Description {
  token: number;
  accounts: { index: number; balance: string }[];
  transfers: { amount: unknown; fee: unknown; token: number; from: number; to: unknown; signature: { s: string } }[];
  [field: string]: unknown;
}

describe("sheaf batch", () => {
  let folder: string;
  let example: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    example = await expectSuccess(["batch", "example"]);
  });
  after(() => rm(folder, { recursive: true }));

  for (const { name, transfers } of BATCH_SIZES) {
    it(`writes an example of ${name} that its check accepts`, async () => {
      await expectSuccess(["batch", "example", "--size", name, "--out", "example.json"], folder);
      const result = JSON.parse(await expectSuccess(["batch", "check", "example.json", "--json"], folder)) as object;
      expect(result).to.include({ size: name, l1Operations: 1, withdrawals: 1, transfers: Math.min(4, transfers) });
      expect(result).to.include({ accountsTouched: 4 });
      expect(result)
        .to.have.property("words")
        .that.matches(/^0x[0-9a-f]+$/);
    });
  }

  it("leaves no other files behind", async () => {
    await expectSuccess(["batch", "example", "--out", "deep/er/example.json"], folder);
    expect(await readdir(join(folder, "deep/er"))).to.deep.equal(["example.json"]);
  });

  const cases: [what: string, code: ErrorCode, field: string, change: (batch: Description) => void][] = [
    ["a negative amount", "FIELD_INVALID", "transfers[1].amount", ({ transfers }) => (transfers[1]!.amount = "-5")],
    [
      "an amount past 128 bits",
      "FIELD_INVALID",
      "transfers[1].amount",
      ({ transfers }) => (transfers[1]!.amount = `${2n ** 128n}`),
    ],
    [
      "an over-long amount",
      "FIELD_INVALID",
      "transfers[0].amount",
      ({ transfers }) => (transfers[0]!.amount = "9".repeat(500)),
    ],
    ["a fractional amount", "FIELD_INVALID", "transfers[0].fee", ({ transfers }) => (transfers[0]!.fee = "1.5")],
    ["an inexact amount", "FIELD_INVALID", "transfers[0].amount", ({ transfers }) => (transfers[0]!.amount = 1e18)],
    [
      "an amount with too many digits",
      "AMOUNT_NOT_REPRESENTABLE",
      "1234567890123",
      ({ transfers }) => (transfers[0]!.amount = "1234567890123"),
    ],
    ["an index past 32 bits", "FIELD_INVALID", "transfers[2].to", ({ transfers }) => (transfers[2]!.to = 2 ** 32)],
    ["a token past 16 bits", "FIELD_INVALID", "token", (batch) => (batch.token = 2 ** 16)],
    ["a token that is not the accounts'", "TOKEN_WRONG", "token", (batch) => (batch.token = 7)],
    ["a token that was not signed for", "TOKEN_WRONG", "transfers[0]", ({ transfers }) => (transfers[0]!.token = 7)],
    ["a changed signature", "SIGNATURE_INVALID", "transfers[3]", ({ transfers }) => (transfers[3]!.signature.s = "12")],
    ["a changed operation", "SIGNATURE_INVALID", "transfers[2]", ({ transfers }) => (transfers[2]!.amount = "500")],
    ["an account that is not there", "ACCOUNT_NOT_FOUND", "index 77", ({ transfers }) => (transfers[0]!.to = 77)],
    ["an account at index 0", "FIELD_INVALID", "accounts[0].index", ({ accounts }) => (accounts[0]!.index = 0)],
    [
      "two accounts at an index",
      "FIELD_INVALID",
      "accounts",
      ({ accounts }) => (accounts[0]!.index = accounts[1]!.index),
    ],
    ["an overdraft", "BALANCE_INSUFFICIENT", "account 1", ({ accounts }) => (accounts[0]!.balance = "5")],
    ["a missing field", "FIELD_INVALID", "rollup", (batch) => delete batch["rollup"]],
    ["an unknown field", "FIELD_INVALID", "frobs", (batch) => (batch["frobs"] = 1)],
    ["more transfers than rows", "BATCH_FULL", "transfers", ({ transfers }) => transfers.push(transfers[3]!)],
  ];
  for (const [what, code, field, change] of cases) {
    it(`names what is wrong with ${what}`, async () => {
      const batch = JSON.parse(example) as Description;
      change(batch);
      await writeFile(join(folder, "bad.json"), JSON.stringify(batch));
      expect(await expectFailure(code, ["batch", "check", "bad.json"], folder)).to.include(field);
    });
  }

  it("refuses files that are missing or no JSON", async () => {
    await writeFile(join(folder, "cut.json"), example.slice(0, -10));
    expect(await expectFailure("FILE_UNREADABLE", ["batch", "check", "nowhere.json"], folder)).to.include(
      "nowhere.json",
    );
    expect(await expectFailure("JSON_MALFORMED", ["batch", "check", "cut.json"], folder)).to.include("cut.json");
    await expectFailure("FILE_UNREADABLE", ["batch", "check", "."], folder);
  });

  it("refuses a file that cannot be written", async () => {
    await writeFile(join(folder, "file"), "");
    await expectFailure("FILE_UNWRITABLE", ["batch", "example", "--out", "file/example.json"], folder);
  });
});
