import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  concat,
  decodeRlp,
  encodeRlp,
  JsonRpcProvider,
  keccak256,
  parseEther,
  sha256,
  stripZerosLeft,
  toQuantity,
  Transaction,
  WebSocketProvider,
  ZeroAddress,
  type Provider,
  type TransactionRequest,
  type TransactionResponse,
} from "ethers";
import { accountsOf, DEV_MNEMONIC } from "../../devnet/accounts.ts";
import { startChain, type DevChain, type DevChainOptions } from "../../devnet/chain.ts";
import { expectCode } from "../support/errors.ts";
import { until } from "../support/until.ts";

const RECEIVER = "0x00000000000000000000000000000000005eaf00";
/** Returns 42 as its code. */
const CONTRACT = "0x602a60005360016000f3";

/** Above half of the curve's order: no signature since EIP-2 has it. */
const HIGH_S = `0x${"ff".repeat(31)}00`;

const GENESIS = { mnemonic: DEV_MNEMONIC, accounts: 3, balance: parseEther("10000"), chainId: 31337 };
const { users } = accountsOf(GENESIS);
const begin = (options: Partial<DevChainOptions> = {}): Promise<DevChain> =>
  startChain({
    ...{ genesis: GENESIS, host: "127.0.0.1", port: 0, onReplay: () => undefined, onCall: () => undefined },
    ...options,
  });

const feesOf = async (provider: Provider) => {
  const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  return { maxFeePerGas: 2n * maxFeePerGas!, maxPriorityFeePerGas: maxPriorityFeePerGas! };
};

