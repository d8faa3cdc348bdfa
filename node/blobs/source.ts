/** A blob that is looked for. */
export interface WantedBlob {
  /** 0x and 64 digits, in lower case. */
  readonly versionedHash: string;
  /** L1's block with the transaction that brought it. */
  readonly block: {
    readonly number: number;
    /** Unix time in seconds. */
    readonly timestamp: number;
  };
}

/**
 * Who may have blobs. None is believed: whatever one gives is checked against the versioned hash by whoever asks, and any one
 * that is right will do.
 */
export interface BlobSource {
  /** For messages: what it is and its host, for a path may hold a key. */
  readonly name: string;
  /**
   * What may be the blob, as coefficients of its polynomial; nothing if the source says that it does not have it.
   *
   * @param late aborts when nobody waits any more
   * @throws Error with the reason, in words that are not the source's
   */
  candidates(wanted: WantedBlob, late: AbortSignal): Promise<readonly (readonly bigint[])[]>;
}
