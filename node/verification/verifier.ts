import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Piscina } from "piscina";
import { SheafError } from "../../protocol/errors.ts";
import { signatureChallenge, type AffinePoint, type Signature } from "../../protocol/signature.ts";

/** What a thread is to verify: what `satisfiesEquation` takes. The hash is WebAssembly's, and stays in this thread. */
export type SignatureCheck = readonly [challenge: bigint, signature: Signature, publicKey: AffinePoint];

export interface VerifierOptions {
  /** Default: one a core. */
  readonly threads?: number | undefined;
  /** Signatures that may wait at a time. */
  readonly maxWaiting?: number | undefined;
}

/** Signatures that go to a thread with one message: beside their milliseconds its cost is nothing. */
const GROUP = 16;

interface Waiting {
  readonly check: SignatureCheck;
  readonly done: (isValid: boolean) => void;
  readonly failed: (error: unknown) => void;
}

/** `verifySignature` in worker threads, so that signatures hold up nothing else. */
export class SignatureVerifier {
  readonly #pool: Piscina<readonly SignatureCheck[], readonly boolean[]>;
  readonly #maxWaiting: number;
  #gathered: Waiting[] = [];
  #waiting = 0;

  constructor({ threads = availableParallelism(), maxWaiting = 20_000 }: VerifierOptions = {}) {
    const filename = join(import.meta.dirname, "worker.ts");
    this.#pool = new Piscina({ filename, minThreads: 1, maxThreads: threads, idleTimeout: Infinity });
    this.#maxWaiting = maxWaiting;
  }

  get threads(): number {
    return this.#pool.options.maxThreads;
  }

  /** Signatures that are not verified yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** As `verifySignature`. Throws `SERVICE_BUSY` if too many wait already. */
  readonly verify = async (message: bigint, signature: Signature, publicKey: AffinePoint): Promise<boolean> => {
    const challenge = signatureChallenge(message, signature, publicKey);
    if (challenge === undefined) return false;
    if (this.#waiting >= this.#maxWaiting) {
      throw new SheafError("SERVICE_BUSY", `${this.#waiting} signatures wait to be verified already`);
    }
    this.#waiting++;
    const verdict = new Promise<boolean>((done, failed) => {
      // Those of one turn of the event loop go together.
      if (this.#gathered.length === 0) setImmediate(() => this.#send());
      this.#gathered.push({ check: [challenge, signature, publicKey], done, failed });
    });
    return verdict.finally(() => this.#waiting--);
  };

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #send(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (let start = 0; start < gathered.length; start += GROUP) {
      const group = gathered.slice(start, start + GROUP);
      this.#pool.run(group.map(({ check }) => check)).then(
        (verdicts) => group.forEach(({ done }, i) => done(verdicts[i]!)),
        (error: unknown) => group.forEach(({ failed }) => failed(error)),
      );
    }
  }
}
