import { expect } from "chai";
import { HDNodeWallet, Transaction, type BaseWallet } from "ethers";
import fc from "fast-check";
import { isTooDear, offer, type Caps, type Fees } from "../../../node/submitter/fees.ts";
import { GLAMSTERDAM, OSAKA } from "../../../l1/gas-schedule.ts";
import { BatchGas, PRICED } from "../../../l1/batch-gas.ts";
import { quote } from "../../../node/submitter/quote.ts";
import MEASURED from "../../contracts/gas.json" with { type: "json" };
import { Nonces } from "../../../node/submitter/nonces.ts";
import { refusalOf, type Refusal } from "../../../node/submitter/refusals.ts";
import { expectCode } from "../../support/errors.ts";
import { ConfirmedByRepeats } from "../../../node/submitter/confirmed-by-repeats.ts";
import { feeFloat } from "../../../protocol/float.ts";
import { MemoryJournal } from "../../support/node/submitter.ts";

const GWEI = 10n ** 9n;
const wei = fc.bigInt({ min: 1n, max: 10_000n * GWEI });
const market = fc.record({ baseFee: wei, priorityFee: wei });

describe("node: fees of transactions", () => {
  const capped = (gas: bigint, blobGas = 0n): Caps => ({ gas, blobGas });

  it("room for six full blocks, the tip of the day, and no more than the cap", () => {
    const today = { baseFee: 30n * GWEI, priorityFee: 2n * GWEI };
    expect(offer(today, capped(100n * GWEI))).to.deep.equal({
      maxFeePerGas: 62n * GWEI,
      maxPriorityFeePerGas: 2n * GWEI,
    });
    expect(offer(today, capped(40n * GWEI))).to.deep.equal({
      maxFeePerGas: 40n * GWEI,
      maxPriorityFeePerGas: 2n * GWEI,
    });
    const [needed, cap] = [32n * GWEI, 32n * GWEI - 1n];
    expect(offer(today, capped(cap))).to.deep.equal({ what: "gas", needed, cap });
  });

  it("of a blob's gas room for twelve blocks, and no more than its own cap", () => {
    const today = { baseFee: 30n, priorityFee: 2n, blobBaseFee: 7n };
    const others = { maxFeePerGas: 62n, maxPriorityFeePerGas: 2n };
    expect(offer(today, capped(99n, 99n))).to.deep.equal({ ...others, maxFeePerBlobGas: 28n });
    expect(offer(today, capped(99n, 9n))).to.deep.equal({ ...others, maxFeePerBlobGas: 9n });
    expect(offer(today, capped(99n, 6n))).to.deep.equal({ what: "blob gas", needed: 7n, cap: 6n });
    expect(offer(today, capped(31n, 6n))).to.deep.equal({ what: "gas", needed: 32n, cap: 31n });
  });

  it("what replaces a transaction offers an eighth more of both, whatever gas costs by then", () => {
    fc.assert(
      fc.property(market, wei, wei, wei, (today, cap, tip, room) => {
        const replaced: Fees = { maxFeePerGas: tip + room, maxPriorityFeePerGas: tip };
        const fees = offer(today, capped(cap), replaced);
        if (isTooDear(fees)) return void expect(fees.needed > cap && fees.cap === cap).to.equal(true);
        expect(fees.maxFeePerGas <= cap).to.equal(true);
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).to.equal(true);
        expect(fees.maxFeePerGas >= today.baseFee + fees.maxPriorityFeePerGas).to.equal(true);
        for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
          expect(fees[fee] * 8n >= replaced[fee] * 9n).to.equal(true);
        }
      }),
    );
  });

  it("what replaces one with a blob offers twice as much of all three, each below its cap", () => {
    fc.assert(
      fc.property(market, wei, fc.tuple(wei, wei), fc.tuple(wei, wei, wei), (gas, blobBaseFee, caps, before) => {
        const [tip, room, maxFeePerBlobGas] = before;
        const replaced: Fees = { maxFeePerGas: tip + room, maxPriorityFeePerGas: tip, maxFeePerBlobGas };
        const today = { ...gas, blobBaseFee };
        const fees = offer(today, capped(...caps), replaced);
        if (isTooDear(fees)) {
          const ofBlob = fees.what === "blob gas";
          expect(fees.needed > fees.cap && fees.cap === caps[ofBlob ? 1 : 0]).to.equal(true);
          const least = ofBlob
            ? [blobBaseFee, 2n * maxFeePerBlobGas]
            : [gas.baseFee + gas.priorityFee, 2n * (tip + room)];
          expect(least.some((fee) => fee > fees.cap) || fees.needed === gas.baseFee + 2n * tip).to.equal(true);
          return;
        }
        expect(fees.maxFeePerGas <= caps[0] && fees.maxFeePerBlobGas! <= caps[1]).to.equal(true);
        expect(fees.maxFeePerBlobGas! >= blobBaseFee).to.equal(true);
        for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas"] as const) {
          expect(fees[fee]! >= 2n * replaced[fee]!).to.equal(true);
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
    [
      "underpriced",
      "max fee per blob gas less than block blob gas fee: address 0x12, blobGasFeeCap: 1, blobBaseFee: 7",
    ],
    ["underpriced", "Block `blob_gas_price` is greater than tx-specified `max_fee_per_blob_gas`"],
    [
      "underpriced",
      "Transaction maxFeePerBlobGas (0) is too low for the next block, which has a baseFeePerBlobGas of 1",
    ],
    [
      "underpriced",
      "replacement transaction underpriced: new tx blob gas fee cap 3 <= 2 queued + 100% replacement penalty",
    ],
    ["wait", "address already reserved"],
    ["wait", "PendingTxsOfConflictingType"],
    ["other", "blob sidecar of version 0 is not accepted; version 1 is required"],
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
      journal.add({ first: 900 + nonce, last: 900 + nonce, nonce, hash: Transaction.from(raw).hash!, raw });
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
    nonces.take({ first: 28, last: 29 }, 7);
    expect(await nonces.choose(30, 5)).to.equal(8);
    nonces.free({ first: 28, last: 29 });
    expect(await nonces.choose(30, 5)).to.equal(5);
  });

  it("are no earlier batch's, but may be a later one's, which fails unless it comes later", async () => {
    const nonces = await noncesOf(8, [6, 7]);
    nonces.take({ first: 28, last: 28 }, 6);
    expect(await nonces.choose(30, 5)).to.equal(7);
    nonces.take({ first: 31, last: 32 }, 7);
    expect(await nonces.choose(30, 5)).to.equal(7);
  });

  it("are not looked for among more transactions than an account can have waiting", async () => {
    const nonces = await noncesOf(2 ** 51);
    await expectCode("RPC_INCONSISTENT", () => nonces.choose(30, 5));
  });

  it("lie behind a gap where a lower one is missing that no batch is under way with", async () => {
    const nonces = await noncesOf(5);
    expect([await nonces.isBehindGap(5), await nonces.isBehindGap(6)]).to.deep.equal([false, true]);
    nonces.take({ first: 29, last: 29 }, 5);
    expect(await nonces.isBehindGap(6)).to.equal(false);
  });
});

describe("node: findings", () => {
  it("are believed when several looks in a row agree, and forgotten by one that does not", () => {
    const steady = new ConfirmedByRepeats(3);
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
  /** Gas of batches of this many transfers, of which the last one took 264,000 besides its rows. */
  const gasOf = (transfers: number): BatchGas => {
    const gas = new BatchGas(transfers);
    gas.add(264_000n, { l1Operations: 0, withdrawals: 0, transfers: 0 });
    return gas;
  };
  const request = { token: 0, market, gas: gasOf(64), price: 10n ** 18n, charge: true };
  const transferGas = BatchGas.TRANSFER + 4125;

  it("ask for a transfer's share of a full batch, rounded up to what a fee can be, and a quarter more to be safe", () => {
    const { gasPrice, transfer } = quote(request);
    expect(gasPrice).to.equal(10n * GWEI);
    expect(transfer.gas).to.equal(transferGas);
    expect(transfer.minimum).to.equal(4_405n * 10n ** 10n + 5n * 10n ** 10n);
    expect(transfer.fee).to.equal(5_510n * 10n ** 10n);
    expect(quote({ ...request, charge: false }).transfer).to.deep.equal({ ...transfer, minimum: 0n });
  });

  it("ask for the rows of openings and withdrawals too, and for a credit that L1 must store, by its fork's rules", () => {
    const { opening, withdrawal, firstWithdrawal } = quote(request);
    expect(opening.gas).to.equal(transferGas + BatchGas.L1_OPERATION);
    expect(withdrawal.gas).to.equal(4125 + BatchGas.WITHDRAWAL + OSAKA.changedSlot);
    expect(firstWithdrawal.gas).to.equal(4125 + BatchGas.WITHDRAWAL + OSAKA.newSlot);
    const later = gasOf(64);
    later.schedule = GLAMSTERDAM;
    const { gas, minimum } = quote({ ...request, gas: later }).firstWithdrawal;
    expect(gas).to.equal(4125 + BatchGas.WITHDRAWAL + GLAMSTERDAM.newSlot);
    expect(minimum >= BigInt(gas) * 10n * GWEI).to.equal(true);
  });

  it("are not below what rows were measured to take: test/contracts/gas.json", () => {
    expect(BatchGas.TRANSFER).to.be.at.least(MEASURED["a transfer, without the verifier's share"]);
    expect(BatchGas.L1_OPERATION).to.be.at.least(MEASURED["a creation in a batch"]);
    expect(BatchGas.WITHDRAWAL + OSAKA.newSlot).to.be.at.least(MEASURED["a withdrawal in a batch, new credit"]);
  });

  it("ask for a transfer's share of what the batch's bytes cost, where a rollup serves as L1", () => {
    const dataFee = 64n * 1_000n * GWEI - 1n;
    const { wei, minimum } = quote({ ...request, dataFee }).transfer;
    expect(wei).to.equal(45_050n * GWEI);
    expect(minimum).to.equal(4_510n * 10n ** 10n);
  });

  it("ask for a token's worth of it, by the operator's price", () => {
    // A dollar has six decimals, an ether costs 2,500: 44,050 gwei are 0.110125 dollars.
    const { fee, minimum } = quote({ ...request, token: 3, price: 2_500_000_000n }).transfer;
    expect([minimum, fee]).to.deep.equal([110_200n, 137_700n]);
  });

  it("can always be paid: fees that are representable, and enough", () => {
    fc.assert(
      fc.property(wei, wei, fc.bigInt({ min: 1n, max: 10n ** 24n }), (baseFee, priorityFee, price) => {
        const prices = quote({ ...request, market: { baseFee, priorityFee }, price });
        for (const kind of PRICED) {
          const { gas, fee, minimum } = prices[kind];
          for (const amount of [fee, minimum]) expect(feeFloat.decode(feeFloat.encode(amount))).to.equal(amount);
          expect(minimum * 10n ** 18n >= BigInt(gas) * prices.gasPrice * price && fee >= minimum).to.equal(true);
        }
      }),
    );
  });

  it("measure a batch by the median of the last ones, without its rows", () => {
    const rows = { l1Operations: 0, withdrawals: 0, transfers: 0 };
    const gas = new BatchGas(64);
    expect(gas.typical).to.equal(BatchGas.EXPECTED);
    gas.add(300_000n, { ...rows, transfers: 10 });
    gas.add(900_000n, { ...rows, withdrawals: 3 });
    gas.add(281_000n, { ...rows, transfers: 40, l1Operations: 2 });
    expect(gas.typical).to.equal(300_000 - 10 * BatchGas.TRANSFER);
    for (let i = 0; i < 9; i++) gas.add(500_000n, rows);
    expect(gas.typical).to.equal(500_000);
    const [batch, [withdrawal, first]] = [
      { ...rows, withdrawals: 2 },
      [gas.of("withdrawal"), gas.of("firstWithdrawal")],
    ];
    const share = Math.ceil(500_000 / 64);
    expect(gas.ofBatch(batch, 1)).to.equal(500_000 + withdrawal + first - 2 * share);
  });
});
