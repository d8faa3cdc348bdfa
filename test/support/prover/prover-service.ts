import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wtns } from "snarkjs";
import { ensureCompiled } from "../../../prover/artifacts/circuit-cache.ts";
import { ensureDevelopmentKey } from "../../../prover/artifacts/key-cache.ts";
import { localProgram, type LocalProgram } from "../../../prover/artifacts/program.ts";
import { snarkjsProver } from "../../../prover/backends/snarkjs.ts";
import type { TimedProof } from "../../../prover/prover.ts";
import { ProverClient, type Submission } from "../../../prover/service/client.ts";
import { startService, type Service, type ServiceOptions } from "../../../prover/service/service.ts";
import { CHAIN_INPUT, chainCircuit } from "./chain-circuit.ts";
import { behave, type Behaviour } from "./fleet-worker.ts";

/** Milliseconds after which a silent worker has lost its job, in tests. */
export const LEASE_MS = 1500;

/** What a process may do at most. */
export interface Limits {
  /**
   * Bytes of a file, a multiple of 1024: what is past them the kernel refuses to write, as it does when a disk is full,
   * and no rights are needed for it.
   */
  readonly fileBytes?: number;
}

/** A prover service with a small circuit, and workers that behave as a test wants them to. */
export class ServiceHarness {
  readonly folder: string;
  readonly program: LocalProgram;
  /** A right proof for `CHAIN_INPUT`. */
  readonly made: TimedProof;
  readonly #children = new Set<ChildProcess>();
  readonly #stops: (() => Promise<void>)[] = [];
  #service: Service | undefined;

  private constructor(folder: string, program: LocalProgram, made: TimedProof) {
    this.folder = folder;
    this.program = program;
    this.made = made;
  }

  static async create(): Promise<ServiceHarness> {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-service-"));
    const circuit = await ensureCompiled(await chainCircuit(), folder);
    const program = await localProgram(circuit, await ensureDevelopmentKey(circuit, folder));
    const prover = snarkjsProver({ ...program.paths, verificationKey: program.verificationKey });
    const made = await prover.prove(CHAIN_INPUT);
    await writeFile(join(folder, "proof.json"), JSON.stringify(made));
    return new ServiceHarness(folder, program, made);
  }

  get service(): Service {
    return this.#service!;
  }

  async start(options: Partial<ServiceOptions> = {}): Promise<ProverClient> {
    const data = join(this.folder, "data");
    const defaults = { programs: [this.program], data, port: 0, leaseMs: LEASE_MS };
    this.#service = await startService({ ...defaults, ...options });
    return new ProverClient(this.#service.url, { token: options.token });
  }

  async stopWorkers(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
    for (const child of this.#children) child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.#service?.close();
    this.#service = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A worker in this process, until `stop`. */
  join(kind: Behaviour["kind"], change: Partial<Behaviour> = {}): void {
    const stop = new AbortController();
    const work = behave(this.#behaviour(kind, change), stop.signal).catch(() => undefined);
    this.#stops.push(() => (stop.abort(), work));
  }

  /** A worker in a process of its own. With limits, its log is on stderr. */
  spawn(kind: Behaviour["kind"], change: Partial<Behaviour> = {}, limits: Limits = {}): ChildProcess {
    return this.#spawn("fleet-worker.ts", this.#behaviour(kind, change), limits);
  }

  /** The service in a process of its own. Returns it, once it is there, and a client of it. */
  async spawnService(
    options: Partial<ServiceOptions> = {},
    limits: Limits = {},
  ): Promise<{
    readonly child: ChildProcess;
    readonly client: ProverClient;
    readonly url: string;
    readonly queue: string;
  }> {
    const data = join(this.folder, "data");
    const queue = options.queue ?? `sqlite:${join(data, "queue.db")}`;
    const all = { programs: [this.program], data, port: 0, leaseMs: LEASE_MS, ...options, queue };
    const child = this.#spawn("service-process.ts", all, limits);
    const url = await new Promise<string>((done, fail) => {
      child.stdout!.once("data", (chunk: Buffer) => done(chunk.toString("utf8").trim()));
      child.once("exit", () => fail(new Error("the service ended")));
    });
    return { child, client: new ProverClient(url), url, queue };
  }

  #spawn(script: string, options: object, { fileBytes }: Limits): ChildProcess {
    const flags = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, script), JSON.stringify(options)];
    // Its soft limit, so that it can be taken back.
    const limited = `ulimit -S -f ${(fileBytes ?? 0) / 1024} && exec "$0" "$@"`;
    const [program, ...args] =
      fileBytes === undefined ? [process.execPath, ...flags] : ["bash", "-c", limited, process.execPath, ...flags];
    const env = { ...process.env, ...(fileBytes !== undefined && { SHEAF_TEST_LOG: "warn" }) };
    const stderr = fileBytes === undefined ? "inherit" : "pipe";
    const child = spawn(program!, args, { stdio: ["ignore", "pipe", stderr], env });
    this.#children.add(child);
    child.on("exit", () => this.#children.delete(child));
    return child;
  }

  #behaviour(kind: Behaviour["kind"], change: Partial<Behaviour>): Behaviour {
    const { folder } = this;
    const name = `${kind} ${this.#children.size + this.#stops.length}`;
    const files = { cache: join(folder, "cache", name), proof: join(folder, "proof.json") };
    return { queue: this.#service?.queue ?? "", name, kind, ...files, ...change };
  }

  /** The bytes of the `.wtns` file of what `submission` asks for. */
  async witness(): Promise<Buffer> {
    const witness: { type: "mem"; data?: Uint8Array } = { type: "mem" };
    await wtns.calculate(CHAIN_INPUT, this.program.paths.wasm, witness);
    return Buffer.from(witness.data!);
  }

  /** What Prometheus gets. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.service.url}/metrics`)).text();
  }

  /**
   * A request for a proof of `CHAIN_INPUT`. Values of a signal that the circuit does not have make it another request;
   * stubs do not mind, but honest workers do.
   */
  submission(salt?: number): Submission & { kind: "inputs" } {
    const inputs = { alpha: "7", z: "0", x: ["11", "13"], ...(salt !== undefined && { salt: `${salt}` }) };
    return { kind: "inputs", program: this.program.name, inputs, publicSignals: [...this.made.publicSignals] };
  }
}
