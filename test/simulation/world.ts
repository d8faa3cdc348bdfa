import { getAddress, Wallet } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { LIMITS } from "../../node/node.ts";
import { FOLLOWED_SIZES } from "../support/node/followed-sizes.ts";
import { keyOf } from "../support/protocol/world.ts";
import { Chain, hashOf } from "./chain.ts";
import type { Chance } from "./chance.ts";
import type { Fault } from "./faults.ts";
import "./known-transactions.ts";
import { deploymentLogs, L1Node } from "./l1-node.ts";
import { Machine } from "./machine.ts";
import { Monitor } from "./monitor.ts";
import { l1AddressOf, ownerOf, PAYERS, Payers } from "./payers.ts";
import type { Style } from "./plan.ts";
import { DILIGENT, SimulatedProver, verifyCommitment } from "./prover.ts";
import { RollupModel, type RollupRules } from "./rollup-model.ts";
import { MachineClock, Timeline } from "./timeline.ts";
import { FAIR, Wire } from "./wire.ts";

const OPERATOR = new Wallet(`0x${"51".repeat(32)}`);
const [MINUTE, GWEI] = [60_000, 10n ** 9n];
const FEE_CAP = 100n * GWEI;
/** Seconds for which what never expires is held after it was due. */
const OVERDUE = 300;
/** The beginning of every simulation, in milliseconds of Unix time. */
const START = Date.UTC(2040, 0, 1);
const FEE_OWNER = { pubKeyY: keyOf("operator").publicKey.y, l1Address: 0xfee5n };
/** Of those who pay, so many have money from the beginning. */
const FOUNDERS = 4;

/** A rollup and all that is around it, in virtual time. */
export class SimulatedWorld {
  readonly timeline = new Timeline();
  readonly rules: RollupRules;
  readonly chain: Chain;
  readonly wire: Wire;
  readonly prover: SimulatedProver;
  readonly machine: Machine;
  readonly payers: Payers;
  readonly clock: MachineClock;
  readonly monitor: Monitor;
  /** On which the node is asked for its health: as good as the other one, but nobody lies. */
  readonly #honestWire: Wire;
  readonly #style: Style;
  readonly #chance: Chance;
  readonly #active = new Set<Fault>();
  #users = 0;
  /** Seconds by which the time of L1's blocks is behind. */
  #lag = 0;
  isOver = false;

