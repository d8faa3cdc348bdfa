import { expect } from "chai";
import { concat, hexlify, toBeHex, zeroPadValue } from "ethers";
import { ROLLUP } from "../../../l1/contract.ts";
import type { ProvenBatch } from "../../../node/submitter/submission.ts";
import { FollowedRollup } from "../../support/node/followed-rollup.ts";
import { expectStateOf, follow } from "../../support/node/stores.ts";

const word = (value: bigint | number): string => toBeHex(value, 32);

// Solidity takes calldata that no library writes. Whoever submits must not be able to keep nodes from reading a batch.
describe("node: batches in calldata laid out in another way", () => {
  let world: FollowedRollup;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
  });
  after(() => world.close());

  const layouts: Readonly<Record<string, (batch: ProvenBatch) => string>> = {
    "the words last, and no padding behind them": (batch) => calldata(batch, { first: "refunds" }),
    "bytes behind the end": (batch) => calldata(batch, { behind: "0xc0ffee" }),
    "a hole before the words": (batch) => calldata(batch, { before: `0x${"5a".repeat(45)}` }),
  };
  for (const [name, layout] of Object.entries(layouts)) {
    it(name, async () => {
      await world.deposit("alice", 0, 1234n);
      await world.forceWithdrawal("carol", 4095, 0);
      const data = layout(await world.proven({ spends: [{ from: "bob", to: "alice", amount: 70n, fee: 3n }] }));
      await world.chain.signers["operator"]!.sendTransaction({ to: world.address, data });
      const store = await follow(world, { rereads: 0 });
      await expectStateOf(world, store);
      store.close();
    });
  }

  it("but not bits beside an address, which nodes could not read", async () => {
    await world.deposit("alice", 0, 1234n);
    const batch = await world.proven();
    const refundAddresses = batch.refundAddresses.map((address) => `0x01${zeroPadValue(address, 32).slice(4)}`);
    const operator = world.chain.signers["operator"]!;
    const send = (changes: Partial<ProvenBatch>) =>
      operator.sendTransaction({ to: world.address, data: calldata({ ...batch, ...changes }, {}) });
    const beneficiary = `0x01${zeroPadValue(batch.beneficiary, 32).slice(4)}`;
    for (const changes of [{ refundAddresses }, { beneficiary }]) {
      await expect(send(changes)).to.be.revertedWithoutReason(world.chain.connection.ethers);
    }
    await send({});
  });
});

interface Layout {
  readonly first?: "words" | "refunds";
  readonly before?: string;
  readonly behind?: string;
}

/** A call of `submitBatch` with its two parts of variable length where the layout wants them. */
function calldata(
  { size, proof, c, words, refundAddresses, beneficiary }: ProvenBatch,
  { first = "words", before = "0x", behind = "0x" }: Layout,
): string {
  const refunds = [word(refundAddresses.length), ...refundAddresses.map((address) => zeroPadValue(address, 32))];
  const parts = { words: concat([word(words.length), words]), refunds: concat(refunds) };
  const second = first === "words" ? "refunds" : "words";
  const start = 32 * (1 + proof.length + 1 + 2 + 1) + bytesOf(before);
  const at = { [first]: start, [second]: start + bytesOf(parts[first]) };
  const head = [size, ...proof, c, at["words"]!, at["refunds"]!].map(word).concat(zeroPadValue(beneficiary, 32));
  return concat([ROLLUP.getFunction("submitBatch")!.selector, ...head, before, parts[first], parts[second], behind]);
}

const bytesOf = (hex: string): number => hexlify(hex).length / 2 - 1;
