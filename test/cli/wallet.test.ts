import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { domainOf } from "../../protocol/challenge.ts";
import { RollupState } from "../../protocol/state.ts";
import { Wallet } from "../../wallet/index.ts";
import { createWalletFile } from "../../wallet/wallet-file.ts";
import { expectFailure, expectSuccess, sheaf } from "../support/cli.ts";
import { expectCode } from "../support/errors.ts";
import { accountOf, ApiStub } from "../support/node/api-stub.ts";
import { quickWallet } from "../support/wallet/quick-wallet.ts";

const WORDS = "test test test test test test test test test test test junk";
const PLACE = { chainId: 31337, rollup: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
const DOMAIN = domainOf(31337n, BigInt(PLACE.rollup));
const [ALICE, BOB] = [Wallet.fromMnemonic(WORDS), Wallet.fromMnemonic(WORDS, { account: 1 })];
const INDEXES = { alice: 9, bob: 64, ofNoToken: 300 };
const ETHER = 10n ** 18n;

describe("sheaf wallet", function () {
  // Each look into a wallet's file that the program made takes about a second of scrypt.
  this.timeout(300_000);
  let folder: string;
  let node: ApiStub;
  let file: string;
  let options: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-wallet-"));
    const state = new RollupState();
    state.update(INDEXES.alice, accountOf(ALICE, 3n * ETHER));
    state.update(INDEXES.bob, accountOf(BOB, 5n));
    state.update(INDEXES.ofNoToken, { ...accountOf(ALICE, 0n), token: 65_535 });
    node = new ApiStub(() => state, { ...PLACE, domain: DOMAIN });
    file = join(folder, "new", "alice.json");
    await writeFile(join(folder, "password"), "correct horse\n");
    await writeFile(join(folder, "words"), `${WORDS}\n`);
    options = ["--wallet", file, "--password-file", join(folder, "password")];
  });
  after(async () => {
    await node.close();
    await rm(folder, { recursive: true });
  });

  describe("files", () => {
    it("are made from words, for their owner alone to read", async () => {
      const url = await node.start();
      const places = ["--node", url, "--rollup", PLACE.rollup];
      const command = ["wallet", "import", ...options, "--words-file", join(folder, "words"), ...places, "--json"];
      const shown = JSON.parse(await expectSuccess(command)) as Record<string, string>;
      expect(shown).to.deep.include({
        file,
        address: ALICE.address,
        l1Address: ALICE.owner.l1Address,
        node: url,
        rollup: PLACE.rollup,
      });
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      const text = await readFile(file, "utf8");
      expect(JSON.parse(text)).to.deep.include({
        version: 3,
        "x-sheaf": { address: ALICE.address, node: url, rollup: PLACE.rollup },
      });
      for (const secret of ["junk", "correct"]) expect(text).not.to.include(secret);
    });

    it("are never replaced", async () => {
      const before = await readFile(file, "utf8");
      await expectFailure("WALLET_EXISTS", ["wallet", "new", ...options]);
      // Nor where the file came while the password was typed.
      await expectCode("WALLET_EXISTS", () => createWalletFile(file, WORDS, "another", {}));
      expect(await readFile(file, "utf8")).to.equal(before);
    });

    it("open with their password, and give the words back", async () => {
      const shown = JSON.parse(await expectSuccess(["wallet", "show", ...options, "--words", "--json"])) as object;
      expect(shown).to.include({ address: ALICE.address, words: WORDS });
      await writeFile(join(folder, "wrong"), "battery staple");
      const wrong = ["wallet", "show", "--wallet", file, "--password-file", join(folder, "wrong")];
      await expectFailure("PASSWORD_WRONG", wrong);
      await expectFailure("PASSWORD_MISSING", ["wallet", "show", "--wallet", file, "--words"]);
    });

    it("say whom to pay without a password", async () => {
      const shown = JSON.parse(await expectSuccess(["wallet", "show", "--wallet", file, "--json"])) as object;
      const { l1Address, pubKeyY } = ALICE.owner;
      expect(shown).to.include({ file, address: ALICE.address, l1Address, pubKeyY: `${pubKeyY}` });
    });

    it("that name somebody else are found out by their keys, and older ones name nobody", async () => {
      const [forged, old] = [join(folder, "forged.json"), join(folder, "old.json")];
      const text = await readFile(file, "utf8");
      await writeFile(forged, text.replace(ALICE.address, BOB.address));
      await expectFailure("WALLET_MALFORMED", ["wallet", "show", "--wallet", forged, ...options.slice(2)]);
      await writeFile(old, text.replace(`"address": "${ALICE.address}",`, ""));
      await expectFailure("PASSWORD_MISSING", ["wallet", "show", "--wallet", old]);
      const shown = await expectSuccess(["wallet", "show", "--wallet", old, ...options.slice(2)]);
      expect(shown).to.include(ALICE.address);
    });

    it("hold new words, which are printed once", async () => {
      const other = ["--wallet", join(folder, "other.json"), ...options.slice(2)];
      const made = JSON.parse(await expectSuccess(["wallet", "new", ...other, "--json"])) as Record<string, string>;
      expect(Wallet.fromMnemonic(made["words"]!).address).to.equal(made["address"]);
      const shown = await expectSuccess(["wallet", "show", ...other, "--json"]);
      expect(JSON.parse(shown)).to.include({ address: made["address"] }).and.not.to.have.property("words");
    });

    it("are complained about if they are none", async () => {
      const none = join(folder, "none.json");
      await expectFailure("FILE_UNREADABLE", ["wallet", "show", "--wallet", none, ...options.slice(2)]);
      await writeFile(none, "{}");
      await expectFailure("WALLET_MALFORMED", ["wallet", "show", "--wallet", none, ...options.slice(2)]);
      await writeFile(join(folder, "words"), WORDS.replace("junk", "test"));
      const wrong = ["wallet", "import", "--wallet", join(folder, "x.json"), ...options.slice(2)];
      await expectFailure("MNEMONIC_INVALID", [...wrong, "--words-file", join(folder, "words")]);
    });
  });

  describe("pays", () => {
    before(async () => {
      const { "x-sheaf": defaults } = JSON.parse(await readFile(file, "utf8")) as { "x-sheaf": object };
      await writeFile(file, quickWallet(WORDS, "correct horse", defaults));
    });

    it("whoever has the address", async () => {
      const printed = await expectSuccess(["transfer", BOB.address, "0.25", ...options, "--no-wait", "--json"]);
      const transfer = JSON.parse(printed) as { id: string };
      expect(transfer).to.deep.include({ status: "pending", receiver: { index: INDEXES.bob, address: BOB.address } });
      const [taken] = node.taken;
      expect(taken).to.deep.include({ from: INDEXES.alice, to: INDEXES.bob, amount: ETHER / 4n, fee: 4n, nonce: 0 });

      node.move(transfer.id, { status: "verified", batch: 12 });
      expect(await expectSuccess(["status", transfer.id, ...options])).to.include("verified in batch 12");
    });

    it("an account by its index only once somebody has looked whose it is", async () => {
      const command = ["transfer", String(INDEXES.bob), "0.125", ...options, "--fee", "0", "--no-wait"];
      expect(await expectFailure("RECEIVER_UNCONFIRMED", command)).to.include(BOB.owner.l1Address);
      await expectSuccess([...command, "--yes"]);
      expect(node.taken[1]).to.deep.include({ kind: "transfer", amount: ETHER / 8n, fee: 0n, nonce: 1 });
    });

    it("what can be written, and says in whole tokens what is nearest", async () => {
      const stderr = await expectFailure("AMOUNT_NOT_REPRESENTABLE", [
        ...["transfer", BOB.address, "1.234567890123", ...options],
      ]);
      expect(stderr).to.include("1.23456789012 ETH and 1.23456789013 ETH");
      await expectFailure("FIELD_INVALID", ["transfer", BOB.address, "1e3", ...options]);
      await expectFailure("TOKEN_UNKNOWN", ["transfer", BOB.address, "1", "--token", "DOGE", ...options]);
      expect(await expectFailure("BALANCE_INSUFFICIENT", ["withdraw", "3", ...options])).to.match(
        /account 9 has 2\.6\d+ ETH after what is pending; 3\.0\d+ ETH would leave it/,
      );
      expect(node.taken).to.have.length(2);
    });

    it("nobody through a node of another rollup, or one that miscounts ether", async () => {
      const command = ["transfer", BOB.address, "0.25", ...options];
      const other = BOB.owner.l1Address;
      const changes = {
        "/config": { rollup: other, domain: domainOf(31337n, BigInt(other)) },
        "/tokens": { items: [{ id: 0, address: `0x${"00".repeat(20)}`, symbol: "ETH", decimals: 17 }] },
      };
      for (const [path, change] of Object.entries(changes)) {
        node.lie = (asked, answer) => (asked === path ? { ...answer, ...change } : answer);
        await expectFailure("NODE_MISMATCH", command);
      }
      node.lie = (_, answer) => answer;
      expect(node.taken).to.have.length(2);
    });

    it("only where a node, or L1, is named", async () => {
      await expectFailure("USAGE", ["deposit", "1", ...options]);
      await expectFailure("USAGE", ["withdraw", ...options]);
      await expectFailure("USAGE", ["pull", ...options, "--signer", "PAYER"]);
      await expectFailure("USAGE", ["status", "--wallet", join(folder, "other.json"), ...options.slice(2)]);
    });

    it("only where places are URLs, and a rollup that nobody mistyped", async () => {
      const mistyped = PLACE.rollup.replace("aa3", "aA3");
      for (const [code, place] of [
        ["USAGE", ["--node", "nonsense"]],
        ["USAGE", ["--rpc", "ftp://127.0.0.1"]],
        ["FIELD_INVALID", ["--rollup", mistyped]],
      ] as const) {
        await expectFailure(code, ["status", "--wallet", file, ...place]);
      }
      const never = ["--wallet", join(folder, "never.json"), ...options.slice(2)];
      expect(await expectFailure("FIELD_INVALID", ["wallet", "new", ...never, "--rollup", mistyped])).to.include(
        "EIP-55",
      );
    });

    it("and knows what it has, and that what is of no token is nothing", async () => {
      // Without a password: what it shows is known to everybody.
      expect(await expectSuccess(["status", "--wallet", file])).to.include("3.0 ETH");
      const { "x-sheaf": remembered } = JSON.parse(await readFile(file, "utf8")) as { "x-sheaf": { node: string } };
      const stranger = ["status", "--wallet", join(folder, "other.json"), "--node", remembered.node];
      expect(await expectSuccess(stranger)).to.include("no account in the rollup yet");
      const missing = [{ what: "ether", why: "the operator has none" }];
      node.lie = (path, answer) => (path === "/health" ? { status: "down", missing } : answer);
      const { stderr } = await sheaf(stranger);
      expect(stderr).to.include("the node says of itself: ether: the operator has none");
      node.lie = (_, answer) => answer;
      const status = JSON.parse(await expectSuccess(["status", ...options, "--json"])) as {
        accounts: { index: number; balance: string; pending: string; recent: unknown[] }[];
      };
      const left = 3n * ETHER - ETHER / 4n - ETHER / 8n - 4n;
      expect(status.accounts).to.have.length(1);
      expect(status.accounts[0]).to.deep.include({
        index: INDEXES.alice,
        balance: String(3n * ETHER),
        pending: String(left),
      });
      expect(status.accounts[0]!.recent).to.have.length(2);
    });

    it("what was told before it signed, and in the result", async () => {
      const { stdout, stderr } = await sheaf(["transfer", BOB.address, "0.25", ...options, "--no-wait"]);
      const cost = "0.25 ETH, fee 0.000000000000000004 ETH, total 0.250000000000000004 ETH";
      expect(stderr).to.include(`pays ${cost}`);
      expect(stdout).to.include(cost);
      const id = stdout.split(" ")[0]!;
      expect(await expectSuccess(["status", id, ...options])).to.include(cost);
      const printed = await expectSuccess(["withdraw", "0.25", ...options, "--no-wait", "--json"]);
      const paid = { amount: String(ETHER / 4n), fee: "6", total: String(ETHER / 4n + 6n) };
      expect(JSON.parse(printed)).to.include(paid);
      node.taken.splice(2);
    });

    it("for the receiver's account too, which is told before and in the result", async () => {
      const before = node.taken.length;
      const stranger = Wallet.fromMnemonic(WORDS, { account: 7 }).address;
      const order = (to: string) => ["transfer", to, "0.25", "--open", ...options, "--no-wait"];
      const { stdout, stderr } = await sheaf(order(stranger));
      const cost =
        "0.25 ETH, fee 0.000000000000000004 ETH, opening the receiver's account 0.000000000000000013 ETH, " +
        "total 0.250000000000000017 ETH";
      expect(stderr).to.include(`pays ${cost}`);
      expect(stdout).to.include(cost);
      const paid = node.taken.splice(before).map(({ amount, fee }) => [amount, fee]);
      expect(paid).to.deep.equal([
        [0n, 13n],
        [ETHER / 4n, 4n],
      ]);

      const another = Wallet.fromMnemonic(WORDS, { account: 8 }).address;
      const terms = { amount: String(ETHER / 4n), fee: "4", openingFee: "13", total: String(ETHER / 4n + 17n) };
      expect(JSON.parse(await expectSuccess([...order(another), "--json"]))).to.include(terms);
      // Who has an account pays for none.
      const again = JSON.parse(await expectSuccess([...order(another), "--json"])) as object;
      expect(again)
        .to.include({ total: String(ETHER / 4n + 4n) })
        .and.not.to.have.property("openingFee");
      node.taken.splice(before);
    });

    it("no fee of more than a tenth of the amount, unless that was said", async () => {
      const fee = ETHER / 8n;
      node.lie = (path, answer) =>
        path === "/fees" ? { ...answer, fee, firstWithdrawal: { gas: 1, fee, minimum: fee } } : answer;
      for (const command of [
        ["transfer", BOB.address, "1"],
        ["withdraw", "1"],
      ]) {
        const orders = [...command, ...options, "--no-wait"];
        expect(await expectFailure("FEE_UNCONFIRMED", orders)).to.include("1.0 ETH, fee 0.125 ETH, total 1.125 ETH");
        // Without L1 the node's word alone speaks for it: --yes does not mean that.
        const refusal = await expectFailure("FEE_UNCONFIRMED", [...orders, "--yes"]);
        expect(refusal).to.include("only the node's word").and.include("--max-fee");
        await expectFailure("FEE_TOO_HIGH", [...orders, "--yes", "--max-fee", "0.1"]);
        expect(node.taken).to.have.length(2);
        await expectSuccess([...orders, "--yes", "--max-fee", "0.125"]);
        expect(node.taken.splice(2)).to.have.length(1);
        await expectSuccess([...orders, "--fee", "0.25"]);
        expect(node.taken.splice(2)[0]).to.include({ fee: ETHER / 4n });
      }
      node.lie = (_, answer) => answer;
    });
  });
});
