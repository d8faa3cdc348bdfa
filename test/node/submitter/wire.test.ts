import { expect } from "chai";
import { Transaction } from "ethers";
import { blobOf } from "../../../l1/blobs/layout.ts";
import { versionedHashOf } from "../../../l1/blobs/kzg.ts";
import type { DeliveryBlob } from "../../../node/submitter/submission.ts";
import { Wire } from "../../../node/submitter/wire.ts";
import { commit } from "../../support/chain/small-kzg.ts";
import { QUICK_KZG } from "../../support/node/quick-kzg.ts";
import { OPERATOR } from "../../support/node/submitter.ts";

const COEFFICIENTS = [3n, 4n];

describe("node: blobs on the wire", () => {
  const blob: DeliveryBlob = {
    data: blobOf(COEFFICIENTS),
    versionedHash: versionedHashOf(commit(COEFFICIENTS)),
    opening: { commitment: commit(COEFFICIENTS), proof: new Uint8Array(48), values: [5n] },
  };
  let signed: Transaction;
  /** Whether each that was sent had proofs of cells. */
  let sent: boolean[];
  let proofs: number;
  before(async () => {
    const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 7n };
    const about = { type: 3, chainId: 1, nonce: 4, to: OPERATOR.address, gasLimit: 30_000 };
    const raw = await OPERATOR.signTransaction({ ...about, ...fees, blobVersionedHashes: [blob.versionedHash] });
    signed = Transaction.from(raw);
  });
  beforeEach(() => {
    sent = [];
    proofs = 0;
  });

  /** @param answer the node's words, by whether there are proofs of cells */
  const wireTo = (answer: (hasCells: boolean) => string | undefined): Wire => {
    const send = (raw: string): Promise<string | undefined> => {
      const { hash, blobs, blobVersionedHashes, blobWrapperVersion } = Transaction.from(raw);
      expect([hash, blobVersionedHashes]).to.deep.equal([signed.hash, [blob.versionedHash]]);
      expect(blobs![0]!.data).to.equal(`0x${Buffer.from(blob.data).toString("hex")}`);
      sent.push(blobWrapperVersion === 1);
      return Promise.resolve(answer(blobWrapperVersion === 1));
    };
    const blobProofOf: typeof QUICK_KZG.blobProofOf = (...about) => (proofs++, QUICK_KZG.blobProofOf(...about));
    return new Wire({ send }, { ...QUICK_KZG, blobProofOf });
  };

  it("go with proofs of their cells, and with nothing else where a node takes these", async () => {
    const wire = wireTo(() => undefined);
    for (let i = 0; i < 2; i++) expect(await wire.send(signed, blob)).to.equal(undefined);
    expect(sent).to.deep.equal([true, true]);
    expect(proofs).to.equal(0);
  });

  it("go in the older form to a node that takes no other, from then on at once, and are proven so once", async () => {
    const wire = wireTo((hasCells) => (hasCells ? "unexpected string" : undefined));
    for (let i = 0; i < 2; i++) expect(await wire.send(signed, blob)).to.equal(undefined);
    expect(sent).to.deep.equal([true, false, false]);
    expect(proofs).to.equal(1);
  });

  it("are refused in both forms with the words for both, and in one for another reason with these", async () => {
    const neither = wireTo((hasCells) => (hasCells ? "no cells" : "no blobs"));
    expect(await neither.send(signed, blob)).to.equal(
      "with proofs of its cells: no cells; with a proof of the blob: no blobs",
    );
    sent = [];
    const cheap = wireTo(() => "replacement transaction underpriced");
    expect(await cheap.send(signed, blob)).to.equal("replacement transaction underpriced");
    expect(sent).to.deep.equal([true]);
  });
});
