import type { ClientLimits } from "../../http/server.ts";

/** What a client may ask of the node. */
export interface ApiLimits extends ClientLimits {
  /** Bytes of a body. */
  readonly bodyBytes: number;
  /** Event streams that may be open. */
  readonly streams: { readonly perClient: number; readonly inAll: number };
}

export const DEFAULT_LIMITS: ApiLimits = {
  bodyBytes: 16 << 10,
  requests: { max: 1_000, perSeconds: 10 },
  connections: { perClient: 256, inAll: 4_096 },
  streams: { perClient: 20, inAll: 500 },
};
