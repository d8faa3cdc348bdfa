import type { Owner } from "../../protocol/account.ts";
import { BITS, L1_INDEX } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { requireBits, requireField } from "../../protocol/field.ts";
import { messageOf, type SignedOperation } from "../../protocol/operations.ts";
import type { AffinePoint, Signature } from "../../protocol/signature.ts";
import { requireSignedForm } from "../../protocol/validation.ts";
import { Directory, type AccountSource } from "../directory.ts";
import { GroupCommit } from "./group-commit.ts";
import {
  creationId,
  isCreation,
  isSigned,
  signedId,
  type Accepted,
  type PooledCreation,
  type PooledOperation,
} from "./operation.ts";
import type { Pool } from "./pool.ts";
import { Projection } from "./projection.ts";

/** Whether a signature is the key's on a message; a key off the curve or of low order signs nothing. */
export type VerifySignature = (message: bigint, signature: Signature, publicKey: AffinePoint) => Promise<boolean>;

export interface MempoolLimits {
  /**
   * Operations that wait for a batch, in all and of one account. Accounts to be opened, for which anybody may ask, count
   * as one's.
   */
  readonly operations: number;
  readonly perAccount: number;
  /** Seconds of L1's time that an operation must be valid for when it is taken in. */
  readonly validity: number;
}

/** What waits for a batch, and what may join it. */
export class Mempool {
  readonly #pool: Pool;
  readonly #domain: bigint;
  readonly #verify: VerifySignature;
  readonly #limits: MempoolLimits;
  readonly #commits: GroupCommit;
  #base: AccountSource;
  #time = 0;
  #pending: PooledOperation[] = [];
  #projection: Projection;
  #waitingOf = new Map<number, number>();
  /** Resolves when what came before has its place, or none. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(pool: Pool, domain: bigint, base: AccountSource, verify: VerifySignature, limits: MempoolLimits) {
    this.#pool = pool;
    this.#domain = domain;
    this.#verify = verify;
    this.#limits = limits;
    this.#base = base;
    this.#projection = new Projection(base);
    this.#commits = new GroupCommit((work) => this.#commit(work));
  }

  /** L1's newest block is of this time, in seconds. */
  set time(time: number) {
    this.#time = time;
  }

  /** In the order of arrival. */
  get pending(): readonly PooledOperation[] {
    return this.#pending;
  }

  /** The accounts as they are after everything that waits. */
  get projection(): Pick<Projection, "account"> {
    return this.#projection;
  }

  /** Finds accounts by their owners, those that are to be opened included. */
  directory(): Directory {
    return new Directory(
      this.#base,
      this.#pending.filter(isCreation).map(({ accepted }) => accepted.operation),
    );
  }

