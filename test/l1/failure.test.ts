import { expect } from "chai";
import { makeError } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { l1Failure, Reverted } from "../../l1/failure.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";

/** As ethers wraps what a node answers and it does not know. */
const uncoalesced = (code: number, message: string, data?: unknown): Error =>
  makeError("could not coalesce error", "UNKNOWN_ERROR", {
    error: { code, message, data },
    payload: { method: "eth_call" },
  } as never);

/** What nodes and signers say, and the code that it gets. */
const SAID: readonly (readonly [ErrorCode, unknown])[] = [
  // Geth, Nethermind, Besu, Reth, Anvil, Hardhat
  [
    "L1_FUNDS_MISSING",
    uncoalesced(-32000, "insufficient funds for gas * price + value: balance 0, tx cost 210, overshot 210"),
  ],
  [
    "L1_FUNDS_MISSING",
    uncoalesced(-32010, "InsufficientFunds, Account balance: 0, cumulative cost: 210; insufficient balance"),
  ],
  ["L1_FUNDS_MISSING", uncoalesced(-32004, "Upfront cost exceeds account balance")],
  ["L1_FUNDS_MISSING", uncoalesced(-32003, "Insufficient funds for gas * price + value")],
  [
    "L1_FUNDS_MISSING",
    uncoalesced(-32000, "Sender doesn't have enough funds to send tx. The max upfront cost is: 210"),
  ],
  [
    "L1_FUNDS_MISSING",
    makeError("insufficient funds for intrinsic transaction cost", "INSUFFICIENT_FUNDS", {} as never),
  ],
  ["L1_FAILED", makeError("nonce has already been used", "NONCE_EXPIRED", {} as never)],
  ["L1_FAILED", uncoalesced(-32000, "replacement transaction underpriced")],
  [
    "L1_FAILED",
    uncoalesced(-32000, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 2"),
  ],
  ["L1_FAILED", makeError("user rejected action", "ACTION_REJECTED", {} as never)],
  ["RPC_RATE_LIMITED", uncoalesced(429, "Your app has exceeded its compute units per second capacity")],
  ["RPC_RATE_LIMITED", makeError("server response 429 Too Many Requests", "SERVER_ERROR", {} as never)],
  ["NETWORK_UNREACHABLE", makeError("server response 502 Bad Gateway", "SERVER_ERROR", {} as never)],
  ["NETWORK_UNREACHABLE", Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })],
  ["NETWORK_UNREACHABLE", new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND no.such.host") })],
  ["NETWORK_UNREACHABLE", makeError("request timeout", "TIMEOUT", {} as never)],
  ["L1_REVERTED", makeError("missing revert data", "CALL_EXCEPTION", {} as never)],
  ["L1_FAILED", new Error("something else\nand its details")],
  ["ROLLUP_FROZEN", uncoalesced(3, "execution reverted", ROLLUP.encodeErrorResult("RollupFrozen", []))],
  ["ROLLUP_NOT_FROZEN", uncoalesced(3, "execution reverted", ROLLUP.encodeErrorResult("NotYetFreezable", [7n]))],
  ["DEPOSITS_PAUSED", uncoalesced(3, "execution reverted", ROLLUP.encodeErrorResult("DepositsArePaused", []))],
  ["TOKEN_UNKNOWN", uncoalesced(3, "execution reverted", ROLLUP.encodeErrorResult("UnknownToken", [9]))],
];

describe("l1: what goes wrong there", () => {
  it("has a code, and its own words in place of ethers'", () => {
    for (const [code, error] of SAID) {
      const failure = l1Failure("deposit", error);
      expect(failure.code, failure.message).to.equal(code);
      expect(failure.message)
        .to.match(/^deposit: \S/)
        .and.not.include("coalesce")
        .and.not.include("\n");
    }
  });

  it("is told by the contract's or the token's own error, and what that means", () => {
    const message = (data: string): string => l1Failure("pull", uncoalesced(3, "execution reverted", data)).message;
    const nothing = ROLLUP.encodeErrorResult("NothingToWithdraw", [1, `0x${"11".repeat(20)}`]);
    expect(message(nothing)).to.equal(
      `pull: the contract answers NothingToWithdraw(1, 0x${"11".repeat(20)}): nothing of the token is there to be paid out`,
    );
    // Error("paused") and ERC-20's error of OpenZeppelin's.
    const text = `0x08c379a0${"20".padStart(64, "0")}${"6".padStart(64, "0")}${Buffer.from("paused").toString("hex").padEnd(64, "0")}`;
    expect(message(text)).to.equal("pull: the contract answers Error(paused)");
    const poor = `0xe450d38c${"11".repeat(20).padStart(64, "0")}${"5".padStart(64, "0")}${"9".padStart(64, "0")}`;
    expect(message(poor)).to.include("the L1 account has less of the token than that");
  });

  it("stays what it is if it has a code", () => {
    const error = new SheafError("ROLLUP_FROZEN", "frozen");
    expect(l1Failure("deposit", error)).to.equal(error);
    const mined = makeError("transaction execution reverted", "CALL_EXCEPTION", { receipt: {} } as never);
    expect((l1Failure("deposit", mined) as Reverted).reason).to.equal("mined in vain");
  });
});
