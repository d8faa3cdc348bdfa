import type { BatchSize } from "../../protocol/constants.ts";

/** The exit circuit, and its name. */
export const EXIT = "exit";

/** What is proven to L1: a batch of a size, or that an account leaves a frozen rollup. */
export type Provable = BatchSize | typeof EXIT;

/** Name of its circuit. */
export const nameOf = (provable: Provable): string => (provable === EXIT ? EXIT : provable.name);
