import { Transaction } from "ethers";
import { bytesToHex } from "@noble/curves/utils.js";
import { blobProofOf, cellProofsOf } from "../../l1/blobs/kzg.ts";
import type { L1Account } from "./l1-account.ts";
import { refusalOf } from "./refusals.ts";
import type { DeliveryBlob } from "./submission.ts";

/** What shows a node of L1 that a blob is the one of its commitment. */
export interface Kzg {
  /** 128 of 48 bytes. */
  cellProofsOf(blob: Uint8Array): Promise<readonly Uint8Array[]>;
  /** 48 bytes. */
  blobProofOf(blob: Uint8Array, commitment: Uint8Array): Promise<Uint8Array>;
}

export const KZG: Kzg = { cellProofsOf, blobProofOf };

/** Forms of what goes with a blob: EIP-7594's, which L1 takes since December 2025, and EIP-4844's of older chains. */
type Form = "cells" | "blob";
const OTHER: Readonly<Record<Form, Form>> = { cells: "blob", blob: "cells" };
const NAMES: Readonly<Record<Form, string>> = { cells: "with proofs of its cells", blob: "with a proof of the blob" };

/** Sends signed transactions over the wire, each with the blob that belongs to it, in the form that L1's node takes. */
export class Wire {
  readonly #account: Pick<L1Account, "send">;
  readonly #kzg: Kzg;
  #form: Form = "cells";
  /** What goes with a blob in a form: it takes seconds, and the blob may be sent again and again. */
  readonly #sidecars = new WeakMap<DeliveryBlob, Map<Form, Promise<string>>>();

  constructor(account: Pick<L1Account, "send">, kzg: Kzg) {
    this.#account = account;
    this.#kzg = kzg;
  }

  /** Hands a transaction to the node. Returns its words if it does not take it. */
  async send(transaction: Transaction, blob: DeliveryBlob | undefined): Promise<string | undefined> {
    if (blob === undefined) return this.#account.send(transaction.serialized);
    const form = this.#form;
    const reason = await this.#sendAs(form, transaction, blob);
    if (!isOfForm(reason)) return reason;
    // Nodes have no common words for the form that they do not take.
    const other = await this.#sendAs(OTHER[form], transaction, blob);
    if (isOfForm(other)) return `${NAMES[form]}: ${reason}; ${NAMES[OTHER[form]]}: ${other}`;
    this.#form = OTHER[form];
    return other;
  }

  async #sendAs(form: Form, transaction: Transaction, blob: DeliveryBlob): Promise<string | undefined> {
    const proof = await this.#proofOf(form, blob);
    const whole = transaction.clone();
    if (form === "cells") whole.blobWrapperVersion = 1;
    const commitment = hexOf(blob.opening.commitment);
    whole.blobs = [{ data: hexOf(blob.data), commitment, proof }];
    return this.#account.send(whole.serialized);
  }

  #proofOf(form: Form, blob: DeliveryBlob): Promise<string> {
    const made = this.#sidecars.get(blob) ?? new Map<Form, Promise<string>>();
    this.#sidecars.set(blob, made);
    const known = made.get(form);
    if (known !== undefined) return known;
    const proof = this.#prove(form, blob);
    made.set(form, proof);
    proof.catch(() => made.delete(form));
    return proof;
  }

  async #prove(form: Form, { data, opening }: DeliveryBlob): Promise<string> {
    if (form === "blob") return hexOf(await this.#kzg.blobProofOf(data, opening.commitment));
    return `0x${(await this.#kzg.cellProofsOf(data)).map(bytesToHex).join("")}`;
  }
}

/** Whether a refusal may be of the form. */
const isOfForm = (reason: string | undefined): reason is string =>
  reason !== undefined && refusalOf(reason) === "other";

const hexOf = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;
