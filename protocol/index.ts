// The part of the protocol that other software uses: `import { signTransfer } from "sheaf/protocol"`.
export * from "./account.ts";
export * from "./batch.ts";
export * from "./challenge.ts";
export * from "./constants.ts";
export * from "./errors.ts";
export * from "./exit.ts";
export * from "./field.ts";
export * from "./float.ts";
export * from "./operations.ts";
export * from "./poseidon.ts";
export * from "./replay.ts";
export * from "./request.ts";
export * from "./signature.ts";
export * from "./state.ts";
export * from "./tree.ts";
export * from "./wide-poseidon.ts";
export * from "./words.ts";
