import { expect } from "chai";
import { domainOf } from "../../protocol/challenge.ts";
import { PROTOCOL_VERSION } from "../../protocol/constants.ts";
import { requireVersion, requireVersionOf } from "../../protocol/versions.ts";
import { expectCode } from "../support/errors.ts";

describe("protocol: versions", () => {
  it("are this release's, or another release is named", async () => {
    requireVersion("the manifest", PROTOCOL_VERSION);
    const earlier = await expectCode("PROTOCOL_VERSION_WRONG", () => requireVersion("the manifest", 1));
    expect(earlier.message).to.match(/^the manifest is of version 1 .* use release 0\.1, which has the tag v0\.1$/);
    const later = await expectCode("PROTOCOL_VERSION_WRONG", () => requireVersion("it", PROTOCOL_VERSION + 1));
    expect(later.message).to.include("use a release that knows it");
  });

  it("are told by a rollup's domain", async () => {
    const [chainId, rollup] = [5n, 0x1234n];
    requireVersionOf(domainOf(chainId, rollup), chainId, rollup);
    // Another rollup's is not another version's.
    requireVersionOf(domainOf(chainId, rollup + 1n, 1), chainId, rollup);
    await expectCode("PROTOCOL_VERSION_WRONG", () => requireVersionOf(domainOf(5n, rollup, 1), chainId, rollup));
  });
});
