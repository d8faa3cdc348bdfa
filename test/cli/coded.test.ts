import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeError } from "ethers";
import { expect } from "chai";
import { coded } from "../../cli/support/failure.ts";
import { newFolder } from "../support/folders.ts";

describe("errors that nobody gave a code", () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };

  it("of the disk and of L1 get one, wherever they come from", () => {
    const folder = newFolder();
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    expect(coded(full).code).to.equal("FILE_UNWRITABLE");
    expect(coded(new Error("a library gave up", { cause: full })).code).to.equal("FILE_UNWRITABLE");
    expect(coded(thrownBy(() => readFileSync(join(folder, "none")))).code).to.equal("FILE_UNREADABLE");
    writeFileSync(join(folder, "file"), "");
    expect(coded(thrownBy(() => mkdirSync(join(folder, "file", "below")))).code).to.equal("FILE_UNWRITABLE");
    expect(coded(makeError("server response 502", "SERVER_ERROR", {} as never)).code).to.equal("NETWORK_UNREACHABLE");
  });

  it("are unexpected otherwise, with the first line of their message", () => {
    for (const error of [new Error("one\ntwo"), "one"])
      expect(coded(error)).to.include({ code: "UNEXPECTED", message: "one" });
    for (const error of [undefined, null, 7]) expect(coded(error).code).to.equal("UNEXPECTED");
  });
});
