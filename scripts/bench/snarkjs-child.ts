// Proves with snarkjs what its parent asks for, and answers with the milliseconds.
import { groth16 } from "snarkjs";

process.on("message", (request: { readonly zkey: string; readonly witness: string }) => void prove(request));

async function prove({ zkey, witness }: { readonly zkey: string; readonly witness: string }): Promise<void> {
  const start = performance.now();
  await groth16.prove(zkey, witness);
  process.send!({ ms: performance.now() - start });
}
