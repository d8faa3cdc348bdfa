import { expect } from "chai";
import { BrowserProvider, Transaction, type Signer, type TransactionReceipt, type TransactionRequest } from "ethers";
import { sendToRollup, type SendOptions } from "../../l1/send.ts";
import { expectCode } from "../support/errors.ts";
import { FollowedRollup, placeOf } from "../support/node/followed-rollup.ts";
import { rpcOf } from "../support/node/stores.ts";
import { GWEI, Miner, OPERATOR } from "../support/node/submitter.ts";
import { until } from "../support/until.ts";

describe("l1: a transaction that is not mined as it was sent", () => {
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

  /** Requests a withdrawal, and does not wait for long. */
  async function tried(
    options: SendOptions = {},
    by: Signer = OPERATOR.connect(provider),
  ): Promise<TransactionReceipt> {
    const value = 2n * (await world.chain.rollup.queueFee());
    const request = [placeOf("carol", 0), 0, { value }];
    return sendToRollup(by, world.address, "requestWithdrawal", request, undefined, { patience: 300, ...options });
  }
  const tail = async (): Promise<bigint> => (await world.chain.rollup.queueBounds())[1];

  it("is named where it is not mined in time, and found by the next try, before it is mined and after", async () => {
    const before = await tail();
    const error = await expectCode("L1_UNCONFIRMED", () => tried());
    const [waiting] = await miner.waiting(1);
    expect(error.message).to.contain(waiting!.hash!);
    expect((await expectCode("L1_UNCONFIRMED", () => tried())).message).to.contain(waiting!.hash!);
    await miner.waiting(1);
    await miner.mine();
    expect(await tried()).to.include({ hash: waiting!.hash, status: 1 });
    expect(await tail()).to.equal(before + 1n);
    // It is done: who asks again means another one.
    const again = tried({ patience: 60_000 });
    await miner.waiting(1);
    await miner.mine();
    expect((await again).hash).to.not.equal(waiting!.hash);
    expect(await tail()).to.equal(before + 2n);
  });

  it("leaves its nonce to the next try where L1's node has dropped it, so that both cannot happen", async () => {
    const before = await tail();
    await expectCode("L1_UNCONFIRMED", () => tried());
    const [dropped] = await miner.waiting(1);
    await miner.drop(dropped!.hash!);
    await expectCode("L1_UNCONFIRMED", () => tried());
    const [second] = await miner.waiting(1);
    expect(second!.nonce).to.equal(dropped!.nonce);
    await miner.mine();
    await tried();
    expect(await tail()).to.equal(before + 1n);
  });

  it("is named where no answer comes to it, and is waited for by whoever does not know it", async () => {
    const before = await tail();
    const mute = new BrowserProvider(
      {
        request: async ({ method, params }) => {
          const answer = await rpcOf(world)(method, (params ?? []) as readonly unknown[]);
          if (method === "eth_sendRawTransaction") throw new Error("socket hang up");
          return answer;
        },
      },
      undefined,
      { cacheTimeout: -1 },
    );
    const error = await expectCode("L1_UNCONFIRMED", () => tried({}, OPERATOR.connect(mute)));
    const [waiting] = await miner.waiting(1);
    expect(error.message).to.contain(waiting!.hash!);
    // As after the process has ended.
    const refusal = await expectCode("L1_UNCONFIRMED", () => tried({ memory: new Map() }));
    expect(refusal.message).to.contain(`from nonce ${waiting!.nonce} on`);
    await miner.waiting(1);
    await miner.mine();
    expect((await tried()).hash).to.equal(waiting!.hash);
    expect(await tail()).to.equal(before + 1n);
    mute.destroy();
  });

  it("and is replaced by the same with another fee has been sent", async () => {
    const { sent, hash } = await replaced({});
    expect(await sent).to.include({ hash, status: 1 });
  });

  it("and is replaced by the same that fails was refused", async () => {
    const { sent } = await replaced({ gasLimit: 50_000 });
    await expectCode("L1_REVERTED", () => sent);
  });

  it("and is replaced by another one has not been sent", async () => {
    const { sent } = await replaced({ to: OPERATOR.address, data: "0x" });
    await expectCode("L1_FAILED", () => sent);
  });
});