  constructor(style: Style, chance: Chance) {
    this.#style = style;
    this.#chance = chance;
    const address = getAddress(`0x${"5e".repeat(20)}`);
    this.rules = {
      ...{ chainId: 700_000, address, operator: OPERATOR.address, sizes: FOLLOWED_SIZES },
      ...{ tokens: 1, verify: verifyCommitment },
    };
    const party = { model: new RollupModel(this.rules), rollup: address, operator: OPERATOR.address };
    this.chain = new Chain(party, deploymentLogs(this.rules), START / 1000, chance.stream("chain"));
    const node = new L1Node(this.chain, this.rules, style.client, () => this.#l1Now);
    this.wire = new Wire(node, this.timeline, chance.stream("wire"));
    this.#honestWire = new Wire(node, this.timeline, chance.stream("honest wire"));
    this.prover = new SimulatedProver(this.timeline, chance.stream("prover"), { ...DILIGENT, time: style.proofTime });
    this.clock = new MachineClock(this.timeline, START);
    this.machine = new Machine({
      ...{ timeline: this.timeline, clock: this.clock, wire: this.wire, prover: this.prover, signer: OPERATOR },
      ...{ rollup: address, sizes: FOLLOWED_SIZES, feeCap: FEE_CAP },
      submitInterval: Math.max(style.blockTime / 3, Math.min(8_000, style.blockTime)),
      options: {
        feeOwner: FEE_OWNER,
        policy: { maxQueueAge: 10_000, ...style.policy },
        departure: style.departure,
        limits: { early: { ...LIMITS.early, overdue: OVERDUE } },
        pollInterval: style.pollInterval,
        retryPause: 5_000,
      },
    });
    const blockTime = style.blockTime / 1000;
    this.payers = new Payers(this.machine, this.timeline, () => this.now, chance.stream("payers"), blockTime);
    this.#weather();
    this.monitor = new Monitor({
      ...{ timeline: this.timeline, clock: this.clock, machine: this.machine, chain: this.chain },
      ...{ prover: this.prover, wire: this.#honestWire, rollup: address, operator: OPERATOR.address },
      ...{ feeCap: FEE_CAP, blockTime: style.blockTime },
    });
    this.#tick();
  }

  /** Unix time in seconds. */
  get now(): number {
    return (START + this.timeline.elapsed) / 1000;
  }

  get #l1Now(): number {
    return this.now - this.#lag;
  }

  /** Somebody pays in on L1. */
  deposit(name: string, token: number, amount: bigint): void {
    const { l1Address, pubKeyY } = ownerOf(name);
    const to = `0x${l1Address.toString(16).padStart(40, "0")}`;
    this.#send(name, ROLLUP.encodeFunctionData("deposit", [token, amount, pubKeyY, to, to]), 10n ** 18n + amount);
  }

  pull(name: string, token: number): void {
    this.#send(name, ROLLUP.encodeFunctionData("withdraw", [token, l1AddressOf(name)]), 0n);
  }

  /** Somebody takes all out of an account, on L1: his own, or one that he has no right to. */
  forceWithdrawal(name: string, owner: string, token: number): void {
    const index = this.machine.process?.node.find(ownerOf(owner), token);
    if (index === undefined) return;
    this.#send(name, ROLLUP.encodeFunctionData("requestWithdrawal", [index, token]), 10n ** 18n);
  }

  fund(): void {
    for (const name of PAYERS.slice(0, FOUNDERS)) for (const token of [0, 1]) this.deposit(name, token, 5_000n);
  }

  /** Something goes wrong; `end` is when its storm is over. */
  strike(fault: Fault, end: number): void {
    const { chain, machine, wire, clock } = this;
    if ("lasts" in fault) {
      this.#active.add(fault);
      this.#weather();
      this.timeline.after(Math.min(fault.lasts, end - this.timeline.elapsed), () => {
        this.#active.delete(fault);
        this.#weather();
      });
      return;
    }
    switch (fault.kind) {
      case "reorganisation":
        return this.#reorganise(fault);
      case "lie":
        return void wire.lies.push({ method: fault.method, skip: fault.skip, seed: fault.seed });
      case "falseTime":
        wire.falseTimes = { seconds: fault.seconds, times: fault.times };
        return;
      case "kill":
        return machine.kill();
      case "killAtWrite":
        return machine.killAt(fault.write, fault.where);
      case "olderStore":
        return machine.restoreStore();
      case "clock":
        clock.ahead = fault.ahead;
        return;
      case "forgottenMempool":
        return chain.mempool.clear();
    }
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#active.clear();
    this.wire.lies.length = 0;
    this.wire.falseTimes = undefined;
    this.clock.ahead = 0;
    this.#lag = 0;
    this.#weather();
  }

  close(): void {
    this.isOver = true;
    this.machine.close();
  }

  #weather(): void {
    const { chain, wire, prover, payers, machine } = this;
    wire.weather = { ...FAIR, latency: this.#style.latency };
    prover.weather = { ...DILIGENT, time: this.#style.proofTime };
    payers.weather = { loss: 0 };
    Object.assign(chain.weather, { baseFee: GWEI, inclusion: 0.95, isOperatorPoor: false });
    let isFull = false;
    for (const fault of this.#active) {
      if (fault.kind === "loss") wire.weather.loss = fault.share;
      if (fault.kind === "slowness") wire.weather.latency = fault.latency;
      if (fault.kind === "lateness") wire.weather.lateness = fault.share;
      if (fault.kind === "doubling") wire.weather.doubling = fault.share;
      if (fault.kind === "fullDisk") isFull = true;
      if (fault.kind === "dearGas") chain.weather.baseFee = GWEI * BigInt(fault.factor);
      if (fault.kind === "exclusion") chain.weather.inclusion = 0;
      if (fault.kind === "poverty") chain.weather.isOperatorPoor = true;
      if (fault.kind === "hungProver") prover.weather.hangs = true;
      if (fault.kind === "failingProver")
        Object.assign(prover.weather, { failure: fault.failure, wrongness: fault.wrongness });
      if (fault.kind === "payersLoss") payers.weather.loss = fault.share;
    }
    machine.isDiskFull = isFull;
    this.#honestWire.weather = wire.weather;
  }

  /** A block for each slot, but for a few that nobody makes. */
  #tick(): void {
    if (this.isOver) return;
    if (!this.#chance.happens(0.02)) this.chain.mine(Math.floor(this.#l1Now));
    this.timeline.after(this.#style.blockTime, () => this.#tick());
  }

  #reorganise({ depth, keeps, squeezed }: Extract<Fault, { kind: "reorganisation" }>): void {
    const { chain } = this;
    const most = Math.min(depth, chain.blocks.length - 3);
    if (most <= 0) return;
    const removed = chain.blocks.slice(-most).map(({ timestamp }) => timestamp);
    const base = chain.blocks.at(-most - 1)!.timestamp;
    const slots = squeezed ? removed.map((_, i) => base + 1 + i) : removed;
    const now = Math.floor(this.#l1Now);
    const last = squeezed ? Math.min(now, slots.at(-1)! + 1) : Math.max(now, slots.at(-1)!);
    const timestamps = [...slots, last];
    // As on Anvil, the time that is lost does not come again.
    this.#lag += now - last;
    for (const transaction of chain.reorganise(most, timestamps, keeps)) {
      this.timeline.after(this.#chance.between(30_000, 40 * MINUTE), () => chain.remember(transaction));
    }
  }

  #send(name: string, data: string, value: bigint): void {
    const transaction = { from: l1AddressOf(name), to: this.rules.address, nonce: undefined, data, value, tip: 0n };
    const hash = hashOf(`${name}/${this.#users++}`);
    this.chain.mempool.set(hash, { ...transaction, hash, maxFee: 10n ** 18n });
  }
}
