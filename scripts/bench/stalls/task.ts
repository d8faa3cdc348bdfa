import type { Stalls } from "./probe.ts";

/** What a node's process is to do. */
export interface NodeTask {
  readonly folder: string;
  /** In the store, and operations that wait, each of an account of its own. */
  readonly accounts: number;
  readonly operations: number;
  /** Operations that were verified long ago, and payments to one L1 address. */
  readonly history: number;
  readonly payouts: number;
  /** Batches that L1 has taken while the node was not running: of what waits. */
  readonly missed: number;
  /** For which batches are made. */
  readonly seconds: number;
}

/** What a process that is measured has done. */
export interface Phase {
  readonly what: string;
  readonly stalls: Stalls;
}

/** In the task's folder: the batches that the node missed, as `node:v8` writes them. */
export const MISSED = "missed";
