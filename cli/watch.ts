import { Option, type Command } from "commander";
import { sleep } from "../lib/sleep.ts";
import { BlobFinder } from "../node/blobs/finder.ts";
import { L1 } from "../node/l1/l1.ts";
import { httpRpc } from "../node/l1/rpc.ts";
import type { Store } from "../node/store/store.ts";
import { startArchiveServer } from "../node/http/archive-server.ts";
import { ALARMS, exitCodeOf, type Alarm } from "../node/watch/alarms.ts";
import { firstGovernance } from "../node/watch/governance.ts";
import { keepSchedule, keptSchedule } from "../node/watch/timelock.ts";
import { Watchtower, type Look } from "../node/watch/watchtower.ts";
import { postNotice, requireWebhook } from "../node/watch/webhook.ts";
import { SheafError } from "../protocol/errors.ts";
import { Detector } from "./support/detector.ts";
import { coded, describeError } from "./support/failure.ts";
import { openChosenStore, type FollowChoice } from "./support/follow.ts";
import { openPayer, payerKeyOption } from "./support/l1-account.ts";
import {
  followOptions,
  passwordOption,
  payerFileOption,
  rollupOption,
  untilStopped,
  wholeNumber,
  withOptions,
} from "./support/options.ts";
import { printResult, say } from "./support/output.ts";

export function define(command: Command): void {
  command
    .addOption(
      new Option(
        "--rpc <url...>",
        "JSON-RPC of an L1 node; with two of them, whether they agree",
      ).makeOptionMandatory(),
    )
    .addOption(rollupOption())
    .option("--webhook <url>", "where alarms are posted as JSON, when they come and when they go")
    .addOption(
      new Option(
        "--serve <port>",
        "serve the blobs that the store has to everybody, as an archive; 0 for any",
      ).argParser(wholeNumber(0, 65_535)),
    )
    .option("--host <address>", "address that --serve listens on", "127.0.0.1")
    .option("--once", "look once (default: until the first alarm; with --webhook or --serve until interrupted)")
    .option("--deadline-margin <seconds>", "when a deadline is near", wholeNumber(0), 86_400)
    .option("--stall-time <seconds>", "how long something may wait in the queue", wholeNumber(0), 21_600)
    .option("--interval <seconds>", "between two looks", wholeNumber(1), 60);
  withOptions(command, followOptions())
    .option("--json", "print JSON: one line a look")
    .option("--keys <folder or url>", "the rollup's published key files, to prove that a batch on L1 is wrong")
    .option("--contradict", "freeze the rollup, for good, by two proofs that contradict each other; needs --keys");
  withOptions(command, [payerKeyOption(), payerFileOption(), passwordOption()])
    .addHelpText(
      "after",
      `\nExit code: 0 without alarms, else the gravest one's:\n${exitCodes()}\n\nMore in docs/operations.md.`,
    )
    .action(async (options: WatchCommandOptions) => {
      process.exitCode = await watch(options);
    });
}

const exitCodes = (): string =>
  Object.entries(ALARMS)
    .map(([kind, code]) => `  ${code}  ${kind}`)
    .join("\n");

interface WatchCommandOptions extends Omit<FollowChoice, "rpc"> {
  readonly rpc: readonly string[];
  readonly webhook?: string;
  readonly serve?: number;
  readonly host: string;
  readonly once?: true;
  readonly deadlineMargin: number;
  readonly stallTime: number;
  readonly interval: number;
  readonly json?: true;
  readonly keys?: string;
  readonly contradict?: true;
  readonly key?: string;
  readonly wallet?: string;
  readonly passwordFile?: string;
}

/** Looks after a rollup. Returns the exit code of the last look. */
export async function watch(options: WatchCommandOptions): Promise<number> {
  const { rollup, webhook, serve, host, once, json, keys, contradict } = options;
  const [first, second, ...more] = options.rpc.map((url) => new L1(httpRpc(url), rollup));
  if (more.length > 0) throw new SheafError("USAGE", "give one --rpc, or two to compare");
  if (webhook !== undefined) requireWebhook(webhook);
  if (contradict === true && keys === undefined) throw new SheafError("USAGE", "--contradict needs --keys");
  // Before anything is wrong: then there is no time to look for a key.
  const payer = contradict && (await openPayer({ ...options, rpc: options.rpc[0]! }));
  let store: Store | undefined;
  const archive = serve === undefined ? undefined : await startArchiveServer({ store: () => store, host, port: serve });
  if (archive !== undefined) say(`blobs are served at ${archive.url}/blobs`);
  const blobs = BlobFinder.at(options);
  const detector = new Detector({ l1: first!, blobs, keys, payer });
  const tower = new Watchtower({
    ...{ l1: first!, second, deadlineMargin: options.deadlineMargin, stallTime: options.stallTime },
    follow: { blobs },
    openStore: async () => (store = await openChosenStore(first!, options)),
    expected: (now) => firstGovernance(`${store!.path}.governance.json`, now),
    scheduled: () => keptSchedule(`${store!.path}.timelock.json`),
    keepScheduled: (seen) => keepSchedule(`${store!.path}.timelock.json`, seen),
  });
  const stop = untilStopped();
  let told: readonly Alarm[] = [];
  const show = async (look: Look): Promise<void> => {
    printResult(json, look, () => describe(look), 0);
    if (webhook !== undefined && (await tell(webhook, first!.rollup, look, told))) told = look.alarms;
  };
  try {
    for (;;) {
      let look = await tower.look();
      await show(look);
      const { alarms } = look;
      if (store !== undefined && alarms.some(({ kind }) => kind === "root-mismatch")) {
        for await (const found of detector.pursue(store)) await show((look = { ...look, alarms: [...alarms, found] }));
      }
      const code = exitCodeOf(look.alarms);
      if (once === true || stop.aborted || (webhook === undefined && serve === undefined && code !== 0)) return code;
      await sleep(options.interval * 1000, stop);
      if (stop.aborted) return code;
    }
  } finally {
    await archive?.close();
    tower.close();
    await payer?.close();
  }
}

/** What alarm it is: most say something else with every look, but what is done about a wrong batch is news. */
const identityOf = ({ kind, message }: Alarm): string => (kind === "batch-refused" ? message : kind);

/** Posts the changes. Returns whether they arrived: if not, they are posted with the next look. */
async function tell(url: string, rollup: string, look: Look, told: readonly Alarm[]): Promise<boolean> {
  const { block, alarms } = look;
  const kinds = new Set(alarms.map(({ kind }) => kind));
  const cleared = [...new Set(told.map(({ kind }) => kind))].filter((kind) => !kinds.has(kind));
  const known = new Set(told.map(identityOf));
  if (cleared.length === 0 && alarms.every((alarm) => known.has(identityOf(alarm)))) return true;
  try {
    await postNotice(url, { rollup, ...(block !== undefined && { block }), alarms, cleared });
    return true;
  } catch (error) {
    say(describeError(coded(error), false));
    return false;
  }
}

function describe({ block, batches, alarms }: Look): readonly string[] {
  const where = block === undefined ? "L1 was not read" : `block ${block}, batch ${batches}`;
  const lines = alarms.map(({ kind, message }) => `  ${kind}: ${message}`);
  return [
    `${where}: ${alarms.length === 0 ? "nothing is wrong" : `${alarms.length} alarm${alarms.length === 1 ? "" : "s"}`}`,
    ...lines,
  ];
}
