import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { ethers } from "ethers";
import { ROOT } from "../../lib/root.ts";
import { domainOf } from "../../protocol/challenge.ts";
import type { SheafError } from "../../protocol/errors.ts";
import {
  formatOwner,
  readOperation,
  writeOperation,
  type ConnectedWallet,
  type Wallet,
  type ConnectOptions,
  type PaymentsInterrupted,
} from "../../wallet/index.ts";
import { expectCode } from "../support/errors.ts";
import { placeOf } from "../support/node/followed-rollup.ts";
import { keyOf } from "../support/protocol/world.ts";
import { until } from "../support/until.ts";
import { StubbedWallets } from "../support/wallet/stubbed-wallets.ts";

const [ALICE, BOB] = [placeOf("alice", 0), placeOf("bob", 0)];
const FEE = 4n;

const asCode = (error: unknown): string => (error as SheafError).code;

describe("connected wallet", () => {
  const world = StubbedWallets.forSuite();

  const connect = (name?: string, options?: Partial<ConnectOptions>) => world.connect(name, options);
  const walletOf = (name: string): Wallet => world.walletOf(name);

  it("has the keys of the test's people", () => {
    expect(walletOf("alice").owner.pubKeyY).to.equal(keyOf("alice").publicKey.y);
  });

  describe("connects only to the rollup that is meant", () => {
    it("by the node's word", async () => {
      await expectCode("NODE_MISMATCH", () => connect("alice", { chainId: 1 }));
      await expectCode("NODE_MISMATCH", () => connect("alice", { rollup: ethers.ZeroAddress }));
      world.node.lie = (path, answer) =>
        path === "/config" ? { ...answer, domain: world.rollup.domain + 1n } : answer;
      await expectCode("NODE_MISMATCH", () => walletOf("alice").connect({ node: world.url }));
    });

    it("by its version of the protocol, which its domain tells", async () => {
      const old = domainOf(31337n, BigInt(world.rollup.address), 1);
      world.node.lie = (path, answer) => (path === "/config" ? { ...answer, domain: old } : answer);
      const { message } = await expectCode("PROTOCOL_VERSION_WRONG", () => connect());
      expect(message).to.include("the tag v0.1");
    });

    it("by L1's", async () => {
      const other = { chainId: 5, domain: domainOf(5n, BigInt(world.rollup.address)) };
      world.node.lie = (path, answer) => (path === "/config" ? { ...answer, ...other } : answer);
      expect((await expectCode("NODE_MISMATCH", () => connect())).message).to.equal(
        "the rollup is on chain 5; the L1 node's chain is 31337",
      );
      const nowhere = { rollup: ethers.ZeroAddress, domain: domainOf(31337n, 0n) };
      world.node.lie = (path, answer) => (path === "/config" ? { ...answer, ...nowhere } : answer);
      expect((await expectCode("NODE_MISMATCH", () => connect())).message).to.equal(
        `there is no contract at ${ethers.ZeroAddress} on chain 31337`,
      );
    });

    it("by an address that nobody mistyped", async () => {
      const { address } = world.rollup;
      const letter = /[a-f]/i.exec(address.slice(2))!.index + 2;
      const swapped = address[letter]! === address[letter]!.toLowerCase() ? "toUpperCase" : "toLowerCase";
      const rollup = address.slice(0, letter) + address[letter]![swapped]() + address.slice(letter + 1);
      await expectCode("FIELD_INVALID", () => connect("alice", { rollup }));
      await connect("alice", { rollup: address.toLowerCase() });
    });

    it("and says which of the two does not answer", async () => {
      await expectCode("NETWORK_UNREACHABLE", () =>
        walletOf("alice").connect({ node: world.url, rpc: "http://127.0.0.1:9" }),
      );
      await expectCode("SERVICE_UNREACHABLE", () => walletOf("alice").connect({ node: "http://127.0.0.1:9" }));
    });
  });

  describe("transfer", () => {
    it("is signed with the fee that the node suggests, the next nonce, for an hour or two and what the node says that it may take", async () => {
      const wallet = await connect();
      const { id } = await wallet.transfer({ to: BOB, amount: 5n });
      const now = (await world.provider.getBlock("latest"))!.timestamp;
      const [taken] = world.node.taken;
      expect(taken).to.deep.include({
        kind: "transfer",
        from: ALICE,
        to: BOB,
        amount: 5n,
        fee: FEE,
        token: 0,
        nonce: 0,
      });
      expect(taken!.validUntil).to.be.within(now + 3600 + 10, now + 7200 + 10);
      expect((await wallet.node.transaction(id)).status).to.equal("pending");
    });

    it("says what it costs, as a withdrawal does", async () => {
      const wallet = await connect();
      const { fee, total } = await wallet.transfer({ to: BOB, amount: 5n });
      expect({ fee, total }).to.deep.equal({ fee: FEE, total: 5n + FEE });
      const withdrawal = await wallet.withdraw({ amount: 7n, fee: 2n });
      expect([withdrawal.fee, withdrawal.total]).to.deep.equal([2n, 9n]);
    });

    it("is good from a second on, if one is named, and in place of another operation by its id", async () => {
      const wallet = await connect();
      const validFrom = 1_900_000_000;
      const { id } = await wallet.transfer({ to: BOB, amount: 5n, validFrom });
      await wallet.withdraw({ amount: 5n, fee: 0n, validFrom });
      await wallet.transfer({ to: BOB, amount: 6n, fee: 0n, replaces: id });
      const [transfer, withdrawal, instead] = world.node.taken;
      expect(transfer).to.deep.include({ validFrom, nonce: 0 }).and.not.to.have.property("validUntil");
      expect(withdrawal).to.deep.include({ validFrom, nonce: 1 }).and.not.to.have.property("validUntil");
      expect(instead).to.include({ nonce: 0 }).and.not.to.have.property("validFrom");
      const both = { to: BOB, amount: 5n, fee: 0n, validFrom, validUntil: validFrom };
      await expectCode("FIELD_INVALID", () => wallet.transfer(both));
    });

    it("is signed and not sent, and handed in later by whoever has it, as often as he likes", async () => {
      const wallet = await connect();
      const signed = await wallet.signTransfer({ to: BOB, amount: 10n ** 20n, validFrom: 1_900_000_000 });
      const withdrawal = await wallet.signWithdrawal({ amount: 7n, fee: 0n, nonce: 1 });
      expect(world.node.taken).to.deep.equal([]);
      expect([signed.nonce, withdrawal.nonce]).to.deep.equal([0, 1]);
      const text = writeOperation(signed);
      expect(readOperation(text)).to.deep.equal(signed);
      const bob = await connect("bob");
      const sent = await bob.submit(readOperation(text));
      expect(sent.total).to.equal(10n ** 20n + signed.fee);
      expect(world.node.taken).to.deep.equal([signed]);
      expect(sent.id).to.equal([...world.node.transactions.keys()][0]);
      expect((await wallet.submit(signed)).id).to.equal(sent.id);
      await expectCode("JSON_MALFORMED", () => readOperation("{"));
      await expectCode("FIELD_INVALID", () => readOperation(text.replace("validFrom", "validForm")));
    });

    it("does what docs/wallet.md says of what is good later", async () => {
      const text = await readFile(join(ROOT, "docs/wallet.md"), "utf8");
      const [section] = /### Not before\n[^]+?(?=\n\| method)/.exec(text)!;
      const blocks = [...section!.matchAll(/```ts\n([^]+?)```/g)].map(([, code]) => code!);
      const code = blocks
        .join("")
        .replace(/^import .*$/m, "")
        .replaceAll(/10n \*\* 1[57]n/g, "10n");
      const program = `export default async (alice, bob, readOperation, writeOperation, console) => {${code}}`;
      const { default: run } = (await import(`data:text/javascript,${encodeURIComponent(program)}`)) as {
        default: (...given: unknown[]) => Promise<void>;
      };
      const lines: unknown[][] = [];
      const console = { error: (...line: unknown[]) => lines.push(line) };
      await run(await connect(), await connect("bob"), readOperation, writeOperation, console);
      const [vested, cancelling, refund] = world.node.taken;
      expect(vested).to.include({ from: ALICE, to: BOB, amount: 10n, nonce: 0 }).and.to.have.property("validFrom");
      expect(cancelling).to.include({ from: ALICE, to: ALICE, amount: 0n, nonce: 0 });
      expect(refund).to.include({ from: BOB, to: ALICE, amount: 10n }).and.to.have.property("validFrom");
      expect(lines).to.have.length(1 + 3);
      const orders = lines.slice(1).map(([line]) => readOperation(line as string));
      expect(orders.map(({ nonce }) => nonce - orders[0]!.nonce)).to.deep.equal([0, 1, 2]);
    });

    it("gets the next nonce in its turn, however many are asked for at once", async () => {
      const wallet = await connect();
      const amounts = [11n, 12n, 13n, 14n, 15n];
      await Promise.all(amounts.map((amount) => wallet.transfer({ to: BOB, amount, fee: 0n })));
      expect(world.node.taken.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2, 3, 4]);
      expect(world.node.taken.map(({ amount }) => amount)).to.deep.equal(amounts);
    });

    it("leaves its nonce to the next one if it is refused", async () => {
      const wallet = await connect();
      world.node.refuse = ({ amount }) => (amount === 12n ? "OPERATION_EXPIRED" : undefined);
      const results = await Promise.allSettled(
        [11n, 12n, 13n].map((amount) => wallet.transfer({ to: BOB, amount, fee: 0n })),
      );
      expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
      expect(world.node.taken.map(({ amount, nonce }) => [amount, nonce])).to.deep.equal([
        [11n, 0],
        [13n, 1],
      ]);
    });

    it("is submitted again, the same, where no answer comes or the node has too much to do", async () => {
      const wallet = await connect();
      let first = true;
      world.node.refuse = () => {
        const refusal = first ? "RATE_LIMITED" : "silence";
        first = false;
        return refusal;
      };
      const { id } = await wallet.transfer({ to: BOB, amount: 5n });
      expect(world.node.taken).to.have.length(1);
      expect([...world.node.transactions.keys()]).to.deep.equal([id]);
    });

    it("is one of its own, however equal: two wallets with the same key pay twice as often as one, in the same second", async () => {
      const wallets = [await connect(), await connect()];
      const sent = new Set<string>();
      const pay = async (wallet: ConnectedWallet): Promise<void> => {
        // The other one may have had the nonce.
        const retry = async (): Promise<string> => {
          const paid = await wallet.transfer({ to: BOB, amount: 5n, fee: 0n }).catch(asCode);
          return typeof paid === "string" ? retry() : paid.id;
        };
        for (let i = 0; i < 8; i++) sent.add(await retry());
      };
      await Promise.all(wallets.map(pay));
      expect(sent.size).to.equal(16);
      expect(world.node.taken).to.have.length(16);
      const times = world.node.taken.map(({ validUntil }) => validUntil!);
      expect(Math.max(...times) - Math.min(...times), "spread by chance").to.be.greaterThan(600);
    });

    it("is never called sent where the node had it from somebody else: OPERATION_KNOWN", async () => {
      const [first, second] = [await connect(), await connect()];
      const pay = (wallet: ConnectedWallet) => wallet.transfer({ to: BOB, amount: 5n, validUntil: 2 ** 40 - 1 });
      // Both ask for the account before either has paid.
      const asked = new Map<string, Record<string, unknown>>();
      world.node.lie = (path, answer) => {
        if (!path.startsWith("/accounts")) return answer;
        if (!asked.has(path)) asked.set(path, answer);
        return asked.get(path)!;
      };
      await pay(first);
      await expectCode("OPERATION_KNOWN", () => pay(second));
      expect(world.node.taken).to.have.length(1);
    });

    it("names the nearest amounts where one cannot be written, before anything is sent", async () => {
      const wallet = await connect();
      const error = await expectCode("AMOUNT_NOT_REPRESENTABLE", () =>
        wallet.transfer({ to: BOB, amount: 1_234_567_890_123n, fee: 0n }),
      );
      expect(error.message).to.match(/1234567890120 and 1234567890130$/);
      await expectCode("AMOUNT_NOT_REPRESENTABLE", () => wallet.transfer({ to: BOB, amount: 5n, fee: 123_457n }));
      expect(world.node.taken).to.have.length(0);
    });

    it("is not signed where it cannot be paid, fee and what is pending included", async () => {
      const wallet = await connect();
      const balance = await wallet.balance();
      await wallet.transfer({ to: BOB, amount: 10n, fee: 0n });
      const poor = await expectCode("BALANCE_INSUFFICIENT", () => wallet.withdraw({ amount: balance - 10n, fee: 1n }));
      const has = ethers.formatEther(balance - 10n);
      expect(poor.message).to.include(`account ${ALICE} has ${has} ETH after what is pending`);
      await wallet.withdraw({ amount: balance - 11n, fee: 1n });
      expect(world.node.taken.map(({ kind }) => kind)).to.deep.equal(["transfer", "withdrawal"]);
    });

    it("is another token's where that is asked for", async () => {
      const wallet = await connect();
      await wallet.transfer({ to: walletOf("bob").address, amount: 5n, token: 1, fee: 0n });
      expect(world.node.taken[0]).to.deep.include({ from: placeOf("alice", 1), to: placeOf("bob", 1), token: 1 });
    });
  });

  describe("payMany", () => {
    const payments = [21n, 22n, 23n].map((amount) => ({ to: BOB, amount }));

    it("keeps the order", async () => {
      const sent = await (await connect()).payMany(payments, { fee: 0n });
      expect(sent).to.have.length(3);
      expect(world.node.taken.map(({ amount, nonce }) => [amount, nonce])).to.deep.equal([
        [21n, 0],
        [22n, 1],
        [23n, 2],
      ]);
    });

    it("sends none if not all can be paid", async () => {
      const wallet = await connect();
      const rest = { to: BOB, amount: await wallet.balance() };
      await expectCode("BALANCE_INSUFFICIENT", () => wallet.payMany([...payments, rest], { fee: 0n }));
      await expectCode("ACCOUNT_NOT_FOUND", () => wallet.payMany([...payments, { to: 77, amount: 1n }]));
      expect(world.node.taken).to.have.length(0);
    });

    it("says which were sent when one is refused", async () => {
      world.node.refuse = ({ amount }) => (amount === 23n ? "OPERATION_EXPIRED" : undefined);
      const wallet = await connect();
      const error = await expectCode("OPERATION_EXPIRED", () => wallet.payMany(payments, { fee: 0n }));
      expect((error as PaymentsInterrupted).sent.map(({ id }) => id)).to.deep.equal([
        ...world.node.transactions.keys(),
      ]);
      expect(world.node.taken).to.have.length(2);
    });
  });

  describe("the fee that a node suggests", () => {
    it("is not paid, unless its owner names it, where it is more than what is paid", async () => {
      const wallet = await connect();
      await expectCode("FEE_UNCONFIRMED", () => wallet.transfer({ to: BOB, amount: FEE - 1n }));
      const payments = [1n, 2n * FEE - 2n].map((amount) => ({ to: BOB, amount }));
      await expectCode("FEE_UNCONFIRMED", () => wallet.payMany(payments));
      expect(world.node.taken).to.have.length(0);
      await wallet.transfer({ to: BOB, amount: FEE - 1n, fee: FEE });
      await wallet.payMany(payments.with(0, { to: BOB, amount: 2n }));
      expect(world.node.taken.map(({ fee }) => fee)).to.deep.equal([FEE, FEE, FEE]);
    });

    /** The node asks for as much, whatever it is for. */
    const asksFor = (fee: bigint): void => {
      const price = { gas: 1, fee, minimum: fee };
      const all = { fee, minimum: fee, promptFee: fee, opening: price, withdrawal: price, firstWithdrawal: price };
      world.node.lie = (path, answer) => (path === "/fees" ? { ...answer, ...all } : answer);
    };

    it("is no more than a few times what it costs on L1, for whatever it is", async () => {
      const prices = { 1: 10n ** 15n };
      const wallet = await connect("alice", { prices });
      const { maxFeePerGas, maxPriorityFeePerGas } = await world.provider.getFeeData();
      const gasPrice = (maxFeePerGas! - maxPriorityFeePerGas!) / 2n + maxPriorityFeePerGas!;
      const newcomer = formatOwner({ pubKeyY: walletOf("bob").owner.pubKeyY, l1Address: `0x${"77".repeat(20)}` });
      // Of a full batch of the largest size there, by what batches are known to take.
      const gas = { transfer: 67_770n, opening: 70_120n, withdrawal: 92_150n };
      for (const [what, price] of Object.entries(gas) as [keyof typeof gas, bigint][]) {
        for (const token of [0, 1]) {
          const cost = token === 0 ? price * gasPrice : (price * gasPrice) / 1000n;
          const limit = (await wallet.feeLimit(token, what))!;
          expect(Number(limit) / Number(cost), what).to.be.within(3.5, 4.5);
          asksFor(limit);
          expect(await wallet.fee(token, what)).to.equal(limit);
          asksFor(limit + 1n);
          await expectCode("FEE_TOO_HIGH", () => wallet.fee(token, what));
          expect(await wallet.fee(token, what, { maxFee: limit + 1n })).to.equal(limit + 1n);
          await expectCode("FEE_TOO_HIGH", () => wallet.fee(token, what, { maxFee: limit }));
          if (token === 1) continue;
          // As much again as what is paid: twenty ether cost forty.
          const fee = 10n ** BigInt(String(limit).length);
          asksFor(fee);
          const acts = {
            transfer: (more = {}) => wallet.transfer({ to: BOB, amount: fee, ...more }),
            withdrawal: (more = {}) => wallet.withdraw({ amount: fee, ...more }),
            opening: (more = {}) => wallet.openAccount(newcomer, 0, { payIn: 0, ...more }),
          };
          const error = await expectCode("FEE_TOO_HIGH", () => acts[what]());
          expect(error.message).to.contain(`a fee of ${fee}`).and.contain(`L1's price now allows for ${limit}`);
          // Nobody has as much here: that is the next thing to be looked at.
          await expectCode("BALANCE_INSUFFICIENT", () => acts[what]({ maxFee: fee }));
        }
      }
      expect(world.node.taken).to.have.length(0);
    });

    it("is a small part of what is paid where only the node knows what it costs", async () => {
      const alone = await walletOf("alice").connect({ node: world.url });
      for (const [wallet, token] of [
        [alone, 0],
        [await connect(), 1],
      ] as const) {
        expect(await wallet.feeLimit(token)).to.equal(undefined);
        const order = { to: walletOf("bob").address, token };
        await expectCode("FEE_UNCONFIRMED", () => wallet.transfer({ ...order, amount: 10n * FEE - 1n }));
        await expectCode("FEE_UNCONFIRMED", () => wallet.withdraw({ token, amount: 59n }));
        await wallet.transfer({ ...order, amount: 10n * FEE });
        await wallet.transfer({ ...order, amount: 1n, maxFee: FEE });
        await expectCode("FEE_TOO_HIGH", () => wallet.transfer({ ...order, amount: 1n, maxFee: FEE - 1n }));
        expect(world.node.taken.splice(0).map(({ fee }) => fee)).to.deep.equal([FEE, FEE]);
        world.node.transactions.clear();
      }
    });
  });

  describe("a node without room", () => {
    const payments = [31n, 32n, 33n].map((amount) => ({ to: BOB, amount }));

    it("is waited for by a list, of which each is paid once and none expires meanwhile", async () => {
      const { time } = world.rollup.chain.networkHelpers;
      const began = await time.latest();
      let isRefused = false;
      world.node.refuse = ({ amount, validUntil }) => {
        if (amount !== 32n || validUntil! > began + 7300) return undefined;
        isRefused = true;
        return "ACCOUNT_BUSY";
      };
      const wallet = await connect();
      const paid = wallet.payMany(payments, { fee: 0n });
      await until(() => isRefused || undefined, "a payment that there is no room for");
      await time.increase(4000);
      expect((await paid).map(({ id }) => id)).to.deep.equal([...world.node.transactions.keys()]);
      expect(world.node.taken.map(({ amount, nonce }) => [amount, nonce])).to.deep.equal([
        [31n, 0],
        [32n, 1],
        [33n, 2],
      ]);
      const times = world.node.taken.map(({ validUntil }) => validUntil! - began);
      expect(times[0]).to.be.within(3600, 7300);
      expect(times[1]).to.be.within(7600, 11_300).and.to.equal(times[2]);
    });

    it("is not waited for by a single payment", async () => {
      world.node.refuse = () => "MEMPOOL_FULL";
      await expectCode("MEMPOOL_FULL", async () => (await connect()).transfer(payments[0]!));
    });

    it("leaves in doubt what it does not answer to, which is named", async () => {
      world.node.refuse = ({ amount }) => {
        if (amount !== 32n) return undefined;
        void world.node.close();
        return "silence";
      };
      const error = await expectCode("SERVICE_UNREACHABLE", async () =>
        (await connect()).payMany(payments, { fee: 0n }),
      );
      const { sent, unanswered } = error as PaymentsInterrupted;
      expect([...sent, unanswered].map((each) => each!.id)).to.deep.equal([...world.node.transactions.keys()]);
      expect(error.message).to.include(unanswered!.id);
    }).timeout(120_000);
  });

  describe("a node whose lists do not end", () => {
    it("is not asked for ever", async () => {
      const wallet = await connect();
      let asked = 0;
      for (const [list, next] of [
        ["/accounts", () => `a${asked}`],
        ["/accounts", () => "a7"],
        ["/transactions", () => `a${asked}`],
        ["/transactions", () => "a7"],
      ] as const) {
        world.node.lie = (path, answer) => (path === list && ++asked > 0 ? { ...answer, next: next() } : answer);
        const read = async (): Promise<void> => {
          if (list === "/accounts") await wallet.accounts();
          else for await (const _ of wallet.history()) expect(_).to.have.property("id");
        };
        asked = 0;
        // Each of the wallet's accounts has one page, and no transaction is there.
        if (list === "/transactions") world.node.transactions.clear();
        const error = await expectCode("NODE_INCONSISTENT", read);
        expect(error.message).to.match(/after \d+ pages/);
        expect(asked).to.be.below(1_100);
      }
    }).timeout(60_000);
  });

  describe("a token", () => {
    const TEST = { id: 1, address: ethers.ZeroAddress, symbol: "TEST", decimals: 18 };
    const ETH = { ...TEST, id: 0, symbol: "ETH" };

    it("is what its contract says", async () => {
      const wallet = await connect();
      await wallet.requireToken(TEST);
      await expectCode("NODE_MISMATCH", () => wallet.requireToken({ ...TEST, decimals: 6 }));
      await expectCode("NODE_MISMATCH", () => wallet.requireToken({ ...TEST, symbol: "ETH" }));
    });

    it("is the node's word without L1, but for ether", async () => {
      const wallet = await walletOf("alice").connect({ node: world.url });
      await wallet.requireToken({ ...TEST, decimals: 6 });
      await wallet.requireToken(ETH);
      await expectCode("NODE_MISMATCH", () => wallet.requireToken({ ...ETH, decimals: 20 }));
    });
  });

  describe("receiver", () => {
    it("is shown, whether named by index, owner or address", async () => {
      const wallet = await connect();
      const { owner, address } = walletOf("bob");
      for (const to of [BOB, owner, address]) {
        expect(await wallet.receiver(to)).to.deep.equal({ index: BOB, token: 0, ...owner, address });
      }
    });

    it("of a list is asked for again where the node lets nobody ask for so many at once", async () => {
      let isRefused = false;
      world.node.refuseToAnswer = (path) => {
        if (isRefused || path !== `/accounts/${BOB}`) return undefined;
        isRefused = true;
        return "RATE_LIMITED";
      };
      await (await connect()).transfer({ to: BOB, amount: 5n });
      expect([isRefused, world.node.taken.length]).to.deep.equal([true, 1]);
    });

    it("must have an account, in the token", async () => {
      const wallet = await connect();
      await expectCode("ACCOUNT_NOT_FOUND", () => wallet.receiver(walletOf("erin").address));
      await expectCode("ACCOUNT_NOT_FOUND", () => wallet.receiver(78));
      // Amounts by decimals that are not the token's would be wrong: those of the node are another's.
      const wrong = () => expectCode("TOKEN_WRONG", () => wallet.receiver(BOB, 1));
      expect((await wrong()).message).to.include("holds ETH, not token 1");
      world.node.refuseToAnswer = (path) => (path === "/tokens" ? "ACCOUNT_NOT_FOUND" : undefined);
      expect((await wrong()).message).to.include("holds ETH, not token 1");
      world.node.refuseToAnswer = () => undefined;
      const token = { id: 1, address: `0x${"00".repeat(20)}`, symbol: "TEST", decimals: 18 };
      world.node.lie = (path, answer) => (path === "/tokens" ? { ...answer, items: [token] } : answer);
      expect((await wrong()).message).to.include("holds ETH, not TEST");
      const erin = await expectCode("ACCOUNT_NOT_FOUND", () => wallet.receiver(walletOf("erin").address, 1));
      expect(erin.message).to.match(/ has no account in TEST$/);
      await expectCode("RECEIVER_INVALID", () => wallet.receiver("bob"));
    });

    it("is not paid before the account is on L1", async () => {
      world.node.lie = (path, answer) => (path === `/accounts/${BOB}` ? { ...answer, final: false } : answer);
      await expectCode("ACCOUNT_NOT_FINAL", async () => (await connect()).transfer({ to: BOB, amount: 5n }));
      expect(world.node.taken).to.have.length(0);
    });

    it("does not wait for a batch of a rollup that is frozen", async () => {
      world.node.lie = (path, answer) => {
        if (path === "/state") return { ...answer, isFrozen: true };
        return path === `/accounts/${BOB}` ? { ...answer, final: false } : answer;
      };
      const error = await expectCode("ROLLUP_FROZEN", async () => (await connect()).transfer({ to: BOB, amount: 5n }));
      expect(error.message).to.include(`account ${BOB}`);
    });

    it("is not somebody else whom the node puts in his place", async () => {
      const mallory = { ...world.rollup.state.account(placeOf("carol", 0))!, index: placeOf("carol", 0) };
      const pretended = { ...mallory, l1Address: world.rollup.chain.signers["carol"]!.address };
      const page = { items: [{ ...pretended, pending: { balance: 0n, nonce: 0 }, final: true }], next: null };
      world.node.lie = (path, answer) => (path === "/accounts" ? page : answer);
      await expectCode("ACCOUNT_NOT_FOUND", async () => (await connect()).receiver(walletOf("bob").owner));
    });

    it("is what L1 has at the index, not what the node says", async () => {
      const { pubKeyY, l1Address } = walletOf("carol").owner;
      for (const lie of [{ pubKeyY }, { l1Address }]) {
        world.node.lie = (path, answer) => (path === `/accounts/${BOB}` ? { ...answer, ...lie } : answer);
        await expectCode("ACCOUNT_UNPROVEN", async () => (await connect()).receiver(BOB));
        const trusting = await walletOf("alice").connect({ node: world.url });
        expect(await trusting.receiver(BOB)).to.deep.include(lie);
      }
    });

    it("is looked up again where the node is a moment behind L1", async () => {
      world.node.behind = 1;
      expect(await (await connect()).receiver(BOB)).to.include({ index: BOB });
      expect(world.node.behind).to.be.below(1);
    });

    it("has a proof that leads to L1's root", async () => {
      for (const change of [{ nonce: 5 }, { balance: 6n }, { pubKeyY: 7n }]) {
        world.node.lie = (path, answer) =>
          path.endsWith("/proof") ? { ...answer, account: { ...(answer["account"] as object), ...change } } : answer;
        await expectCode("ACCOUNT_UNPROVEN", async () => (await connect()).receiver(BOB));
      }
    });

    it("is not at an index that L1 knows nothing of, whatever the node says", async () => {
      world.node.lie = (path, answer) => (path === `/accounts/${BOB}` ? { ...answer, index: 79 } : answer);
      await expectCode("ACCOUNT_UNPROVEN", async () => (await connect()).receiver(BOB));
      world.node.lie = (path, answer) => {
        const [account] = (answer["items"] ?? []) as object[];
        return path === "/accounts" ? { items: [{ ...account, index: 79 }], next: null } : answer;
      };
      await expectCode("ACCOUNT_NOT_FINAL", async () => (await connect()).receiver(walletOf("bob").owner));
    });
  });

  describe("wait", () => {
    it("ends as soon as the node tells of it", async () => {
      const wallet = await connect();
      const sent = await wallet.transfer({ to: BOB, amount: 5n });
      const seen: string[] = [];
      const waited = sent.wait("proven", { onChange: ({ status }) => seen.push(status) });
      await until(
        () => (world.node.isListenedTo(sent.id) && seen.includes("pending")) || undefined,
        "the wallet to listen",
      );
      world.node.move(sent.id, { status: "batched", batch: 9 });
      await until(() => seen.includes("batched") || undefined, "the wallet to hear");
      world.node.move(sent.id, { status: "verified" });
      expect(await waited).to.include({ status: "verified", batch: 9, id: sent.id });
      expect(seen).to.deep.equal(["pending", "batched", "verified"]);
    });

    it("needs no events", async () => {
      world.node.hasEvents = false;
      const sent = await (await connect()).transfer({ to: BOB, amount: 5n });
      const waited = sent.wait();
      world.node.move(sent.id, { status: "verified" });
      expect((await waited).status).to.equal("verified");
    });

    it("listens for a few at a time, for browsers have few connections, and looks after the others all the same", async () => {
      const payments = [1n, 2n, 3n, 4n, 5n].map((amount) => ({ to: BOB, amount }));
      const sent = await (await connect()).payMany(payments, { fee: 0n });
      const waited = Promise.all(sent.map((each) => each.wait()));
      const listened = () => sent.filter(({ id }) => world.node.isListenedTo(id));
      await until(() => listened().length >= 3 || undefined, "the wallet to listen");
      await sleep(300); // Others would listen by then.
      expect(listened()).to.have.length(3);
      for (const { id } of sent) world.node.move(id, { status: "verified" });
      expect((await waited).map(({ status }) => status)).to.deep.equal(Array<string>(5).fill("verified"));
    });

    it("says why an operation was rejected", async () => {
      const sent = await (await connect()).transfer({ to: BOB, amount: 5n });
      const reason = { code: "OPERATION_EXPIRED", message: "valid until 12" };
      world.node.move(sent.id, { status: "rejected", reason });
      expect((await expectCode("OPERATION_REJECTED", () => sent.wait())).message).to.include(reason.message);
    });

    it("ends after its time, or at the caller's signal", async () => {
      const sent = await (await connect()).transfer({ to: BOB, amount: 5n });
      expect((await expectCode("WAIT_TIMEOUT", () => sent.wait("verified", { timeout: 50 }))).message).to.include(
        "it is pending",
      );
      const waited = sent.wait("verified", { timeout: Infinity });
      world.node.move(sent.id, { status: "verified" });
      expect((await waited).status).to.equal("verified");
      world.node.move(sent.id, { status: "pending" });
      const stop = AbortSignal.abort(new Error("no longer of interest"));
      const error: unknown = await sent.wait("verified", { signal: stop }).catch((error: unknown) => error);
      expect((error as Error).message).to.equal("no longer of interest");
    });
  });

  it("lists what happened to its account", async () => {
    const wallet = await connect();
    const { id: first } = await wallet.transfer({ to: BOB, amount: 5n });
    const { id: second } = await wallet.withdraw({ amount: 6n });
    const ids: string[] = [];
    for await (const transaction of wallet.history()) ids.push(transaction.id);
    expect(ids).to.deep.equal([second, first]);
  });
});
