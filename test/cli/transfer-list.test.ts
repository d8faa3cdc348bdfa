import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DEFAULT_SCENARIO, expectedBalances, scenarioOf } from "../../devnet/demo/scenario.ts";
import { readTransferList, TO_L1 } from "../../devnet/demo/transfer-list.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { expectFailure } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";

const HEADER = "from,to,token,amount,fee";

describe("sheaf demo's transfers", () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "sheaf-"))));
  after(() => rm(folder, { recursive: true }));
  async function file(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  const EXPECTED = [
    { from: "alice", to: "bob", token: 0, amount: 1_500_000_000_000_000_000n, fee: 1_000_000_000_000_000n },
    { from: "3", to: "L1", token: 1, amount: 250n, fee: 0n },
  ];

  it("are read from CSV", async () => {
    const path = await file(
      "list.csv",
      `\uFEFF${HEADER}\r\n alice , bob ,ETH,1.5,0.001\r\n\r\n3,L1,test,250 wei,0\r\n`,
    );
    expect(await readTransferList(path)).to.deep.equal(EXPECTED);
  });

  const LINES = ["alice{}bob{}ETH{}1.5{}0.001", "3{}L1{}test{}250 wei{}0"];
  const variants: [what: string, header: string, delimiter: string, encoding: BufferEncoding][] = [
    ["with semicolons", "from;to;token;amount;fee", ";", "utf8"],
    ["with tabs", "from\tto\ttoken\tamount\tfee", "\t", "utf8"],
    ["with capitals", "From, TO ,Token,Amount,FEE", ",", "utf8"],
    ["of UTF-16, as spreadsheets save it", "\uFEFFfrom,to,token,amount,fee", ",", "utf16le"],
  ];
  for (const [what, header, delimiter, encoding] of variants) {
    it(`are read from CSV ${what}`, async () => {
      const text = [header, ...LINES.map((line) => line.replaceAll("{}", delimiter)), ""].join("\r\n");
      const path = join(folder, "variant.csv");
      await writeFile(path, text, encoding);
      expect(await readTransferList(path)).to.deep.equal(EXPECTED);
    });
  }

  it("are read without a column of fees, which are nothing then", async () => {
    const [transfer] = await readTransferList(await file("free.csv", "amount,token,to,from\n1.5,ETH,bob,alice\n"));
    expect(transfer).to.deep.equal({ ...EXPECTED[0], fee: 0n });
  });

  for (const header of [
    "from,to,token,fee",
    "from,to,token,amount,fee,amount",
    "from,to,token,amount,note",
    "alice,bob,ETH,1,0",
  ]) {
    it(`are refused, with the columns that were found and those that are expected: ${header}`, async () => {
      const path = await file("header.csv", `${header}\n${"1,".repeat(header.split(",").length - 1)}1\n`);
      const { message } = await expectCode("CSV_MALFORMED", () => readTransferList(path));
      expect(message).to.include("from, to, token, amount, fee").and.to.include(header.replaceAll(",", ", "));
    });
  }

  it("are read from JSON with a byte order mark", async () => {
    const rows = [{ from: "alice", to: "bob", token: "ETH", amount: "1.5", fee: "0.001" }];
    expect(await readTransferList(await file("bom.json", `\uFEFF${JSON.stringify(rows)}`))).to.deep.equal([
      EXPECTED[0],
    ]);
  });

  it("are read from JSON, with numbers too", async () => {
    const rows = [
      { fee: "0.001", amount: 1.5, token: "0", to: "bob", from: "alice" },
      { from: 3, to: "L1", token: 1, amount: "250wei" },
    ];
    expect(await readTransferList(await file("list.json", JSON.stringify(rows)))).to.deep.equal(EXPECTED);
  });

  const cases: [row: string, code: ErrorCode, named: string][] = [
    ["alice,bob,ETH,-5,0", "FIELD_INVALID", "line 2: amount"],
    ["alice,bob,ETH,5,-1", "FIELD_INVALID", "line 2: fee"],
    ["alice,bob,ETH,5 ether,0", "FIELD_INVALID", "line 2: amount"],
    ["alice,bob,ETH,1e3,0", "FIELD_INVALID", "line 2: amount"],
    ["alice,bob,ETH,0.0000000000000000001,0", "FIELD_INVALID", "line 2: amount"],
    ["alice,bob,ETH,0.5 wei,0", "FIELD_INVALID", "line 2: amount"],
    [`alice,bob,ETH,${"9".repeat(400)},0`, "FIELD_INVALID", "line 2: amount"],
    [`alice,L1,ETH,${2n ** 128n} wei,0`, "FIELD_INVALID", "line 2: amount"],
    [`alice,L1,ETH,${2n ** 128n - 1n} wei,1`, "FIELD_INVALID", "together"],
    ["alice,bob,ETH,1.23456789012345,0", "AMOUNT_NOT_REPRESENTABLE", "line 2: "],
    ["alice,bob,ETH,1,0.12345", "AMOUNT_NOT_REPRESENTABLE", "line 2: "],
    ["alice,bob,DOGE,1,0", "TOKEN_UNKNOWN", "line 2: token: DOGE"],
    [",bob,ETH,1,0", "FIELD_INVALID", "line 2: from"],
    ["L1,bob,ETH,1,0", "FIELD_INVALID", "line 2: from"],
    ["alice,bob,ETH,1", "CSV_MALFORMED", "line 2"],
    ['alice,"bob,ETH,1,0', "CSV_MALFORMED", "bad.csv"],
  ];
  for (const [row, code, named] of cases) {
    it(`are refused: ${row.slice(0, 40)}`, async () => {
      const path = await file("bad.csv", `${HEADER}\n${row}\n`);
      const { message } = await expectCode(code, () => readTransferList(path));
      expect(message).to.include(named);
    });
  }

  it("are refused where JSON's numbers are rounded", async () => {
    const list = (amount: string) => `[{"from": "a", "to": "b", "token": "ETH", "amount": ${amount}}]`;
    const [small] = await readTransferList(await file("small.json", list("0.000123")));
    expect(small!.amount).to.equal(123_000_000_000_000n);
    const rounded = await file("rounded.json", list("1234567.8901234567891"));
    await expectCode("FIELD_INVALID", () => readTransferList(rounded));
  });

  it("are refused, by the command too, where the file is missing, empty or malformed", async () => {
    await expectFailure("FILE_UNREADABLE", ["demo", "--transfers", join(folder, "nowhere.csv")]);
    await expectFailure("FIELD_INVALID", ["demo", "--transfers", await file("empty.csv", HEADER)]);
    await expectFailure("CSV_MALFORMED", ["demo", "--transfers", await file("columns.csv", "a,b\n1,2\n")]);
    await expectFailure("JSON_MALFORMED", ["demo", "--transfers", await file("cut.json", "[{")]);
    await expectFailure("FIELD_INVALID", ["demo", "--transfers", await file("object.json", "{}")]);
  });

  it("of a user are funded by deposits of what each sends", () => {
    const { deposits, transfers } = scenarioOf(EXPECTED);
    expect(transfers).to.equal(EXPECTED);
    expect(deposits).to.deep.equal([
      { wallet: "alice", token: 0, amount: 1_501_000_000_000_000_000n },
      { wallet: "3", token: 1, amount: 250n },
    ]);
  });

  it("show by default everything that the demonstration is for", () => {
    const { deposits, transfers } = DEFAULT_SCENARIO;
    expect(new Set(deposits.map(({ wallet }) => wallet)).size).to.be.at.least(8);
    expect(new Set(transfers.map(({ token }) => token))).to.deep.equal(new Set([0, 1]));
    expect(transfers.filter(({ from, to }) => from === to)).to.have.length.above(0);
    expect(transfers.filter(({ to }) => to === TO_L1)).to.have.length.above(1);
    for (const balance of expectedBalances(DEFAULT_SCENARIO).values()) expect(balance > 0n).to.equal(true);
    const received = (name: string) => transfers.filter(({ to }) => to === name).length;
    expect(received("carol"), "busy receiver").to.be.at.least(3);
    const carolsDeposit = deposits.find(({ wallet }) => wallet === "carol")!.amount;
    expect(transfers.find(({ from }) => from === "carol")!.amount > carolsDeposit, "spends what she receives").to.equal(
      true,
    );
  });
});
