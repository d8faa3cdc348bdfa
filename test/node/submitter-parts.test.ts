import { expect } from "chai";
import { HDNodeWallet, Transaction, type BaseWallet } from "ethers";
import fc from "fast-check";
import { leastFee, offer, type Fees } from "../../node/submitter/fees.ts";
import { BatchGas, quote, TRANSFER_GAS } from "../../node/submitter/quote.ts";
import { Nonces } from "../../node/submitter/nonces.ts";
import { refusalOf, type Refusal } from "../../node/submitter/refusals.ts";
import { Steady } from "../../node/submitter/steady.ts";
import { feeFloat } from "../../protocol/float.ts";
import { MemoryJournal } from "../support/submitter.ts";

const GWEI = 10n ** 9n;
const wei = fc.bigInt({ min: 1n, max: 10_000n * GWEI });
const market = fc.record({ baseFee: wei, priorityFee: wei });

describe("node: fees of transactions", () => {
  it("room for six full blocks, the tip of the day, and no more than the cap", () => {
    const today = { baseFee: 30n * GWEI, priorityFee: 2n * GWEI };
    expect(offer(today, 100n * GWEI)).to.deep.equal({ maxFeePerGas: 62n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    expect(offer(today, 40n * GWEI)).to.deep.equal({ maxFeePerGas: 40n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    expect(offer(today, 32n * GWEI - 1n)).to.equal(undefined);
    expect(leastFee(today)).to.equal(32n * GWEI);
  });

  it("what replaces a transaction offers an eighth more of both, whatever gas costs by then", () => {
    fc.assert(
      fc.property(market, wei, wei, wei, (today, cap, tip, room) => {
        const replaced: Fees = { maxFeePerGas: tip + room, maxPriorityFeePerGas: tip };
        const fees = offer(today, cap, replaced);
        const needed = leastFee(today, replaced);
        if (fees === undefined) return void expect(needed > cap).to.equal(true);
        expect(needed <= fees.maxFeePerGas && fees.maxFeePerGas <= cap).to.equal(true);
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).to.equal(true);
        expect(fees.maxFeePerGas >= today.baseFee + fees.maxPriorityFeePerGas).to.equal(true);
        for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
          expect(fees[fee] * 8n >= replaced[fee] * 9n).to.equal(true);
        }
      }),
    );
  });
});

describe("node: refusals of transactions", () => {
  const MESSAGES: readonly [Refusal, string][] = [
    ["known", "already known"],
    ["known", "AlreadyKnown"],
    ["known", "Known transaction: 0x1234"],
    ["spent", "nonce too low: next nonce 8, tx nonce 7"],
    ["spent", "OldNonce, Current nonce: 8, nonce of rejected tx: 7"],
    ["spent", "Nonce too low. Expected nonce to be 8 but got 7."],
    ["underpriced", "replacement transaction underpriced"],
    ["underpriced", "transaction underpriced: tip needed 2, tip permitted 1"],
    ["underpriced", "max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1, baseFee: 7"],
    ["underpriced", "ReplacementNotAllowed"],
    ["underpriced", "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1"],
    ["underpriced", "could not replace existing tx"],
    ["underpriced", "Gas price below configured minimum gas price"],
    ["underpriced", "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7"],
    [
      "underpriced",
      "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 9 is necessary to replace the existing transaction with nonce 7.",
    ],
    ["wait", "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000"],
    ["wait", "Sender doesn't have enough funds to send tx. The max upfront cost is: 5 and the sender's balance is: 4."],
    ["wait", "Upfront cost exceeds account balance"],
    ["wait", "txpool is full"],
    ["wait", "NonceGap, Future nonce. Expected nonce: 7"],
    [
      "wait",
      "Nonce too high. Expected nonce to be 7 but got 9. Note that transactions can't be queued when automining.",
    ],
    ["wait", "internal error"],
    ["other", "invalid sender"],
    ["other", "exceeds block gas limit"],
    ["other", "transaction type not supported"],
  ];
  for (const [refusal, message] of MESSAGES) {
    it(`${refusal}: ${message.slice(0, 60)}`, () => {
      expect(refusalOf(message)).to.equal(refusal);
    });
  }
});

describe("node: nonces of batches under way", () => {
  const OWN = HDNodeWallet.createRandom();

  /** Nonces of an account, some of whose transactions wait in a mempool; a journal knows of those with `known` nonces. */
  async function noncesOf(pending: number, known: readonly number[] = [], signer: BaseWallet = OWN): Promise<Nonces> {
    const journal = new MemoryJournal();
    for (const nonce of known) {
      const raw = await signer.signTransaction({ type: 2, chainId: 1, nonce, to: OWN.address, gasLimit: 21_000 });
      journal.add({ batchNumber: 900 + nonce, nonce, hash: Transaction.from(raw).hash!, raw });
    }
    return new Nonces(
      { address: OWN.address, nonce: () => Promise.resolve(pending), knows: () => Promise.resolve(true) },
      journal,
    );
  }

  it("are the next that no transaction waits with", async () => {
    expect(await (await noncesOf(5)).choose(30, 5)).to.equal(5);
    expect(await (await noncesOf(8)).choose(30, 5)).to.equal(8);
  });

  it("are those of our own transactions that bring no batch any more, not of another account's", async () => {
    expect(await (await noncesOf(8, [6])).choose(30, 5)).to.equal(6);
    expect(await (await noncesOf(8, [6], HDNodeWallet.createRandom())).choose(30, 5)).to.equal(8);
  });

  it("come after that of the batch before, though one before it is free", async () => {
    const nonces = await noncesOf(5);
    nonces.take(29, 7);
    expect(await nonces.choose(30, 5)).to.equal(8);
    nonces.free(29);
    expect(await nonces.choose(30, 5)).to.equal(5);
  });

  it("are no other batch's", async () => {
    const nonces = await noncesOf(8, [6, 7]);
    nonces.take(31, 6);
    expect(await nonces.choose(30, 5)).to.equal(7);
    nonces.take(32, 7);
    expect(await nonces.choose(30, 5)).to.equal(8);
  });

  it("lie behind a gap where a lower one is missing that no batch is under way with", async () => {
    const nonces = await noncesOf(5);
    expect([await nonces.isBehindGap(5), await nonces.isBehindGap(6)]).to.deep.equal([false, true]);
    nonces.take(29, 5);
    expect(await nonces.isBehindGap(6)).to.equal(false);
  });
});

describe("node: findings", () => {
  it("are believed when several looks in a row agree, and forgotten by one that does not", () => {
    const steady = new Steady(3);
    const looks = (findings: readonly (readonly string[])[]): boolean[] =>
      findings.map((found) => {
        steady.next();
        return found.map((what) => steady.found(what)).some(Boolean);
      });
    expect(looks([["a"], ["a", "b"], ["b"], ["a", "b"], ["a"], ["a"]])).to.deep.equal([
      ...[false, false, false],
      ...[true, false, true],
    ]);
  });
});

describe("node: quotes", () => {
  const market = { baseFee: 9n * GWEI, priorityFee: GWEI };
  const request = { market, transfers: 64, batchGas: 264_000, prices: new Map([[3, 2_500_000_000n]]) };

  it("ask for a transfer's share of a full batch, rounded up to what a fee can be", () => {
    const { gasPrice, gasPerTransfer, weiPerTransfer, fee, minimum } = quote({ ...request, token: 0 });
    expect(gasPrice).to.equal(10n * GWEI);
    expect(gasPerTransfer).to.equal(TRANSFER_GAS + 4125);
    expect(weiPerTransfer).to.equal(43_950n * GWEI);
    expect(fee).to.equal(4_400n * 10n ** 10n);
    expect(minimum).to.equal(fee / 2n);
  });

  it("ask for a transfer's share of what the batch's bytes cost, where a rollup serves as L1", () => {
    const dataFee = 64n * 1_000n * GWEI - 1n;
    const { weiPerTransfer, fee } = quote({ ...request, dataFee, token: 0 });
    expect(weiPerTransfer).to.equal(44_950n * GWEI);
    expect(fee).to.equal(4_500n * 10n ** 10n);
  });

  it("ask for a token's worth of it, by the operator's price", () => {
    // A dollar has six decimals, an ether costs 2,500: 43,950 gwei are 0.109875 dollars.
    expect(quote({ ...request, token: 3 }).fee).to.equal(109_900n);
  });

  it("ask for nothing in a token without a price", () => {
    expect(quote({ ...request, token: 4 })).to.deep.include({ token: 4, fee: 0n, minimum: 0n });
  });

  it("can always be paid: fees that are representable, and enough", () => {
    fc.assert(
      fc.property(wei, wei, fc.bigInt({ min: 1n, max: 10n ** 24n }), (baseFee, priorityFee, price) => {
        const prices = new Map([[5, price]]);
        const { fee, weiPerTransfer } = quote({ ...request, market: { baseFee, priorityFee }, token: 5, prices });
        expect(feeFloat.decode(feeFloat.encode(fee))).to.equal(fee);
        expect(fee * 10n ** 18n >= weiPerTransfer * price).to.equal(true);
      }),
    );
  });

  it("measure a batch by the median of the last ones", () => {
    const gas = new BatchGas();
    expect(gas.typical).to.equal(BatchGas.EXPECTED);
    for (const [used, transfers] of [
      [300_000, 10],
      [900_000, 3],
      [281_000, 40],
    ] as const) {
      gas.add(BigInt(used), transfers);
    }
    expect(gas.typical).to.equal(300_000 - 10 * TRANSFER_GAS);
    for (let i = 0; i < 9; i++) gas.add(500_000n, 0);
    expect(gas.typical).to.equal(500_000);
  });
});
