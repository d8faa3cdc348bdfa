/** Where a node can be killed while it brings batches to L1 that share a blob. */
export const POINTS = ["commitment", "proof", "opening", "cells", "sending", "sent", "receipt"] as const;
export type Point = (typeof POINTS)[number];
