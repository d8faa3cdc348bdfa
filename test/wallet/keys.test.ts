import { expect } from "chai";
import fc from "fast-check";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import {
  getBytes,
  Signature,
  TypedDataEncoder,
  VoidSigner,
  Wallet as EthereumWallet,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import {
  formatOwner,
  keysOfMnemonic,
  newMnemonic,
  parseOwner,
  rollupPath,
  secretOfSigner,
  Wallet,
} from "../../wallet/index.ts";
import { expectCode } from "../support/errors.ts";
import { hexOf } from "../support/hex.ts";

const WORDS = "test test test test test test test test test test test junk";
const PLACE = { chainId: 31337, rollup: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
const SIGNER = new EthereumWallet(`0x${"5a".repeat(32)}`);

describe("keys of a wallet", () => {
  describe("from a mnemonic", () => {
    it("stand at ERC-2645's path, as StarkEx has it for its own layer", () => {
      const path = rollupPath("0xa76e3eeb2f7143165618ab8feaabcd395b6fac7f", "starkex", "starkdeployement");
      expect(path).to.equal("m/2645'/579218131'/891216374'/1534045311'/1431804530'/0");
    });

    it("are the L1 account that every wallet derives, and a secret of its own", () => {
      const { l1, secret } = keysOfMnemonic(WORDS);
      expect(l1.address).to.equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
      expect(rollupPath(l1.address)).to.equal("m/2645'/1054388279'/2126458409'/2142839398'/82113439'/0");
      expect(hexOf(secret)).to.equal("d26189c705e064d375f063aad2eae89b7c78e8b42aa861d17ae422454206377f");
    });

    it("differ by account, and do not by how the words are typed", () => {
      const [first, second] = [0, 1].map((account) => Wallet.fromMnemonic(WORDS, { account }));
      expect(second!.owner.l1Address).to.equal("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
      expect(second!.owner.pubKeyY).not.to.equal(first!.owner.pubKeyY);
      expect(Wallet.fromMnemonic(`  ${WORDS.toUpperCase().replaceAll(" ", " \n")} `).owner).to.deep.equal(first!.owner);
    });

    it("come from new words each time", () => {
      const [one, other] = [newMnemonic(), newMnemonic()];
      expect(one.split(" ")).to.have.length(12);
      expect(one).not.to.equal(other);
      expect(Wallet.fromMnemonic(one).owner).not.to.deep.equal(Wallet.fromMnemonic(other).owner);
    });

    it("do not come from wrong words, which the error does not repeat", async () => {
      const error = await expectCode("MNEMONIC_INVALID", () => keysOfMnemonic(WORDS.replace("junk", "test")));
      expect(error.message).not.to.include("test");
    });
  });

  describe("from an Ethereum account's signature", () => {
    it("are the same each time, and others in another rollup or on another chain", async () => {
      const secrets = await Promise.all([
        secretOfSigner(SIGNER, PLACE),
        secretOfSigner(SIGNER, PLACE),
        secretOfSigner(SIGNER, { ...PLACE, chainId: 1 }),
        secretOfSigner(SIGNER, { ...PLACE, rollup: SIGNER.address }),
      ]);
      expect(new Set(secrets.map(hexOf)).size).to.equal(3);
      expect(hexOf(secrets[0]!)).to.equal(hexOf(secrets[1]!));
      expect((await Wallet.fromSigner(SIGNER, PLACE)).owner.l1Address).to.equal(SIGNER.address);
    });

    it("do not depend on how a signer writes v", async () => {
      const signer = signing((signature) => `${signature.slice(0, -2)}${signature.endsWith("1b") ? "00" : "01"}`);
      expect(await secretOfSigner(signer, PLACE)).to.deep.equal(await secretOfSigner(SIGNER, PLACE));
    });

    it("cannot be made again by a signer that never signs the same way, who is refused", async () => {
      const signer = signing((_, digest) => {
        const bytes = secp256k1.sign(digest, Buffer.from("5a".repeat(32), "hex"), {
          prehash: false,
          extraEntropy: true,
          format: "recovered",
        });
        const hex = Buffer.from(bytes).toString("hex");
        return Signature.from({ r: `0x${hex.slice(2, 66)}`, s: `0x${hex.slice(66)}`, yParity: bytes[0]! as 0 | 1 })
          .serialized;
      });
      const error = await expectCode("SIGNER_UNSUITABLE", () => secretOfSigner(signer, PLACE));
      expect(error.message).to.include("different ways");
    });

    it("are not made from what is no signature of the account's key", async () => {
      const other = new EthereumWallet(`0x${"77".repeat(32)}`);
      for (const sign of [
        () => "0x1234",
        (_: string, digest: Uint8Array) => other.signingKey.sign(digest).serialized,
      ]) {
        await expectCode("SIGNER_UNSUITABLE", () => secretOfSigner(signing(sign), PLACE));
      }
    });
  });

  describe("rollup address", () => {
    it("says the owner, and the same owner comes back", () => {
      fc.assert(
        fc.property(
          fc.bigInt(0n, FIELD_ORDER - 1n),
          fc.uint8Array({ minLength: 20, maxLength: 20 }),
          (pubKeyY, bytes) => {
            const { l1Address } = Wallet.fromSecret(new Uint8Array(32), `0x${hexOf(bytes)}`).owner;
            expect(parseOwner(formatOwner({ pubKeyY, l1Address }))).to.deep.equal({ pubKeyY, l1Address });
          },
        ),
      );
    });

    it("is refused with any digit mistyped", async () => {
      const { address } = Wallet.fromMnemonic(WORDS);
      expect(address).to.match(/^sheaf:0x[0-9a-f]{112}$/);
      for (let place = "sheaf:0x".length; place < address.length; place += 7) {
        const digit = ((parseInt(address[place]!, 16) + 1) % 16).toString(16);
        const mistyped = `${address.slice(0, place)}${digit}${address.slice(place + 1)}`;
        await expectCode("RECEIVER_INVALID", () => parseOwner(mistyped));
      }
      await expectCode("RECEIVER_INVALID", () => parseOwner(address.slice(6)));
      await expectCode("RECEIVER_INVALID", () =>
        parseOwner(formatOwner({ pubKeyY: FIELD_ORDER, l1Address: SIGNER.address })),
      );
    });
  });
});

/** The signer's account, whose signatures are changed, or made otherwise from the digest. */
function signing(change: (signature: string, digest: Uint8Array) => string): VoidSigner {
  const signer = new VoidSigner(SIGNER.address);
  signer.signTypedData = async (
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ) => {
    const digest = getBytes(TypedDataEncoder.hash(domain, types, value));
    return change(await SIGNER.signTypedData(domain, types, value), digest);
  };
  return signer;
}
