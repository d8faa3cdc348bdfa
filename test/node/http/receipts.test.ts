import { expect } from "chai";
import { AbiCoder, id } from "ethers";
import { GAS_PRICE_ORACLE } from "../../../l1/data-fee.ts";
import { Receipts } from "../../../node/http/receipts.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";

const TRANSACTION = `0x${"7a".repeat(32)}`;
const GAS = { gasUsed: 300_000, gasPrice: 5n };

/** A node of a chain with an oracle that knows these functions, or of one without any. */
function nodeWith(oracle: Readonly<Record<string, bigint>> | undefined, receipt: object, calls: string[] = []): Rpc {
  return async (method, params) => {
    calls.push(method);
    if (method === "eth_getTransactionReceipt") return { gasUsed: "0x493e0", effectiveGasPrice: "0x5", ...receipt };
    if (method === "eth_getTransactionByHash") return { input: "0x1234" };
    const [{ to, data }] = params as [{ to: string; data: string }];
    expect([method, to]).to.deep.equal(["eth_call", GAS_PRICE_ORACLE]);
    if (oracle === undefined) return "0x";
    const [, answer] = Object.entries(oracle).find(([name]) => data.startsWith(id(name).slice(0, 10))) ?? [];
    if (answer === undefined) throw new RpcError(3, "execution reverted");
    return AbiCoder.defaultAbiCoder().encode(["uint256"], [answer]);
  };
}

describe("what a batch has cost on L1", () => {
  const costBy = (rpc: Rpc) => new Receipts(rpc).of(TRANSACTION);
  const ALL = { "getL1Fee(bytes)": 70n, "getOperatorFee(uint256)": 9n };

  it("is its gas, where nothing else is charged, which is asked twice, and never again", async () => {
    const calls: string[] = [];
    const receipts = new Receipts(nodeWith(undefined, {}, calls));
    for (const byte of ["7a", "7b"]) expect(await receipts.of(`0x${byte.repeat(32)}`)).to.deep.equal(GAS);
    expect(calls.filter((method) => method !== "eth_getTransactionReceipt")).to.deep.equal(["eth_call", "eth_call"]);
  });

  it("is besides what a rollup that serves as L1 charged, or would charge now", async () => {
    expect(await costBy(nodeWith(ALL, { l1Fee: "0x32" }))).to.deep.equal({ ...GAS, dataFee: 59n });
    expect(await costBy(nodeWith(ALL, {}))).to.deep.equal({ ...GAS, dataFee: 79n });
    const old = { "getL1Fee(bytes)": 70n };
    expect(await costBy(nodeWith(old, {}))).to.deep.equal({ ...GAS, dataFee: 70n });
  });
});
