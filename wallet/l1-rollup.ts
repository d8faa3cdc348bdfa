import {
  Contract,
  isError,
  JsonRpcApiProvider,
  ZeroAddress,
  type Block,
  type Provider,
  type Signer,
  type TransactionReceipt,
  formatUnits,
} from "ethers";
import type { Priced } from "../l1/batch-gas.ts";
import { ROLLUP } from "../l1/contract.ts";
import { l1Failure, Reverted } from "../l1/failure.ts";
import { requireGasMoney } from "../l1/gas-money.ts";
import { hasHasher, sendOnce, type Once } from "../l1/once.ts";
import { reasonOf } from "../l1/reason.ts";
import { sendToRollup, type OnSent } from "../l1/send.ts";
import { ETHER, metadataOf, type TokenMetadata } from "../l1/token-metadata.ts";
import type { SentMemory } from "../l1/unconfirmed.ts";
import { KeyedTurns } from "../lib/turns.ts";
import { SheafError } from "../protocol/errors.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import type { SolidityProof } from "../prover/files/proof-format.ts";
import { afterProviderCache } from "./after-provider-cache.ts";
import { approve, balanceIn, permit } from "./allowance.ts";
import { FeeLimits } from "./fee-limit.ts";
import type { Owner } from "./rollup-address.ts";

/** What joined the rollup's queue on L1. */
export interface Queued {
  /** Place in the queue. */
  readonly place: number;
  /** Hash of the L1 transaction. */
  readonly transaction: string;
}

/** The arguments of the contract's `exit`. */
export type ExitCall = [index: number, token: number, l1Address: string, balance: bigint, proof: SolidityProof];
/** Those of `exitByPath`. */
export type PathCall = [
  ...[index: number, token: number, l1Address: string, balance: bigint],
  ...[pubKeyY: bigint, nonce: number, siblings: readonly (readonly bigint[])[]],
];
/** Those of `refundDeposit`: the place in the queue of a deposit, and what the deposit says. */
export type RefundCall = [
  ...[place: number, token: number, amount: bigint],
  ...[pubKeyY: bigint, l1Address: string, refundAddress: string],
];

/** What an L1 account sends, through whichever wallets, so that each transaction finds nonce and permits as they are. */
const turns = new KeyedTurns<string>();

/**
 * The rollup's contract, as a wallet uses it. What asks throws `NETWORK_UNREACHABLE`, `NODE_MISMATCH`; what sends a
 * transaction also `SIGNER_MISSING`, and the codes of `sendToRollup`.
 */
export class L1Rollup {
  readonly #address: string;
  readonly #contract: Contract;
  readonly #provider: Provider;
  readonly #signer: Signer | undefined;
  readonly #onSent: OnSent;
  readonly #memory: SentMemory | undefined;
  readonly #limits: FeeLimits;
  #transfers: number | undefined;

  /** @param onSent told of each transaction, before it is mined */
  constructor(
    address: string,
    provider: Provider,
    signer?: Signer,
    onSent: OnSent = () => undefined,
    memory?: SentMemory,
  ) {
    this.#memory = memory;
    this.#onSent = onSent;
    this.#address = l1AddressOf("the rollup", address);
    this.#provider = provider;
    this.#contract = new Contract(address, ROLLUP, provider);
    this.#signer = signer;
    this.#limits = new FeeLimits(provider, this.#address, () => this.#mostTransfers());
  }

  domain(): Promise<bigint> {
    return this.#read("domain");
  }

  /** The most, in wei, that an operation's fee is without its owner's word: a few times what it costs on L1 now. */
  feeLimit(kind: Priced): Promise<bigint> {
    return this.#limits.of(kind).catch(unreachable);
  }

  /** Address of a token's contract; zero for ether. */
  tokenAddress(token: number): Promise<string> {
    return this.#read("tokenAddress", token);
  }

  isFrozen(): Promise<boolean> {
    return this.#read("isFrozen");
  }

