import { startService } from "../../../prover/service/service.ts";
import { Probe } from "./probe.ts";

// A prover service's coordinator in a process of its own, with a program that nobody proves.

const [folder] = process.argv.slice(2) as [string];
const file = { sha256: "00".repeat(32), bytes: 0 };
const program = {
  ...{ id: "large-0000000000000000", name: "large", setup: "production" as const, constraints: 1 },
  ...{ files: { wasm: file, zkey: file }, paths: { wasm: "", zkey: "" }, verificationKey: { nPublic: 1 } as never },
} as const;
const { url } = await startService({ programs: [program], data: folder, port: 0 });
const probe = new Probe();
process.send!({ url });
await new Promise((go) => process.once("message", go));
probe.take();
process.on("message", () => {
  process.send!({ phase: { what: "a coordinator takes large jobs", stalls: probe.take() } });
});
