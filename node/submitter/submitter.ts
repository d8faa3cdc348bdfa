import { getAddress, type Signer } from "ethers";
import { SheafError } from "../../protocol/errors.ts";
import { SYSTEM_CLOCK, type Clock } from "../clock.ts";
import { GasRules } from "../l1/gas-rules.ts";
import { RpcError, type Rpc } from "../l1/rpc.ts";
import { Delivery, numbersOf, type DeliveryContext } from "./delivery.ts";
import type { Caps } from "./fees.ts";
import type { Journal } from "./journal.ts";
import { L1Account } from "./l1-account.ts";
import { Nonces } from "./nonces.ts";
import { KZG, Wire, type Kzg } from "./wire.ts";
import type { BatchSubmitter, ProvenBatch, SubmitOptions, SubmitOutcome, SubmitState } from "./submission.ts";

export interface SubmitterOptions {
  readonly rpc: Rpc;
  /** What the rollup's store says: a transaction that was signed for another chain could not be taken back. */
  readonly chainId: number;
  /** The rollup's address. */
  readonly rollup: string;
  /** Signs for the account that pays: a `Wallet`, or whatever can sign without sending. */
  readonly signer: Pick<Signer, "getAddress" | "signTransaction">;
  readonly journal: Journal;
  /** Wei a gas that a transaction may cost, tip included. When it takes more, batches wait. */
  readonly feeCap: bigint;
  /** The same of a blob's gas. Default: that of other gas. */
  readonly blobFeeCap?: bigint;
  /** Makes what goes over the wire with a blob. */
  readonly kzg?: Kzg;
  /** Milliseconds after which a transaction that is not mined is replaced by one that offers more. Default: a minute. */
  readonly patience?: number;
  /** Milliseconds between two looks at L1. Default: 4000, a third of a block. */
  readonly interval?: number;
  readonly clock?: Clock;
}

/**
 * Brings proven batches to L1, from one account. Transactions are signed here and noted before they are sent, so that
 * whatever happens in between they are found again: on the chain, in a mempool, or nowhere.
 */
export class Submitter implements BatchSubmitter {
  readonly #options: SubmitterOptions;
  #context: Promise<DeliveryContext> | undefined;

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  async submit(
    batches: readonly ProvenBatch[],
    { signal, onState = () => undefined, blob }: SubmitOptions = {},
  ): Promise<SubmitOutcome> {
    const { interval = 4_000, clock = SYSTEM_CLOCK } = this.#options;
    const tell = onChange(onState);
    let delivery: Delivery | undefined;
    try {
      for (;;) {
        signal?.throwIfAborted();
        try {
          delivery ??= new Delivery(await this.#shared(), { batches, blob }, tell, signal);
          const outcome = await delivery.look();
          if (outcome !== undefined) return outcome;
        } catch (error) {
          tell({ phase: "refused", reason: troubleOf(error) });
        }
        await clock.pause(interval, signal);
      }
    } finally {
      (await this.#context)?.nonces.free(numbersOf(batches));
    }
  }

  /** What all deliveries share: asked for once, and again after a failure. */
  #shared(): Promise<DeliveryContext> {
    this.#context ??= this.#open().catch((error: unknown) => {
      this.#context = undefined;
      throw error;
    });
    return this.#context;
  }

  async #open(): Promise<DeliveryContext> {
    const { rpc, chainId, rollup, signer, journal, feeCap } = this.#options;
    const { patience = 60_000, clock = SYSTEM_CLOCK, blobFeeCap = feeCap, kzg = KZG } = this.#options;
    const caps: Caps = { gas: feeCap, blobGas: blobFeeCap };
    const account = new L1Account(rpc, rollup, getAddress(await signer.getAddress()));
    const nonces = new Nonces(account, journal);
    const gasRules = new GasRules(rpc, clock);
    const wire = new Wire(account, kzg);
    return { account, chainId, signer, journal, nonces, gasRules, caps, wire, patience, clock };
  }
}

/** Whatever goes wrong with the connection may pass; everything else is thrown on. */
function troubleOf(error: unknown): string {
  if (error instanceof RpcError) return error.message;
  if (error instanceof SheafError && /^(RPC|NETWORK)_/.test(error.code)) return `${error.code}: ${error.message}`;
  throw error;
}

/** Passes on what differs from what came before. */
function onChange(listener: (state: SubmitState) => void): (state: SubmitState) => void {
  let last = "";
  return (state) => {
    const text = Object.values(state).join(" ");
    if (text !== last) listener(state);
    last = text;
  };
}
