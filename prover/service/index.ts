// What other software uses of the prover service: `import { ProverClient } from "sheaf/prover"`.
export { ProverClient, type ClientOptions, type JobView, type ProofView, type WaitOptions } from "./client.ts";
export type { Announcement, Health, Submission, WorkerView } from "./client.ts";
