import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { JsonRpcProvider, parseEther, toQuantity, ZeroAddress } from "ethers";
import { users } from "../../scripts/dev/accounts.ts";
import { startChain, type DevChain } from "../../scripts/dev/chain.ts";
import { expectCode } from "../support/errors.ts";

const RECEIVER = "0x00000000000000000000000000000000005eaf00";
/** Returns 42 as its code. */
const CONTRACT = "0x602a60005360016000f3";

describe("chain of ./sheaf dev", () => {
  let folder: string;
  let journal: string;
  let chain: DevChain;
  let provider: JsonRpcProvider;
  const start = async (): Promise<void> => {
    chain = await startChain({ port: 0, journal, onReplay: () => undefined });
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
    const [alice, bob] = users().map(({ l1 }) => l1.connect(provider));
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

  it("goes on at the present after a rest", async () => {
    const rested = join(folder, "rested.jsonl");
    const [genesis] = (await readFile(journal, "utf8")).split("\n");
    await writeFile(rested, `${genesis}\n`);
    await sleep(2100);
    const rest = await startChain({ port: 0, journal: rested, onReplay: () => undefined });
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
    const [{ l1 }] = users() as [ReturnType<typeof users>[number]];
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
    await expectCode("DEV_STATE_BROKEN", () => startChain({ port: 0, journal: changed, onReplay: () => undefined }));
    await writeFile(changed, lines.with(1, '{"hash": 1}').join("\n"));
    await expectCode("DEV_STATE_BROKEN", () => startChain({ port: 0, journal: changed, onReplay: () => undefined }));
  });

  it("says so when its port is taken", async () => {
    await start();
    const { port } = new URL(chain.url);
    await expectCode("PORT_TAKEN", () => startChain({ port: Number(port), onReplay: () => undefined }));
    await stop();
  });
});