  /** Takes up what the file says now, over the state that it meets. */
  reset(base: AccountSource): void {
    this.#base = base;
    this.#pending = [];
    this.#projection = new Projection(base);
    this.#waitingOf = new Map();
    for (const pooled of this.#pool.operations.pending()) this.#join(pooled);
  }

  /**
   * Takes a signed operation in. It is on the disk when this returns, and comes before all that are handed in later. The
   * same operation again has the same answer.
   *
   * @throws SheafError FIELD_OUT_OF_RANGE, AMOUNT_NOT_REPRESENTABLE, INDEX_RESERVED, SIGNATURE_INVALID, MEMPOOL_FULL,
   * ACCOUNT_BUSY, and the codes of `Projection.require`
   */
  async submit(signed: SignedOperation): Promise<PooledOperation> {
    requireSignedForm(signed);
    const message = messageOf(this.#domain, signed);
    const id = signedId(message);
    const known = this.#pool.operations.find(id);
    if (known !== undefined) return known;
    this.#requireRoom(signed.operation.from);
    const checked = this.#requireSignature(message, signed);
    checked.catch(() => undefined); // told at its turn
    // The next one waits for this one's place in the line, not for the disk.
    const admitted = this.#before
      .then(() => checked)
      .then(() => ({ written: this.#commits.run(() => this.#admit(id, signed)) }));
    this.#before = admitted.catch(() => undefined);
    return (await admitted).written;
  }

  /**
   * Has an account opened by one of the next batches, if there is none and none is on its way.
   *
   * @param urgent whether it may join a full mempool: what waits there needs it
   * @returns its index, and the operation that opens it, if it is not in the state yet
   * @throws SheafError FIELD_OUT_OF_RANGE, MEMPOOL_FULL
   */
  async openAccount(
    owner: Owner,
    token: number,
    urgent = false,
  ): Promise<{ readonly index: number; readonly opening?: PooledCreation }> {
    const { pubKeyY, l1Address } = owner;
    requireField("pubKeyY", pubKeyY);
    requireBits("l1Address", l1Address, BITS.l1Address);
    return this.#commits.run(() => {
      const directory = this.directory();
      const known = directory.find(owner, token);
      if (known !== undefined) return this.#opened(known);
      if (!urgent) this.#requireRoom(L1_INDEX);
      const operation = { kind: "creation", index: directory.assign(owner, token), pubKeyY, l1Address, token } as const;
      const accepted = { kind: "creation", operation } as const;
      this.#join(this.#pool.operations.add(creationId(operation.index), accepted, Date.now()));
      return this.#opened(operation.index);
    });
  }

  #opened(index: number): { readonly index: number; readonly opening?: PooledCreation } {
    const opening = this.#pending.filter(isCreation).find(({ accepted }) => accepted.operation.index === index);
    return { index, ...(opening && { opening }) };
  }

  async #requireSignature(
    message: bigint,
    { operation: { from, publicKey, signature } }: SignedOperation,
  ): Promise<void> {
    if (await this.#verify(message, signature, publicKey)) return;
    throw new SheafError("SIGNATURE_INVALID", `the signature is not account ${from}'s on this operation`);
  }

  #admit(id: string, signed: SignedOperation): PooledOperation {
    const known = this.#pool.operations.find(id);
    if (known !== undefined) return known;
    this.#requireRoom(signed.operation.from);
    this.#projection.require(signed, this.#time + this.#limits.validity);
    const payee = signed.kind === "transfer" ? this.#projection.account(signed.operation.to) : undefined;
    const accepted: Accepted = payee === undefined ? signed : { ...signed, payee: ownerOf(payee) };
    const pooled = this.#pool.operations.add(id, accepted, Date.now());
    this.#join(pooled);
    return pooled;
  }

  #join(pooled: PooledOperation): void {
    this.#pending.push(pooled);
    if (isCreation(pooled)) this.#projection.open(pooled.accepted.operation);
    const from = isSigned(pooled) ? pooled.accepted.operation.from : L1_INDEX;
    this.#waitingOf.set(from, (this.#waitingOf.get(from) ?? 0) + 1);
    if (!isSigned(pooled)) return;
    // What cannot be done for now, such as after a reorganisation, waits for the next batch's verdict.
    if (this.#projection.allows(pooled.accepted)) this.#projection.apply(pooled.accepted);
  }

  #requireRoom(from: number): void {
    const { operations, perAccount } = this.#limits;
    if (this.#pending.length >= operations) throw new SheafError("MEMPOOL_FULL", `${operations} operations wait`);
    if ((this.#waitingOf.get(from) ?? 0) < perAccount) return;
    if (from === L1_INDEX) throw new SheafError("MEMPOOL_FULL", `${perAccount} accounts wait to be opened`);
    throw new SheafError("ACCOUNT_BUSY", `${perAccount} operations of account ${from} wait`);
  }

  #commit(work: () => void): void {
    try {
      this.#pool.transaction(work);
    } catch (error) {
      // Nothing of it is on the disk.
      this.reset(this.#base);
      throw error;
    }
  }
}

const ownerOf = ({ pubKeyY, l1Address }: Owner): Owner => ({ pubKeyY, l1Address });
