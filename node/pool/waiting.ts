import { isCreation, isSigned, type PooledOperation } from "./operation.ts";
import { Projection } from "./projection.ts";

/** The operations that wait for a batch, in the order of arrival, and the accounts as they are after them. */
export class Waiting {
  readonly #operations: PooledOperation[] = [];
  readonly #ofAccount = new Map<number, number>();
  readonly projection: Projection;
  /** Signed operations among them. */
  #signed = 0;

  /** @param base the state that they meet */
  constructor(base: ConstructorParameters<typeof Projection>[0]) {
    this.projection = new Projection(base);
  }

  get operations(): readonly PooledOperation[] {
    return this.#operations;
  }

  get signed(): number {
    return this.#signed;
  }

  /** How many of an account's wait. */
  of(account: number): number {
    return this.#ofAccount.get(account) ?? 0;
  }

  join(pooled: PooledOperation): void {
    this.#operations.push(pooled);
    if (isCreation(pooled)) this.projection.open(pooled.accepted.operation);
    if (!isSigned(pooled)) return;
    this.#signed++;
    const { from } = pooled.accepted.operation;
    this.#ofAccount.set(from, this.of(from) + 1);
    // What cannot be done for now, such as after a reorganisation, waits for the next batch's verdict.
    if (this.projection.allows(pooled.accepted)) this.projection.apply(pooled.accepted);
  }
}
