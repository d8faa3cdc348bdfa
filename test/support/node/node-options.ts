import { signalsOf } from "../../../protocol/batch.ts";
import { Wallet } from "ethers";
import { L1 } from "../../../node/l1/l1.ts";
import type { Rpc } from "../../../node/l1/rpc.ts";
import type { NodeOptions } from "../../../node/node.ts";
import type { BatchProver } from "../../../node/proving.ts";
import type { Kzg } from "../../../node/submitter/wire.ts";
import { Submitter } from "../../../node/submitter/submitter.ts";
import type { Owner } from "../../../protocol/account.ts";
import type { TimedProof } from "../../../prover/prover.ts";
import { keyOf } from "../protocol/world.ts";
import { QUICK_KZG } from "./quick-kzg.ts";
import { FOLLOWED_SIZES } from "./followed-sizes.ts";

/** Hardhat's first account: the rollup's operator. */
const OPERATOR_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/** What `AcceptAllVerifier` takes for a proof. */
export const ANY_PROOF = {
  pi_a: ["11", "12", "1"],
  pi_b: [
    ["14", "13"],
    ["16", "15"],
    ["1", "0"],
  ],
  pi_c: ["17", "18", "1"],
  protocol: "groth16",
  curve: "bn128",
} as TimedProof["proof"];

/** Proves nothing, at once: the rollup's verifiers accept everything. */
export const sham: BatchProver = {
  prove: ({ publicSignals }) =>
    Promise.resolve({
      proof: ANY_PROOF,
      publicSignals: signalsOf(publicSignals),
      timings: { witness: 1, prove: 2, verify: 3 },
    }),
  close: () => Promise.resolve(),
};

export const FEE_OWNER: Owner = { pubKeyY: keyOf("operator").publicKey.y, l1Address: 0xfee5n };

/** The same options for every node of a test: nothing waits for long. */
export const nodeOptions = (
  rpc: Rpc,
  rollup: string,
  inBlobs = false,
  { kzg = QUICK_KZG, patience = 1000 }: { readonly kzg?: Kzg; readonly patience?: number } = {},
): Omit<NodeOptions, "data"> => ({
  l1: new L1(rpc, rollup),
  feeOwner: FEE_OWNER,
  beneficiary: 0xbe4en,
  equip: ({ store, journal }) => ({
    sizes: FOLLOWED_SIZES,
    prover: sham,
    ...(inBlobs && { blobs: QUICK_KZG }),
    pricing: { market: () => Promise.resolve({ baseFee: 10n, priorityFee: 1n }) },
    submitter: new Submitter({
      ...{ rpc, rollup, chainId: store.chainId, journal, signer: new Wallet(OPERATOR_KEY) },
      ...{ feeCap: 10n ** 12n, patience, interval: 5, kzg },
    }),
  }),
  policy: { maxAge: 0, maxQueueAge: 0 },
  limits: { gifts: { perDay: 5, perClient: 3 } },
  pollInterval: 10,
  retryPause: 20,
  follow: { pause: 1 },
});