describe("chain of ./sheaf dev", () => {
  let folder: string;
  let journal: string;
  let chain: DevChain;
  let provider: JsonRpcProvider;
  const start = async (): Promise<void> => {
    chain = await begin({ journal });
    provider = new JsonRpcProvider(chain.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
  };
  const stop = async (): Promise<void> => {
    provider.destroy();
    await chain.close();
  };
  const now = (): number => Math.floor(Date.now() / 1000);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    journal = join(folder, "chain.jsonl");
  });
  after(() => rm(folder, { recursive: true }));

  it("comes back from its journal, block for block", async () => {
    await start();
    const [alice, bob] = users.map(({ l1 }) => l1.connect(provider));
    await (await alice!.sendTransaction({ to: RECEIVER, value: 5n })).wait();
    await (await bob!.sendTransaction({ to: RECEIVER, value: 7n, type: 1, accessList: [] })).wait();
    await (await bob!.sendTransaction({ to: RECEIVER, value: 11n, type: 0 })).wait();
    const { contractAddress } = (await (await alice!.sendTransaction({ data: CONTRACT })).wait())!;
    await provider.send("evm_increaseTime", [1000]);
    await provider.send("evm_mine", []);
    const first = await provider.getSigner(0); // One of the chain's own accounts.
    await (await first.sendTransaction({ to: RECEIVER, value: 13n })).wait();
    const head = await provider.getBlock("latest");
    await stop();

    await start();
    expect(await provider.getBlock("latest")).to.have.property("hash", head!.hash);
    expect(await provider.getBalance(RECEIVER)).to.equal(36n);
    expect(await provider.getCode(contractAddress!)).to.equal("0x2a");
    // It goes on, at a time that is not before what was.
    await (await alice!.connect(provider).sendTransaction({ to: RECEIVER, value: 4n })).wait();
    const next = await provider.getBlock("latest");
    expect(next!.number).to.equal(head!.number + 1);
    expect(next!.timestamp).to.be.at.least(Math.max(head!.timestamp + 1, now() - 60));
    await stop();
    await start();
    expect(await provider.getBlock("latest")).to.have.property("hash", next!.hash);
    await stop();
  });

  it("comes back with transactions of every type, as they were signed", async () => {
    await start();
    const [alice, bob, carol] = users.map(({ l1 }) => l1.connect(provider));
    const common = { chainId: 31337n, gasLimit: 100_000n, to: RECEIVER, ...(await feesOf(provider)) };
    // Before EIP-155, as those that deploy a contract at one address on every chain.
    const { maxFeePerGas: gasPrice } = common;
    const bare = { type: 0, to: RECEIVER, gasLimit: 21_000n, gasPrice, nonce: await carol!.getNonce() };
    await provider.send("eth_sendRawTransaction", [await carol!.signTransaction(bare)]);

    const authorization = await bob!.authorize({ address: RECEIVER, nonce: await bob!.getNonce(), chainId: 31337n });
    const delegated = await alice!.sendTransaction({ ...common, type: 4, authorizationList: [authorization] });
    await delegated.wait();
    // An authorization that nobody could have signed is passed over, not refused.
    const vain = { ...common, type: 4, nonce: await alice!.getNonce(), authorizationList: [authorization] };
    const signed = Transaction.from({ ...vain, signature: (await transactionOf(delegated.hash)).signature });
    const fields = decodeRlp(`0x${signed.unsignedSerialized.slice(4)}`) as unknown[];
    const impossible = fields.with(
      9,
      (fields[9] as string[][]).map((tuple) => tuple.with(5, HIGH_S)),
    );
    const digest = keccak256(concat(["0x04", encodeRlp(impossible as never)]));
    const { yParity, r, s } = alice!.signingKey.sign(digest);
    const parts = [yParity === 0 ? "0x" : "0x01", stripZerosLeft(r), stripZerosLeft(s)];
    await provider.send("eth_sendRawTransaction", [concat(["0x04", encodeRlp([...impossible, ...parts] as never)])]);

    const commitment = `0xc0${"00".repeat(47)}`; // Of a blob of zeros, as its proof.
    const blobVersionedHashes = [`0x01${sha256(commitment).slice(4)}`];
    const blobs = {
      ...common,
      type: 3,
      nonce: await alice!.getNonce(),
      maxFeePerBlobGas: 10n ** 9n,
      blobVersionedHashes,
    };
    const body = decodeRlp(`0x${(await alice!.signTransaction(blobs)).slice(4)}`);
    const carried = encodeRlp([body, [`0x${"00".repeat(131_072)}`], [commitment], [commitment]]);
    await provider.send("eth_sendRawTransaction", [concat(["0x03", carried])]);

    const reverting = { ...common, to: null, data: "0xfe", nonce: await alice!.getNonce() };
    await provider.send("eth_sendRawTransaction", [await alice!.signTransaction(reverting)]).catch(() => undefined);
    const head = (await provider.getBlock("latest"))!;
    expect(await provider.getCode(bob!.address)).to.equal(`0xef0100${RECEIVER.slice(2)}`);
    expect((await transactionOf(head.transactions[0]!)).nonce).to.equal(reverting.nonce);
    await stop();

    await start();
    expect(await provider.getBlock("latest")).to.have.property("hash", head.hash);
    await stop();
  });

  it("goes on at the present after a rest", async () => {
    const rested = join(folder, "rested.jsonl");
    const [genesis] = (await readFile(journal, "utf8")).split("\n");
    await writeFile(rested, `${genesis}\n`);
    await sleep(2100);
    const rest = await begin({ journal: rested });
    const after = now();
    await rest.environment.connection.provider.request({ method: "evm_mine" });
    const block = (await rest.environment.connection.provider.request({
      method: "eth_getBlockByNumber",
      params: ["latest", false],
    })) as { timestamp: string };
    expect(Number(block.timestamp)).to.be.at.least(after);
    await rest.close();
  });

  it("drops a block that was not written to its end", async () => {
    await appendFile(journal, '{"hash":"0x12');
    await start();
    const blocks = (await readFile(journal, "utf8")).trim().split("\n").length;
    expect(await provider.getBlockNumber()).to.equal(blocks - 1);
    await stop();
  });

  it("refuses what a journal could not bring back", async () => {
    await start();
    const { l1 } = users[0]!;
    for (const [method, ...params] of [
      ["hardhat_setBalance", l1.address, toQuantity(parseEther("1"))],
      ["hardhat_impersonateAccount", ZeroAddress],
      ["evm_revert", "0x1"],
    ] as const) {
      const error = await provider.send(method, [...params]).catch((caught: Error) => caught);
      expect(error, method).to.be.instanceOf(Error).with.property("message").that.includes("is refused");
    }
    await stop();
  });

  it("says so when a journal does not come out the same", async () => {
    const lines = (await readFile(journal, "utf8")).split("\n");
    const changed = join(folder, "changed.jsonl");
    const second = JSON.parse(lines[1]!) as { timestamp: number };
    await writeFile(changed, lines.with(1, JSON.stringify({ ...second, timestamp: second.timestamp + 1 })).join("\n"));
    await expectCode("DEV_STATE_BROKEN", () => begin({ journal: changed }));
    await writeFile(changed, lines.with(1, '{"hash": 1}').join("\n"));
    await expectCode("DEV_STATE_BROKEN", () => begin({ journal: changed }));
  });

  it("says so when its port is taken", async () => {
    await start();
    const { port } = new URL(chain.url);
    await expectCode("PORT_TAKEN", () => begin({ port: Number(port) }));
    await stop();
  });

  it("has the accounts, the balance and the chain id that are asked for, and keeps the node's own to itself", async () => {
    const mnemonic = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    const genesis = { mnemonic, accounts: 2, balance: parseEther("7.5"), chainId: 4242 };
    const other = await begin({ genesis });
    const asked = new JsonRpcProvider(other.url, 4242, { staticNetwork: true });
    expect(await asked.send("eth_chainId", [])).to.equal(toQuantity(4242));
    const addresses = accountsOf(genesis).users.map(({ l1 }) => l1.address.toLowerCase());
    expect(addresses[0]).to.equal("0x58a57ed9d8d624cbd12e2c467d34787555bb1b25");
    expect(await asked.send("eth_accounts", [])).to.deep.equal(addresses);
    for (const address of addresses) expect(await asked.getBalance(address)).to.equal(parseEther("7.5"));
    asked.destroy();
    await other.close();
    await expectCode("MNEMONIC_INVALID", () => begin({ genesis: { ...genesis, mnemonic: "test test" } }));
  });

  it("tells each WebSocket of what it subscribed to, and HTTP that it needs one", async () => {
    await start();
    const sockets = [
      new WebSocketProvider(chain.url.replace("http", "ws")),
      new WebSocketProvider(chain.url.replace("http", "ws")),
    ];
    const heads = sockets.map((socket) => new Promise<number>((done) => void socket.on("block", done)));
    // Both listen once they have an answer to what they asked after they subscribed.
    for (const socket of sockets) await socket.send("eth_chainId", []);
    const [, second] = sockets;
    const sent = await second!.broadcastTransaction(await users[0]!.l1.signTransaction(await populated(second!)));
    const { blockNumber } = (await sent.wait())!;
    expect(await Promise.all(heads)).to.deep.equal([blockNumber, blockNumber]);

    const others = (await sockets[0]!.send("eth_subscribe", ["newHeads"])) as string;
    expect(await second!.send("eth_unsubscribe", [others])).to.equal(false);
    expect(await sockets[0]!.send("eth_unsubscribe", [others])).to.equal(true);
    await Promise.all(sockets.map((socket) => socket.destroy()));
    const error = await provider.send("eth_subscribe", ["newHeads"]).catch((caught: Error) => caught);
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("WebSocket");
    await stop();
  });

  it("answers what is not a call with JSON-RPC's codes, whatever the body is called", async () => {
    await start();
    const post = async (body: string): Promise<unknown> => {
      const response = await fetch(chain.url, { method: "POST", body, headers: { "content-type": "text/plain" } });
      expect(response.status).to.equal(200);
      return response.json();
    };
    expect(await post("{"))
      .to.deep.include({ id: null })
      .and.have.nested.property("error.code", -32700);
    expect(await post("5")).to.have.nested.property("error.code", -32600);
    const two = (await post('[{"id":1,"method":"eth_chainId"},{"id":2,"method":"nope"}]')) as { error?: object }[];
    expect(two[0]).to.deep.equal({ jsonrpc: "2.0", id: 1, result: "0x7a69" });
    expect(two[1]).to.deep.include({ id: 2 }).and.have.nested.property("error.code").that.is.below(0);
    await stop();
  });

  it("keeps time where nobody does anything, until the developer mines himself", async function () {
    this.timeout(60_000);
    const calls: string[] = [];
    const quiet = await begin({ quiet: 100, onCall: (method) => calls.push(method) });
    const asked = new JsonRpcProvider(quiet.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
    await quiet.keepTime();
    const before = await asked.getBlockNumber();
    await until(async () => (await asked.getBlockNumber()) > before + 1 || undefined, "blocks by themselves");
    expect(now() - (await asked.getBlock("latest"))!.timestamp).to.be.below(30);

    await asked.send("evm_setAutomine", [true]);
    const last = await asked.getBlockNumber();
    await sleep(500);
    expect(await asked.getBlockNumber()).to.equal(last);
    expect(calls).to.include("evm_setAutomine");
    asked.destroy();
    await quiet.close();
  });

  it("mines a block every so often, and only then, if that is asked for", async () => {
    const slow = await begin({ blockTime: 1 });
    const asked = new JsonRpcProvider(slow.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
    await slow.keepTime();
    const before = await asked.getBlockNumber();
    const { hash } = await asked.broadcastTransaction(await users[0]!.l1.signTransaction(await populated(asked)));
    expect(await asked.getTransactionReceipt(hash)).to.equal(null);
    await until(async () => (await asked.getBlockNumber()) > before + 1 || undefined, "two blocks");
    expect(await asked.getTransactionReceipt(hash)).to.have.property("status", 1);
    asked.destroy();
    await slow.close();
  });

  async function transactionOf(hash: string): Promise<TransactionResponse> {
    return (await provider.getTransaction(hash))!;
  }

  /** A transaction of the first account's. */
  async function populated(on: Provider): Promise<TransactionRequest> {
    return users[0]!.l1.connect(on).populateTransaction({ to: RECEIVER, value: 1n });
  }
});
