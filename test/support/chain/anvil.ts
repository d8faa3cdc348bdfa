import { startAnvil, type AnvilProcess } from "../../../devnet/anvil.ts";

/** Foundry's development chain: a client that is not Hardhat's, in a process of its own on a free port. */
export class Anvil {
  readonly url: string;
  readonly #process: AnvilProcess;

  private constructor(process: AnvilProcess) {
    this.#process = process;
    this.url = process.url;
  }

  /** @param args such as `-n optimism`, `--block-time 1`, `--hardfork london` */
  static async start(...args: readonly string[]): Promise<Anvil> {
    return new Anvil(await startAnvil(["--port", "0", ...args]));
  }

  /** One JSON-RPC call, such as `anvil_setCode`. */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = await (await fetch(this.url, { method: "POST", headers, body })).json();
    const { result, error } = answer as { readonly result?: unknown; readonly error?: { readonly message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
