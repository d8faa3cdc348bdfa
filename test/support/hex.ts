/** Hexadecimal digits, without a prefix, as bytes. */
export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** Bytes as hexadecimal digits, without a prefix. */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