  hasExited(index: number): Promise<boolean> {
    return this.#read("hasExited", index);
  }

  withdrawable(token: number, l1Address: string): Promise<bigint> {
    return this.#read("withdrawable", token, l1Address);
  }

  /** All tokens, by what their contracts say of them. */
  async tokens(): Promise<readonly ({ readonly id: number; readonly address: string } & TokenMetadata)[]> {
    const count = Number(await this.#read<bigint>("tokenCount"));
    const ids = Array.from({ length: count }, (_, id) => id);
    return Promise.all(
      ids.map(async (id) => {
        const [address, metadata] = await Promise.all([this.#read<string>("tokenAddress", id), this.metadata(id)]);
        return { id, address, ...metadata };
      }),
    );
  }

  /** What a token's contract says of it; nothing of what it does not say. */
  async metadata(token: number): Promise<TokenMetadata> {
    if (token === 0) return ETHER;
    const to = await this.#read<string>("tokenAddress", token);
    return metadataOf((data) =>
      this.#provider
        .call({ to, data })
        .catch((error: unknown) => (l1Failure("L1", error) instanceof Reverted ? "0x" : unreachable(error))),
    );
  }

  /** Unix time of L1's newest block. */
  async time(): Promise<number> {
    return (await this.#block("latest"))!.timestamp;
  }

  /**
   * The root after the last batch, and its number, as of a block.
   *
   * @throws SheafError ACCOUNT_NOT_FINAL if the rollup was not there yet
   */
  async state(blockTag: "latest" | "finalized"): Promise<{ readonly root: bigint; readonly batch: number }> {
    const block = await this.#block(blockTag);
    if (block === null || (await this.#codeAt(block.number)) === "0x") {
      const when = await this.timeToFinality();
      throw new SheafError("ACCOUNT_NOT_FINAL", `the rollup is in no block that L1 calls ${blockTag} yet: ${when}`);
    }
    // One block for both: the next one may bring a batch.
    const at = { blockTag: block.number };
    const [root, batch] = [await this.#read<bigint>("stateRoot", at), await this.#read<bigint>("batchNumber", at)];
    return { root, batch: Number(batch) };
  }

  /** How long L1 takes to call a block final, in words: as long as what it calls so now is old. */
  async timeToFinality(): Promise<string> {
    const [newest, final] = [await this.#block("latest"), await this.#block("finalized").catch(() => null)];
    if (newest === null || final === null) return "L1 does not say how long that takes";
    const seconds = newest.timestamp - final.timestamp;
    return `that takes about ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} from the block on`;
  }

  /**
   * Pays an amount into somebody's account, with an EIP-2612 permit where the token has it. If the rollup ends before it is
   * served, the payer gets it back.
   *
   * @throws SheafError FIELD_INVALID if it is nothing; TOKEN_UNKNOWN; BALANCE_INSUFFICIENT if the payer has less of the token than that
   */
  async deposit(token: number, amount: bigint, { pubKeyY, l1Address }: Owner): Promise<Queued> {
    if (amount <= 0n) throw new SheafError("FIELD_INVALID", "a deposit's amount must be more than 0");
    return this.#inTurn(async (signer) => {
      const value = await this.#queueValue();
      // Before anything is signed or approved that would be in vain.
      await requireGasMoney(signer, { value: token === 0 ? value + amount : value });
      const payer = await signer.getAddress();
      const args = [token, amount, pubKeyY, l1Address, payer];
      if (token === 0) return this.#enqueue(signer, "deposit", [...args, { value: value + amount }]);
      const erc20 = await this.#read<string>("tokenAddress", token);
      if (erc20 === ZeroAddress) throw new SheafError("TOKEN_UNKNOWN", `the rollup has no token ${token}`);
      await this.#requireTokens(token, erc20, payer, amount);
      const permission = await permit(erc20, this.#address, amount, signer);
      if (permission !== undefined) {
        return this.#enqueue(signer, "depositWithPermit", [...args, permission, { value }]);
      }
      await approve(erc20, this.#address, amount, signer, this.#onSent);
      return this.#enqueue(signer, "deposit", [...args, { value }]);
    });
  }

  /** Throws `SIGNER_MISSING` if the signer is another's: only the account's own L1 address can have anything leave. */
  requestWithdrawal(index: number, token: number, l1Address: string): Promise<Queued> {
    return this.#inTurn(async (signer) => {
      const sender = await signer.getAddress();
      if (sender !== l1AddressOf("the account's owner", l1Address)) {
        throw new SheafError(
          "SIGNER_MISSING",
          `account ${index} is ${l1Address}'s to empty, not the signer's, ${sender}`,
        );
      }
      return this.#enqueue(signer, "requestWithdrawal", [index, token, { value: await this.#queueValue() }]);
    });
  }

  /**
   * Sends an L1 address what it was credited with, whoever pays for it; `undefined` if somebody else did so first.
   *
   * @param credited what it was seen to be credited with: asked for by default
   */
  async withdraw(token: number, l1Address: string, credited?: bigint): Promise<TransactionReceipt | undefined> {
    const args = [token, l1Address];
    if ((credited ?? (await this.withdrawable(token, l1Address))) > 0n) return this.#once("withdraw", args);
    // The contract's own refusal: perhaps nothing was ever credited.
    return this.#inTurn((signer) => this.#send(signer, "withdraw", args));
  }

  /** Freezes a rollup that serves its queue no more, as anyone may; `undefined` if somebody else did so first. */
  freeze(): Promise<TransactionReceipt | undefined> {
    return this.#once("freeze", []);
  }

  /** Has a frozen rollup credit an account's balance: see `exitCall`. `undefined` if somebody else did so first. */
  exit(...call: ExitCall): Promise<TransactionReceipt | undefined> {
    return this.#once("exit", call);
  }

  /** `exit` without a proof: see `pathCall`, and `deployHasher`, which comes first. */
  exitByPath(...call: PathCall): Promise<TransactionReceipt | undefined> {
    return this.#once("exitByPath", call);
  }

  /** What deploying the hasher costs about, in gas and wei; `undefined` if it is there. */
  async hasherCost(): Promise<{ readonly gas: bigint; readonly wei: bigint } | undefined> {
    if (await hasHasher(this.#contract).catch(unreachable)) return undefined;
    const code = await hasherCode();
    const [gas, { gasPrice }] = await Promise.all([
      this.#contract.getFunction("deployHasher").estimateGas(code),
      this.#provider.getFeeData(),
    ]).catch(unreachable);
    return { gas, wei: gas * (gasPrice ?? 0n) };
  }

  /** Deploys what `exitByPath` needs, for whoever leaves later as well; `undefined` if it is there. */
  async deployHasher(): Promise<TransactionReceipt | undefined> {
    if (await hasHasher(this.#contract).catch(unreachable)) return undefined;
    return this.#once("deployHasher", [await hasherCode()]);
  }

  /** Has a frozen rollup credit a deposit that no batch took; `undefined` if somebody else did so first. */
  refundDeposit(...call: RefundCall): Promise<TransactionReceipt | undefined> {
    return this.#once("refundDeposit", call);
  }

  /** Room in the largest batch. Sizes are only ever added. */
  async #mostTransfers(): Promise<number> {
    if (this.#transfers !== undefined) return this.#transfers;
    const count = Number(await this.#read<bigint>("batchSizeCount"));
    const sizes = Array.from({ length: count }, (_, size) => this.#read<{ transfers: bigint }>("batchSize", size));
    const rooms = (await Promise.all(sizes)).map(({ transfers }) => Number(transfers));
    return (this.#transfers = Math.max(1, ...rooms));
  }

  async #requireTokens(token: number, erc20: string, payer: string, amount: bigint): Promise<void> {
    const balance = await balanceIn(erc20, payer, this.#provider);
    if (balance === undefined || balance >= amount) return;
    const { symbol, decimals } = await this.metadata(token);
    // L1 alone does not tell whose symbol this is too, and it may be ether's.
    const label = symbol === "" ? `token ${token}` : `"${symbol}" (token ${token})`;
    const [has, wanted] = [balance, amount].map((units) => `${formatUnits(units, decimals)} ${label}`);
    throw new SheafError("BALANCE_INSUFFICIENT", `L1 account ${payer} has ${has}, not ${wanted}`);
  }

  /** Twice the queue's fee: others may join the queue first, which raises it. What is too much comes back at once. */
  async #queueValue(): Promise<bigint> {
    return 2n * (await this.#read<bigint>("queueFee"));
  }

  async #enqueue(signer: Signer, name: string, args: readonly unknown[]): Promise<Queued> {
    const { logs, hash } = await this.#send(signer, name, args);
    for (const log of logs) {
      const place = log.address === this.#address ? ROLLUP.parseLog(log)?.args["queueIndex"] : undefined;
      if (place !== undefined) return { place: Number(place), transaction: hash };
    }
    throw new SheafError("L1_FAILED", `${name}: transaction ${hash} put nothing into the queue`);
  }

  #send(signer: Signer, name: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    const sent = sendToRollup(signer, this.#address, name, args, this.#onSent, { memory: this.#memory });
    return afterProviderCache(sent, signer.provider);
  }

  #once(name: Once, args: readonly unknown[]): Promise<TransactionReceipt | undefined> {
    return this.#inTurn((signer) =>
      afterProviderCache(
        sendOnce(signer, this.#address, name, args, this.#onSent, { memory: this.#memory }),
        signer.provider,
      ),
    );
  }

  async #inTurn<T>(work: (signer: Signer) => Promise<T>): Promise<T> {
    const signer = this.#requireSigner();
    return turns.run(await signer.getAddress(), () => work(signer));
  }

  #requireSigner(): Signer {
    if (this.#signer !== undefined) return this.#signer;
    throw new SheafError("SIGNER_MISSING", "the wallet was connected without an L1 account that could pay");
  }

  #block(tag: "latest" | "finalized"): Promise<Block | null> {
    return this.#provider.getBlock(tag).catch(unreachable);
  }

  #codeAt(block: number): Promise<string> {
    return this.#provider.getCode(this.#address, block).catch(unreachable);
  }

  async #read<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const answer = (await this.#contract
      .getFunction(name)(...args)
      .catch(async (error: unknown) => {
        // Code that is not there answers with nothing, other code with what it likes.
        const isOther = isError(error, "BAD_DATA") || isError(error, "CALL_EXCEPTION");
        if (!isOther) return unreachable(error);
        const isEmpty = (await this.#provider.getCode(this.#address).catch(unreachable)) === "0x";
        const place = `${this.#address} on chain ${await chainOf(this.#provider)}`;
        const what = isEmpty ? `there is no contract at ${place}` : `the contract at ${place} is not a rollup`;
        throw new SheafError("NODE_MISMATCH", isEmpty ? what : `${what}: ${name} fails`, { cause: error });
      })) as T;
    return answer;
  }
}

/** Of a contract that hardly anybody ever needs. */
const hasherCode = async (): Promise<string> => (await import("../l1/generated/hasher.ts")).HASHER_CREATION_CODE;

/** The chain that a node says it has: a provider of ethers may repeat what it was told by its owner. */
export async function chainOf(provider: Provider): Promise<bigint> {
  if (!(provider instanceof JsonRpcApiProvider)) return (await provider.getNetwork().catch(unreachable)).chainId;
  return BigInt((await provider.send("eth_chainId", []).catch(unreachable)) as string);
}

function unreachable(cause: unknown): never {
  const failure = l1Failure("L1", cause);
  if (failure.code.startsWith("RPC_")) throw failure;
  throw new SheafError("NETWORK_UNREACHABLE", `L1 does not answer: ${reasonOf(cause)}`, { cause });
}
