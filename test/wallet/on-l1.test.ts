import { expect } from "chai";
import { ethers } from "ethers";
import { keysOfMnemonic, Wallet, type ConnectedWallet, type ConnectOptions } from "../../wallet/index.ts";
import { RpcServer } from "../support/chain/rpc-server.ts";
import { expectCode } from "../support/errors.ts";
import { placeOf } from "../support/node/followed-rollup.ts";
import { rpcOf } from "../support/node/stores.ts";
import { until } from "../support/until.ts";
import { StubbedWallets } from "../support/wallet/stubbed-wallets.ts";

const ALICE = placeOf("alice", 0);
const WORDS = "test test test test test test test test test test test junk";

describe("wallet on L1", () => {
  const world = StubbedWallets.forSuite();

  const connect = (name?: string, options?: Partial<ConnectOptions>) => world.connect(name, options);
  const walletOf = (name: string): Wallet => world.walletOf(name);

  it("pays ether in, for the wallet or for another", async () => {
    const wallet = await connect();
    const [first, second] = [await tail(), (await tail()) + 1];
    expect((await wallet.deposit({ amount: 7n })).id).to.equal(`queue-${first}`);
    expect((await wallet.deposit({ amount: 8n, to: walletOf("bob").address })).id).to.equal(`queue-${second}`);
    const events = await world.rollup.chain.rollup.queryFilter(world.rollup.chain.rollup.filters.DepositQueued(second));
    const { pubKeyY, l1Address, amount, token, refundAddress } = events[0]!.args;
    expect({ pubKeyY, l1Address }).to.deep.equal(walletOf("bob").owner);
    expect([amount, token, refundAddress]).to.deep.equal([8n, 0n, walletOf("alice").owner.l1Address]);
  });

  it("pays tokens in with a permit, in one transaction", async () => {
    const signer = world.rollup.chain.signers["bob"]!;
    await mint(signer.address, 100n);
    const before = await signer.getNonce();
    await (await connect("bob")).deposit({ amount: 60n, token: 1 });
    expect(await signer.getNonce()).to.equal(before + 1);
  });

  it("pays tokens in that know no permit, and that change an allowance only by way of 0", async () => {
    const { rollup: contract, connection, signers } = world.rollup.chain;
    const token = await connection.ethers.deployContract("NoReturnToken");
    await contract.registerToken(await token.getAddress());
    const [id, carol] = [Number(await contract.tokenCount()) - 1, signers["carol"]!];
    await token.mint(carol.address, 100n);
    await (await token.connect(carol).approve(world.rollup.address, 7n)).wait();

    const wallet = await connect("carol");
    const before = await carol.getNonce();
    await wallet.deposit({ amount: 60n, token: id });
    expect(await carol.getNonce()).to.equal(before + 3);
    expect(await token.allowance(carol.address, world.rollup.address)).to.equal(0n);

    await (await token.connect(carol).approve(world.rollup.address, 40n)).wait();
    await wallet.deposit({ amount: 40n, token: id });
    expect(await carol.getNonce()).to.equal(before + 5);
    const refusal = await expectCode("BALANCE_INSUFFICIENT", () => wallet.deposit({ amount: 1n, token: id }));
    expect(refusal.message).to.include(carol.address);
  });

  it("calls a token by its id too, which may have ether's symbol", async () => {
    const { rollup: contract, connection, signers } = world.rollup.chain;
    const token = await connection.ethers.deployContract("TestToken", ["ether", "ETH"]);
    await contract.registerToken(await token.getAddress());
    const id = Number(await contract.tokenCount()) - 1;
    const wallet = await connect("carol");
    const refusal = await expectCode("BALANCE_INSUFFICIENT", () => wallet.deposit({ amount: 10n ** 18n, token: id }));
    const { address } = signers["carol"]!;
    expect(refusal.message).to.equal(`L1 account ${address} has 0.0 "ETH" (token ${id}), not 1.0 "ETH" (token ${id})`);
  });

  it("forces the whole balance out, in the account's own name", async () => {
    const place = await tail();
    expect((await (await connect()).forceWithdraw(1)).id).to.equal(`queue-${place}`);
    const [event] = await world.rollup.chain.rollup.queryFilter(
      world.rollup.chain.rollup.filters.WithdrawalRequested(place),
    );
    expect([event!.args.index, event!.args.token]).to.deep.equal([BigInt(placeOf("alice", 1)), 1n]);
  });

  it("forces nothing out at an index that is not the account's, or in another's name, which would be in vain", async () => {
    const before = await tail();
    const wallet = await connect("alice", { signer: world.rollup.chain.signers["carol"]! });
    await expectCode("SIGNER_MISSING", () => wallet.forceWithdraw());
    world.node.lie = (path, answer) => {
      const [account] = (answer["items"] ?? []) as object[];
      return path === "/accounts" ? { items: [{ ...account, index: ALICE + 1 }], next: null } : answer;
    };
    await expectCode("ACCOUNT_NOT_FINAL", async () => (await connect()).forceWithdraw());
    expect(await tail()).to.equal(before);
  });

  describe("through a provider that repeats its answers", () => {
    let server: RpcServer;
    let payer: ethers.Wallet;
    before(async () => {
      server = await RpcServer.start(rpcOf(world.rollup));
      const provider = new ethers.JsonRpcProvider(server.url, 31337, { staticNetwork: true, batchMaxCount: 1 });
      provider.pollingInterval = 50;
      payer = new ethers.Wallet(keysOfMnemonic(WORDS, 2).l1.privateKey, provider);
    });
    const automine = (isOn: boolean) =>
      world.rollup.chain.connection.provider.request({ method: "evm_setAutomine", params: [isOn] });
    afterEach(() => automine(true));
    after(async () => {
      payer.provider!.destroy();
      await server.close();
    });

    it("pays in one after the other, of several wallets at once", async () => {
      const first = await tail();
      await mint(payer.address, 100n);
      const wallets = await Promise.all(
        ["alice", "bob"].map((name) => connect(name, { rpc: payer.provider!, signer: payer })),
      );
      const [ofAlice, ofBob] = wallets as [ConnectedWallet, ConnectedWallet];
      const sent = await Promise.all([
        ofAlice.deposit({ amount: 17n }),
        ofBob.deposit({ amount: 18n, token: 1 }),
        ofBob.deposit({ amount: 19n, token: 1 }),
      ]);
      sent.push(await ofAlice.deposit({ amount: 20n }));
      expect(sent.map(({ id }) => id)).to.deep.equal([0, 1, 2, 3].map((place) => `queue-${first + place}`));
    });

    it("pays in though others come first, who make the queue dearer, and gets the rest back", async () => {
      const { signers, connection, rollup: contract } = world.rollup.chain;
      const [place, wallet] = [await tail(), await connect("alice", { rpc: payer.provider!, signer: payer })];
      await automine(false);
      const fee = await contract.queueFee();
      const { pubKeyY, l1Address } = walletOf("bob").owner;
      const other = contract.connect(signers["dave"]!);
      await other.deposit(0, 5n, pubKeyY, l1Address, l1Address, { value: 5n + fee, maxPriorityFeePerGas: 10n ** 11n });
      const deposit = wallet.deposit({ amount: 7n });
      const count = { method: "eth_getBlockTransactionCountByNumber", params: ["pending"] };
      const pending = () => connection.provider.request(count);
      await until(async () => (await pending()) === "0x2" || undefined, "two transactions that wait");
      const before = await world.provider.getBalance(payer.address);
      await connection.provider.request({ method: "evm_mine" });
      await automine(true);
      // ethers sees a block only if there was one when it began to look: where that was this one, another must follow.
      const more = setInterval(() => void connection.provider.request({ method: "evm_mine" }), 1000);
      const { id, l1Transaction } = await deposit.finally(() => clearInterval(more));
      expect(id).to.equal(`queue-${place + 1}`);
      const { gasUsed, gasPrice } = (await world.provider.getTransactionReceipt(l1Transaction!))!;
      const after = await world.provider.getBalance(payer.address);
      // Each that joins makes the next one dearer by as much.
      const paid = (fee + (await contract.queueFee())) / 2n;
      expect(before - after - gasUsed * gasPrice).to.equal(7n + paid);
    });
  });

  it("tells what the contract answers", async () => {
    const wallet = await connect();
    await expectCode("FIELD_INVALID", () => wallet.deposit({ amount: 0n }));
    // L1's queue takes no fee of a token.
    expect(await wallet.deposit({ amount: 3n })).to.include({ fee: undefined, total: undefined });
    await expectCode("TOKEN_UNKNOWN", () => wallet.deposit({ amount: 1n, token: 9 }));
    expect((await expectCode("NOTHING_TO_PULL", () => wallet.pull())).message).to.include("NothingToWithdraw");
    await expectCode("ROLLUP_NOT_FROZEN", () => wallet.exit({ wasm: "", zkey: "" }));
    await expectCode("ROLLUP_NOT_FROZEN", () => wallet.exitByPath());
  });

  it("is paid by the account that the wallet's key was made from", async () => {
    const signer = world.rollup.chain.signers["carol"]!;
    const place = { chainId: 31337, rollup: world.rollup.address };
    const wallet = await Wallet.fromSigner(signer, place);
    const first = await tail();
    await (await wallet.connect({ node: world.url })).deposit({ amount: 9n });
    const [event] = await world.rollup.chain.rollup.queryFilter(world.rollup.chain.rollup.filters.DepositQueued(first));
    expect(event!.args.pubKeyY).to.equal(wallet.owner.pubKeyY);
    expect(event!.args.l1Address).to.equal(signer.address);

    const elsewhere = await Wallet.fromSigner(signer, { ...place, rollup: signer.address });
    await expectCode("NODE_MISMATCH", () => elsewhere.connect({ node: world.url }));
  });

  it("needs an account that pays", async () => {
    const wallet = await walletOf("alice").connect({ node: world.url, rpc: world.provider });
    await expectCode("SIGNER_MISSING", () => wallet.deposit({ amount: 7n }));
    await expectCode("SIGNER_MISSING", async () => (await walletOf("alice").connect({ node: world.url })).pull());
  });

  const tail = async (): Promise<number> => Number((await world.rollup.chain.rollup.queueBounds()).tail);
  async function mint(to: string, amount: bigint): Promise<void> {
    const token = new ethers.Contract(
      await world.rollup.chain.rollup.tokenAddress(1),
      ["function mint(address, uint256)"],
      world.rollup.chain.signers["operator"],
    );
    await ((await token.getFunction("mint")(to, amount)) as ethers.TransactionResponse).wait();
  }
});
