import { expect } from "chai";
import { BrowserProvider, Transaction, type TransactionReceipt, type TransactionRequest } from "ethers";
import { sendToRollup } from "../../l1/send.ts";
import { expectCode } from "../support/errors.ts";
import { FollowedRollup, placeOf } from "../support/followed-rollup.ts";
import { rpcOf } from "../support/stores.ts";
import { GWEI, Miner, OPERATOR } from "../support/submitter.ts";
import { until } from "../support/until.ts";

describe("l1: a transaction that its sender replaces", () => {
  let world: FollowedRollup;
  let miner: Miner;
  let provider: BrowserProvider;
  before(async () => {
    world = await FollowedRollup.create();
    await world.fund();
    miner = new Miner(world);
    await miner.automine(false);
    const { provider: chain } = world.chain.connection;
    provider = new BrowserProvider(chain, undefined, { pollingInterval: 20, cacheTimeout: -1 });
  });
  after(async () => {
    provider.destroy();
    await world.close();
  });

  /** Requests a withdrawal, and has the same, but for the changes, mined in its place. */
  async function replaced(changes: TransactionRequest): Promise<{ sent: Promise<TransactionReceipt>; hash: string }> {
    const value = await world.chain.rollup.queueFee();
    const request = [placeOf("bob", 0), 0, { value }];
    const sent = sendToRollup(OPERATOR.connect(provider), world.address, "requestWithdrawal", request);
    sent.catch(() => undefined);
    const [{ to, data, nonce, gasLimit, chainId }] = (await miner.waiting(1)) as [Transaction];
    const fees = { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 90n * GWEI };
    const transaction = { type: 2, chainId, to, data, value, nonce, gasLimit, ...fees, ...changes };
    const raw = await OPERATOR.signTransaction(transaction);
    // Whoever waits has had a look before it is replaced.
    await until(async () => (await provider.listenerCount("block")) > 0 || undefined, "it to wait");
    await rpcOf(world)("eth_sendRawTransaction", [raw]);
    await miner.mine();
    return { sent, hash: Transaction.from(raw).hash! };
  }

  it("by the same with another fee has been sent", async () => {
    const { sent, hash } = await replaced({});
    expect(await sent).to.include({ hash, status: 1 });
  });

  it("by the same that fails was refused", async () => {
    const { sent } = await replaced({ gasLimit: 50_000 });
    await expectCode("L1_REVERTED", () => sent);
  });

  it("by another one has not been sent", async () => {
    const { sent } = await replaced({ to: OPERATOR.address, data: "0x" });
    await expectCode("L1_FAILED", () => sent);
  });
});
