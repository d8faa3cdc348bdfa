import type { Result } from "ethers";
import { ROLLUP } from "../../l1/contract.ts";
import { SheafError } from "../../protocol/errors.ts";
import { finish, type Steps } from "../../protocol/steps.ts";
import type { Log } from "../l1/l1.ts";
import type { RegisteredSize } from "../store/store.ts";

/** An event of the rollup, as far as a node needs to know. Addresses of accounts are numbers, as in the state. */
export type RollupEvent =
  | { readonly name: "BatchSizeRegistered"; readonly size: RegisteredSize }
  | { readonly name: "TokenRegistered"; readonly token: number; readonly address: string }
  | {
      readonly name: "DepositQueued";
      readonly place: number;
      readonly l1Address: bigint;
      readonly token: number;
      readonly pubKeyY: bigint;
      readonly amount: bigint;
      readonly refundAddress: string;
      readonly deadline: number;
    }
  | {
      readonly name: "WithdrawalRequested";
      readonly place: number;
      readonly l1Address: bigint;
      readonly token: number;
      readonly index: number;
      readonly deadline: number;
    }
  | {
      readonly name: "BatchSubmitted";
      readonly batchNumber: number;
      readonly beneficiary: string;
      readonly newRoot: bigint;
      readonly size: number;
      readonly queueEnd: number;
    }
  | ({ readonly name: "WithdrawalCredited" } & Sum)
  | ({ readonly name: "Withdrawn" } & Sum)
  | ({ readonly name: "StillCredited" } & Sum)
  | { readonly name: "Frozen"; readonly stateRoot: bigint }
  | ({ readonly name: "Exited"; readonly index: number } & Sum)
  | ({ readonly name: "DepositRefunded"; readonly place: number } & Sum);

export type EventOf<Name extends RollupEvent["name"]> = Extract<RollupEvent, { name: Name }>;

/** What an L1 address is to get, or got. */
interface Sum {
  readonly token: number;
  readonly l1Address: bigint;
  readonly amount: bigint;
}

const PARSERS: Readonly<Record<string, (args: Result) => RollupEvent>> = {
  BatchSizeRegistered: ([id, size]) => ({
    name: "BatchSizeRegistered",
    size: {
      id: Number(id),
      verifier: size.verifier,
      transfers: Number(size.transfers),
      l1Operations: Number(size.l1Operations),
      withdrawals: Number(size.withdrawals),
      circuitHash: size.circuitHash,
      keyHash: size.keyHash,
    },
  }),
  TokenRegistered: ([token, address]) => ({ name: "TokenRegistered", token: Number(token), address }),
  DepositQueued: ([place, l1Address, token, pubKeyY, amount, refundAddress, deadline]) => ({
    name: "DepositQueued",
    place: Number(place),
    l1Address: BigInt(l1Address),
    token: Number(token),
    pubKeyY,
    amount,
    refundAddress,
    deadline: Number(deadline),
  }),
  WithdrawalRequested: ([place, l1Address, token, index, deadline]) => ({
    name: "WithdrawalRequested",
    place: Number(place),
    l1Address: BigInt(l1Address),
    token: Number(token),
    index: Number(index),
    deadline: Number(deadline),
  }),
  BatchSubmitted: ([batchNumber, beneficiary, newRoot, size, queueEnd]) => ({
    name: "BatchSubmitted",
    batchNumber: Number(batchNumber),
    beneficiary,
    newRoot,
    size: Number(size),
    queueEnd: Number(queueEnd),
  }),
  WithdrawalCredited: (args) => ({ name: "WithdrawalCredited", ...sumOf(args) }),
  Withdrawn: (args) => ({ name: "Withdrawn", ...sumOf(args) }),
  StillCredited: (args) => ({ name: "StillCredited", ...sumOf(args) }),
  Frozen: ([stateRoot]) => ({ name: "Frozen", stateRoot }),
  Exited: ([index, ...sum]) => ({ name: "Exited", index: Number(index), ...sumOf(sum) }),
  DepositRefunded: ([place, ...sum]) => ({ name: "DepositRefunded", place: Number(place), ...sumOf(sum) }),
};

/**
 * Reads a log; `undefined` for an event that a node need not know, such as a change of ownership.
 *
 * @throws SheafError RPC_MALFORMED
 */
export function eventOf({ topics, data, transaction }: Log): RollupEvent | undefined {
  const fragment = topics[0] === undefined ? null : ROLLUP.getEvent(topics[0]);
  const parse = PARSERS[fragment?.name ?? ""];
  if (fragment === null || parse === undefined) return undefined;
  try {
    return parse(ROLLUP.decodeEventLog(fragment, data, topics));
  } catch (cause) {
    throw new SheafError("RPC_MALFORMED", `a log of ${transaction} is no ${fragment.name}`, { cause });
  }
}

function sumOf([token, l1Address, amount]: readonly unknown[]): Sum {
  return { token: Number(token), l1Address: BigInt(l1Address as string), amount: amount as bigint };
}

/** A log with what it says. */
export interface LoggedEvent {
  readonly log: Log;
  readonly event: RollupEvent;
}

/** The events among logs that a node follows. Throws `RPC_MALFORMED`. */
export const eventsIn = (logs: readonly Log[]): readonly LoggedEvent[] => finish(eventSteps(logs));

/** As `eventsIn`, a log at a time. */
export function* eventSteps(logs: readonly Log[]): Steps<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (const log of logs) {
    const event = eventOf(log);
    if (event !== undefined) events.push({ log, event });
    yield;
  }
  return events;
}
