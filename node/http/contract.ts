import { Interface, ZeroAddress } from "ethers";
import type { Contract } from "../../api/schemas.ts";
import { TIMELOCK } from "../../l1/contract.ts";
import { Memoised } from "../../lib/memoised.ts";
import { DEADLINES } from "../../protocol/constants.ts";
import { cut } from "../../protocol/visible.ts";
import { inTime } from "../l1/l1-timeout.ts";
import { L1 } from "../l1/l1.ts";
import type { Rpc } from "../l1/rpc.ts";
import type { Store } from "../store/store.ts";
import { governanceAt } from "../watch/governance.ts";
import { sizeView } from "./batches.ts";
import { callContract } from "./contract-call.ts";
import { throttled } from "./throttled.ts";

/** What a verifier that this project has made says of its key (`prover/artifacts/verifier.ts`). */
const VERIFIER = new Interface([
  "function SETUP() view returns (string)",
  "function KEY_HASH() view returns (bytes32)",
]);

/** A circuit as the rollup's contract has it. */
interface Circuit {
  readonly verifier: string;
  readonly circuitHash: string;
  readonly keyHash: string;
}

type Setup = Pick<Contract["exit"], "keys" | "setup">;

/** The rollup's contract on L1 as it is now: who has a say in it, and what its verifiers say of their keys. */
export class ContractView {
  readonly #store: Store;
  readonly #rpc: Rpc;
  readonly #l1: L1;
  readonly #setups: Memoised<string, Setup>;
  readonly #exit: Memoised<string, Circuit>;
  readonly #blobOpener: Memoised<string, string>;
  readonly #changing: () => Promise<Changing>;

  constructor(store: Store, rpc: Rpc) {
    this.#store = store;
    this.#rpc = rpc;
    this.#l1 = new L1(rpc, store.rollup);
    this.#setups = new Memoised((circuit) => this.#setupOf(JSON.parse(circuit) as Circuit));
    this.#exit = new Memoised(async () => circuitOf((await this.#call("exitCircuit")) as Circuit));
    this.#blobOpener = new Memoised(async () => (await this.#call("blobOpener")) as string);
    this.#changing = throttled(() => this.#change());
  }

  /** Throws as `Rpc` does, and `RPC_REFUSED`. */
  async now(): Promise<Contract> {
    const store = this.#store;
    const [changing, opener, exit, ...sizes] = await Promise.all([
      this.#changing(),
      inTime(this.#blobOpener.get("opener")),
      inTime(this.#exit.get("exit").then((circuit) => this.#withSetup(circuit))),
      ...store.sizes().map(async (size) => {
        const { l1Operations, withdrawals } = size;
        return { ...sizeView(size), l1Operations, withdrawals, ...(await inTime(this.#withSetup(circuitOf(size)))) };
      }),
    ]);
    const deployedBy = store.events.transactionOf("size", 0);
    return {
      ...{ chainId: store.chainId, rollup: store.rollup, block: store.lastBlockOf("sizes") },
      ...(deployedBy !== undefined && { deployedBy }),
      ...changing,
      ...(opener !== ZeroAddress && { blobOpener: opener }),
      ...{ deadlines: DEADLINES, sizes, exit },
    };
  }

  async #change(): Promise<Changing> {
    const [{ operator, owner, pendingOwner }, depositsPaused, queueFee] = await Promise.all([
      governanceAt(this.#l1, "latest"),
      this.#call("depositsPaused"),
      this.#call("queueFee"),
    ]);
    const delay = delayOf(await callContract(this.#rpc, owner, TIMELOCK.encodeFunctionData("getMinDelay")));
    return {
      ...{ operator, owner, depositsPaused: depositsPaused as boolean, queueFee: queueFee as bigint },
      ...(pendingOwner !== ZeroAddress && { pendingOwner }),
      ...(delay !== undefined && { timelock: { delay } }),
    };
  }

  async #withSetup(circuit: Circuit): Promise<Circuit & Setup> {
    return { ...circuit, ...(await this.#setups.get(JSON.stringify(circuit))) };
  }

  async #setupOf({ verifier, keyHash }: Circuit): Promise<Setup> {
    const call = (name: string) => callContract(this.#rpc, verifier, VERIFIER.encodeFunctionData(name));
    const [setup, hash] = await Promise.all([call("SETUP"), call("KEY_HASH")]);
    if (hash !== keyHash) return { keys: "unknown", setup: "" };
    const words = textOf(setup);
    const keys = words.startsWith("INSECURE") ? "INSECURE" : words.startsWith("production") ? "ceremony" : "unknown";
    return { keys, setup: words };
  }

  async #call(name: string): Promise<unknown> {
    return (await this.#l1.call(name, [], "latest"))[0];
  }
}

type Changing = Pick<Contract, "operator" | "owner" | "pendingOwner" | "timelock" | "depositsPaused" | "queueFee">;

const circuitOf = ({ verifier, circuitHash, keyHash }: Circuit): Circuit => ({ verifier, circuitHash, keyHash });

/** A timelock's delay in seconds. An owner that is not a timelock has no such method, or answers whatever it likes. */
function delayOf(answer: string): number | undefined {
  const delay = /^0x[0-9a-fA-F]{64}$/.test(answer) ? Number(BigInt(answer)) : NaN;
  return Number.isSafeInteger(delay) ? delay : undefined;
}

const MOST_CHARACTERS = 200;

function textOf(answer: string): string {
  try {
    return cut(String(VERIFIER.decodeFunctionResult("SETUP", answer)[0]), MOST_CHARACTERS);
  } catch {
    return "";
  }
}
