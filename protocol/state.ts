import { leafOf, type Account } from "./account.ts";
import { SEGMENT_LEVELS } from "./constants.ts";
import { SheafError } from "./errors.ts";
import type { MerklePath } from "./merkle-path.ts";
import type { Steps } from "./steps.ts";
import { segmentOf, StateTree, type NodeSource } from "./tree.ts";

/** One account before and after a change, with the path within its segment that the change was made on. */
export interface AccountUpdate {
  readonly index: number;
  readonly before: Account | undefined;
  readonly after: Account | undefined;
  /** From the leaf up to its segment's root, *before* the change. */
  readonly path: MerklePath;
  /** The segment's root before and after the change. */
  readonly segmentRoots: readonly [bigint, bigint];
}

/** A state that is kept elsewhere, as in a store, for a `RollupState` to read through to. It must not change meanwhile. */
export interface StateSource extends NodeSource {
  account(index: number): Account | undefined;
  accounts(): ReadonlyMap<number, Account>;
}

/** All accounts and their tree. A fork reads through to its parent, which must not change until the fork is done. */
export class RollupState {
  readonly #accounts = new Map<number, Account>();
  readonly #tree: StateTree;
  readonly #parent: RollupState | StateSource | undefined;
  /** Counts this state's changes. */
  #version = 0;
  #parentVersion: number;

  constructor(parent?: RollupState | StateSource) {
    this.#parent = parent;
    this.#parentVersion = parent instanceof RollupState ? parent.#version : 0;
    this.#tree = parent instanceof RollupState ? parent.#tree.fork() : new StateTree(parent);
  }

  get root(): bigint {
    return this.#tree.root;
  }

  account(index: number): Account | undefined {
    const own = this.#accounts.get(index);
    if (own !== undefined || this.#parent === undefined) return own;
    return this.#parent.account(index);
  }

  /** All accounts by index, in ascending order. */
  accounts(): ReadonlyMap<number, Account> {
    const all = new Map([...(this.#parent?.accounts() ?? []), ...this.#accounts]);
    return new Map([...all].sort(([a], [b]) => a - b));
  }

  /** What was set here and not committed: accounts by index, nodes by `nodeKey`. */
  get changes(): { readonly accounts: ReadonlyMap<number, Account>; readonly nodes: ReadonlyMap<number, bigint> } {
    return { accounts: this.#accounts, nodes: this.#tree.changes };
  }

  path(index: number): MerklePath {
    return this.#tree.path(index);
  }

  /** A fork of the tree, of which the accounts know nothing. */
  treeFork(): StateTree {
    return this.#tree.fork();
  }

  /** Hashes the nodes of the tree that updates left for later, a node at a time. The state must not change meanwhile. */
  settleSteps(): Steps<void> {
    return this.#tree.settleSteps();
  }

  /**
   * Puts `after` at the index; `undefined` leaves an empty leaf empty. An account, once there, is never removed.
   * Throws `FIELD_OUT_OF_RANGE`, before anything changes.
   */
  update(index: number, after: Account | undefined): AccountUpdate {
    const leaf = leafOf(index, after);
    const before = this.account(index);
    const path = this.#tree.path(index, 0, SEGMENT_LEVELS);
    const oldRoot = this.#segmentRoot(index);
    if (after !== undefined) {
      this.#accounts.set(index, after);
      this.#tree.setLeaf(index, leaf);
      this.#version++;
    }
    return { index, before, after, path, segmentRoots: [oldRoot, this.#segmentRoot(index)] };
  }

  #segmentRoot(index: number): bigint {
    return this.#tree.node(SEGMENT_LEVELS, segmentOf(index));
  }

  fork(): RollupState {
    return new RollupState(this);
  }

  /**
   * Writes this fork's changes into its parent; does nothing for a state that has none, or a source in its place.
   * Throws `STATE_CHANGED` if the parent changed since the fork was made.
   */
  commit(): void {
    if (!(this.#parent instanceof RollupState)) return;
    if (this.#parentVersion !== this.#parent.#version) {
      throw new SheafError("STATE_CHANGED", "the state changed after it was forked; the fork stands on old accounts");
    }
    this.#parentVersion = ++this.#parent.#version;
    for (const [index, account] of this.#accounts) this.#parent.#accounts.set(index, account);
    this.#accounts.clear();
    this.#tree.commit();
  }
}
