import { AbiCoder, getAddress, id } from "ethers";
import { expect } from "chai";
import { ContractView } from "../../../node/http/contract.ts";
import { RpcError, type Rpc } from "../../../node/l1/rpc.ts";
import type { Store } from "../../../node/store/store.ts";
import { DEADLINES } from "../../../protocol/constants.ts";
import { EXIT_HASHES, HASHES } from "../../support/chain/rollup.ts";
import { expectCode } from "../../support/errors.ts";
import { FOLLOWED_SIZES, FollowedRollup } from "../../support/node/followed-rollup.ts";
import { follow, rpcOf } from "../../support/node/stores.ts";
import { until } from "../../support/until.ts";

const encode = (type: string, value: unknown): string => AbiCoder.defaultAbiCoder().encode([type], [value]);
const selector = (signature: string): string => id(signature).slice(0, 10);

describe("node's view of the rollup's contract", () => {
  let world: FollowedRollup;
  let store: Store;
  before(async () => {
    world = await FollowedRollup.create();
    store = await follow(world);
  });
  after(async () => {
    store.close();
    await world.close();
  });

  /** L1 with other answers to some methods, by their signatures, of any contract. */
  const answering =
    (answers: Readonly<Record<string, string>>): Rpc =>
    async (method, params) => {
      const [call] = params as [{ data?: string } | undefined];
      const found = Object.entries(answers).find(([signature]) => call?.data?.startsWith(selector(signature)));
      return method === "eth_call" && found !== undefined ? found[1] : rpcOf(world)(method, params);
    };
  const view = (answers: Readonly<Record<string, string>> = {}) => new ContractView(store, answering(answers)).now();

  it("has who has a say, what a place in the queue costs, and each circuit's verifier", async () => {
    const { rollup, signers } = world.chain;
    const { address } = signers["operator"]!;
    const verifier = await world.chain.rollup.batchSize(0).then((size) => size.verifier);
    const deployment = rollup.deploymentTransaction()!;
    const unknown = { keys: "unknown", setup: "" };
    expect(await view()).to.deep.equal({
      ...{ chainId: 31337, rollup: world.address, block: (await deployment.wait())!.blockNumber },
      ...{ deployedBy: deployment.hash, operator: address, owner: address, depositsPaused: false },
      ...{ queueFee: await rollup.queueFee(), deadlines: DEADLINES },
      sizes: FOLLOWED_SIZES.map(({ transfers, l1Operations, withdrawals }, id) => ({
        ...{ id, transfers, l1Operations, withdrawals, verifier, ...HASHES, ...unknown },
      })),
      exit: { verifier, ...EXIT_HASHES, ...unknown },
    });
  });

  it("names the contract that opens blobs, if the rollup takes any", async () => {
    const opener = `0x${"0b".repeat(20)}`;
    const other = await view({ "blobOpener()": encode("address", opener) });
    expect(other).to.include({ blobOpener: getAddress(opener.toLowerCase()) });
    expect(await view()).to.not.have.property("blobOpener");
  });

  it("follows what the owner changes", async () => {
    const back = await world.branch();
    const { rollup, signers } = world.chain;
    const next = signers["alice"]!.address;
    await rollup.setDepositsPaused(true);
    await rollup.transferOwnership(next);
    expect(await view()).to.include({ depositsPaused: true, pendingOwner: next });
    await back();
  });

  it("calls keys INSECURE or a ceremony's by their verifiers' word, and no others", async () => {
    const said = async (setup: string, keyHash: string) => {
      const { sizes } = await view({ "SETUP()": setup, "KEY_HASH()": keyHash });
      return [sizes[0]!.keys, sizes[0]!.setup];
    };
    const insecure = "INSECURE development setup: whoever made this key can forge proofs";
    const production = "production setup: powers of tau and a phase 2 ceremony";
    expect(await said(encode("string", insecure), HASHES.keyHash)).to.deep.equal(["INSECURE", insecure]);
    expect(await said(encode("string", production), HASHES.keyHash)).to.deep.equal(["ceremony", production]);
    expect(await said(encode("string", "the best there is"), HASHES.keyHash)).to.deep.equal([
      ...["unknown", "the best there is"],
    ]);
    // A verifier of another key says nothing of this one.
    expect(await said(encode("string", production), `0x${"77".repeat(32)}`)).to.deep.equal(["unknown", ""]);
    expect(await said("0x1234", HASHES.keyHash)).to.deep.equal(["unknown", ""]);
  });

  it("knows a timelock by its delay", async () => {
    expect((await view({ "getMinDelay()": encode("uint256", 172_800n) })).timelock).to.deep.equal({ delay: 172_800 });
    for (const none of ["0x", `0x${"ff".repeat(32)}`, `0x${"00".repeat(64)}`])
      expect((await view({ "getMinDelay()": none })).timelock).to.equal(undefined);
  });

  it("asks again after a failure, and claims nothing meanwhile", async () => {
    let isAway = true;
    const rpc: Rpc = (method, params) => {
      if (isAway) throw new RpcError(-32000, "the back end is away");
      return rpcOf(world)(method, params);
    };
    const contract = new ContractView(store, rpc);
    await expectCode("RPC_REFUSED", () => contract.now());
    isAway = false;
    const now = await until(() => contract.now(), "L1's new answers");
    expect(now).to.include({ rollup: world.address });
  });
});
