import type { EthereumProvider } from "hardhat/types/providers";

/** Milliseconds of a slot of L1. */
const SLOT_MS = 12_000;
/** By these a developer takes mining into his own hands. */
const MINING = /^evm_set(Automine|IntervalMining)$/;

/**
 * Keeps a chain's blocks close to the present, as L1's are: whatever asks the newest block for the time, such as a batch,
 * would be told of a quiet chain's past.
 */
export class Clock {
  readonly #provider: EthereumProvider;
  readonly #blockTime: number | undefined;
  readonly #quiet: number;
  readonly #onBlock = (): void => void this.#timer?.refresh();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param blockTime seconds between blocks; undefined: a block for each transaction, and one where none came for a while
   * @param quiet milliseconds of that while
   */
  constructor(
    provider: EthereumProvider,
    { blockTime, quiet = SLOT_MS }: { blockTime?: number | undefined; quiet?: number | undefined },
  ) {
    this.#provider = provider;
    this.#blockTime = blockTime;
    this.#quiet = quiet;
  }

  async start(): Promise<void> {
    if (this.#blockTime !== undefined) {
      await this.#provider.request({ method: "evm_setAutomine", params: [false] });
      await this.#provider.request({ method: "evm_setIntervalMining", params: [Math.round(this.#blockTime * 1000)] });
      return;
    }
    this.#provider.on("notification", this.#onBlock);
    this.#timer = setInterval(() => {
      void this.#provider.request({ method: "evm_mine" }).catch(() => undefined);
    }, this.#quiet);
  }

  /**
   * A method was called from outside. Whoever decides when blocks are mined gets no others; and what was said of the next
   * block, such as its time, is meant for one of the developer's.
   */
  note(method: string): void {
    if (MINING.test(method)) this.stop();
    else if (method.startsWith("evm_")) this.#timer?.refresh();
  }

  stop(): void {
    this.#provider.removeListener("notification", this.#onBlock);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
