/** What a client may ask of the node. */
export interface ApiLimits {
  /** Bytes of a body. */
  readonly bodyBytes: number;
  /** Requests of a client in so many seconds. */
  readonly requests: { readonly max: number; readonly perSeconds: number };
  /** Event streams that a client may have open. */
  readonly streams: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  bodyBytes: 16 << 10,
  requests: { max: 1_000, perSeconds: 10 },
  streams: 20,
};
