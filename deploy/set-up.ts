import { ZeroHash, type ContractTransactionResponse } from "ethers";
import type { RollupParameters } from "../ignition/modules/Rollup.ts";
import type { GasSchedule } from "../l1/gas-schedule.ts";
import { reasonOf } from "../l1/reason.ts";
import { sleep } from "../lib/sleep.ts";
import { SheafError } from "../protocol/errors.ts";
import { callGas, type CostedStep } from "./cost.ts";
import type { DeployEnvironment } from "./environment.ts";

/** A call that sets up a rollup once its contracts are there. */
interface Step {
  readonly name: string;
  /** Whether the chain shows it done, whoever did it: an earlier run, the owner by hand, a stranger where any may. */
  isDone(): Promise<boolean>;
  send(): Promise<ContractTransactionResponse>;
}

/** Addresses of the contracts. */
export interface Contracts {
  readonly rollup: string;
  readonly timelock: string | undefined;
}

const WRITES = {
  registerToken: { newSlots: 2, changedSlots: 1 },
  transferOwnership: { newSlots: 1, changedSlots: 0 },
  scheduleBatch: { newSlots: 1, changedSlots: 0 },
  executeBatch: { newSlots: 1, changedSlots: 3 },
} as const;

/** What the calls would cost that are still to be made; all of them where the contracts are not there yet. */
export async function setUpCost(
  environment: DeployEnvironment,
  parameters: RollupParameters,
  contracts: Contracts | undefined,
  schedule: GasSchedule,
): Promise<readonly CostedStep[]> {
  const { tokens, timelockDelay } = parameters;
  const names = [
    ...tokens.map(() => "registerToken" as const),
    ...(timelockDelay === undefined ? [] : (["transferOwnership", "scheduleBatch", "executeBatch"] as const)),
  ];
  const steps = contracts && (await stepsOf(environment, parameters, contracts));
  const isDone = await Promise.all(names.map((_, i) => steps?.[i]!.isDone() ?? false));
  return names.filter((_, i) => !isDone[i]).map((name) => ({ name, gas: callGas(WRITES[name], schedule) }));
}

/**
 * Registers the tokens and hands the rollup over to its timelock. Nothing is done twice: a step that the chain shows as
 * done is left out, though it be done while this runs.
 *
 * @returns hashes of the transactions that were sent
 * @throws SheafError DEPLOY_FAILED
 */
export async function setUp(
  environment: DeployEnvironment,
  parameters: RollupParameters,
  contracts: Contracts,
): Promise<readonly string[]> {
  const sent: string[] = [];
  await nothingPending(environment, parameters.owner);
  for (const { name, isDone, send } of await stepsOf(environment, parameters, contracts)) {
    if (await isDone()) continue;
    try {
      const response = await send();
      sent.push(response.hash);
      await response.wait();
    } catch (error) {
      // Somebody else was first, or an earlier run's transaction.
      if (!(await isDone())) throw failed(`${name} failed: ${reasonOf(error)}`, error);
    }
    // Behind a load balancer another node may answer, which does not have the block yet.
    for (let looks = 0; !(await isDone()); looks++) {
      if (looks === MOST_LOOKS) throw failed(`${name} was mined, but the chain does not show it`);
      await sleep(LOOK_MS);
    }
  }
  return sent;
}

async function stepsOf(
  { connection: { ethers } }: DeployEnvironment,
  { owner, tokens, timelockDelay }: RollupParameters,
  contracts: Contracts,
): Promise<readonly Step[]> {
  const signer = await ethers.getSigner(owner);
  const rollup = await ethers.getContractAt("Rollup", contracts.rollup, signer);
  const registrations = tokens.map((token, place): Step => {
    const id = place + 1;
    return {
      name: `registering token ${id}, ${token},`,
      // Ids are given in order of arrival.
      isDone: async () => {
        if ((await rollup.tokenCount()) <= id) return false;
        const registered = await rollup.tokenAddress(id);
        if (registered === token) return true;
        throw failed(`token ${id} of the rollup is ${registered} by now, and not ${token}`);
      },
      send: () => rollup.registerToken(token),
    };
  });
  if (timelockDelay === undefined || contracts.timelock === undefined) return registrations;
  const to = contracts.timelock;
  const timelock = await ethers.getContractAt("TimelockController", to, signer);
  const calls = [
    rollup.interface.encodeFunctionData("acceptOwnership"),
    timelock.interface.encodeFunctionData("updateDelay", [timelockDelay]),
  ];
  // It starts without a delay and gives itself its own in the step that accepts the rollup. Nobody administers it but
  // itself.
  const batch = [[contracts.rollup, to], [0, 0], calls, ZeroHash, ZeroHash] as [
    string[],
    number[],
    string[],
    string,
    string,
  ];
  const id = await timelock.hashOperationBatch(...batch);
  return [
    ...registrations,
    {
      name: "handing the rollup to its timelock",
      isDone: async () => (await rollup.pendingOwner()) === to || (await rollup.owner()) === to,
      send: () => rollup.transferOwnership(to),
    },
    {
      name: "having the timelock propose to accept",
      isDone: () => timelock.isOperation(id),
      send: () => timelock.scheduleBatch(...batch, 0),
    },
    {
      name: "having the timelock accept",
      isDone: () => timelock.isOperationDone(id),
      // Anybody may execute it from here on.
      send: () => timelock.executeBatch(...batch),
    },
  ];
}

/** What an earlier run has sent may still be on its way: it is not to be sent again. */
async function nothingPending({ connection: { ethers } }: DeployEnvironment, owner: string): Promise<void> {
  const nonce = (which: "latest" | "pending") => ethers.provider.getTransactionCount(owner, which);
  for (let looks = 0; (await nonce("pending")) > (await nonce("latest")); looks++) {
    if (looks === MOST_WAITS) throw failed(`a transaction of ${owner} waits to be mined`);
    await sleep(LOOK_MS);
  }
}

/** Milliseconds between two looks; how often the chain is looked at for what was mined, and for what waits to be. */
const LOOK_MS = 1_000;
const MOST_LOOKS = 30;
const MOST_WAITS = 15 * 60;

const failed = (message: string, cause?: unknown): SheafError => new SheafError("DEPLOY_FAILED", message, { cause });
