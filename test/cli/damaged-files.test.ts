import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { takeBackUnsentSteps } from "../../deploy/resume.ts";
import { Journal } from "../../devnet/journal.ts";
import { StateFolder } from "../../devnet/state-folder.ts";
import { firstGovernance } from "../../node/watch/governance.ts";
import { keptSchedule } from "../../node/watch/timelock.ts";
import { PROTOCOL_NAME, PROTOCOL_VERSION } from "../../protocol/constants.ts";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { loadKey } from "../../prover/artifacts/key-cache.ts";
import { openPublished } from "../../prover/artifacts/published.ts";

import { Wallet } from "../../wallet/index.ts";
import { addressIn, wordsIn } from "../../wallet/wallet-file.ts";
import { newFolder } from "../support/folders.ts";
import { quickWallet } from "../support/wallet/quick-wallet.ts";
import { LONG, seeded } from "../support/random.ts";
import { WORDS } from "../support/wallet/wallet-world.ts";

const FLIPS = LONG ? 2000 : 16;
const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Kind {
  /** Files by their names, of which each is damaged in turn. */
  readonly files: Readonly<Record<string, string>>;
  /** Reads them as the product does, in a folder. */
  readonly open: (folder: string) => Promise<unknown>;
  /** What may be told of damage. */
  readonly codes: readonly ErrorCode[];
  /** What may be answered besides what was written: none is there, so it is made again. */
  readonly anew?: unknown;
  /** Whether a flipped bit may come out as another value, which is compared with the chain then. */
  readonly isCompared?: true;
}

const key = "the key";
const verificationKey = JSON.stringify({ protocol: "groth16" });
const keyManifest = {
  ...{ size: "small", circuitHash: "c1", setup: "development-INSECURE", counts: {} },
  ...{ keyHash: sha256(key), verificationKeyHash: sha256(verificationKey) },
};
const published = {
  ...{
    protocol: PROTOCOL_NAME,
    version: PROTOCOL_VERSION,
    deployment: "chain-1",
    chainId: 1,
    rollup: ADDRESS,
    block: 5,
  },
  circuits: [
    {
      ...{ name: "small", setup: "development-INSECURE" },
      files: Object.fromEntries(
        [
          ["r1cs", "the circuit"],
          ["wasm", "the code"],
          ["zkey", key],
          ["verificationKey", verificationKey],
        ].map(([name, text]) => [name, { bytes: text!.length, sha256: sha256(text!) }]),
      ),
    },
  ],
};
const entry = (hash: string): string =>
  JSON.stringify({ hash: `0x${sha256(hash)}`, timestamp: 5, transactions: ["0x02"] });
const rollup = {
  ...{ rollup: ADDRESS, block: 1, tokens: [ADDRESS] },
  genesis: { mnemonic: WORDS, accounts: 3, balance: "1000", chainId: 31337 },
};

const KINDS: Readonly<Record<string, Kind>> = {
  "a wallet's file": {
    files: { "wallet.json": quickWallet(WORDS, "secret") },
    open: async (folder) => {
      const path = join(folder, "wallet.json");
      return [await wordsIn(path, "secret"), (await addressIn(path)) ?? Wallet.fromMnemonic(WORDS).address];
    },
    codes: ["WALLET_MALFORMED", "PASSWORD_WRONG", "FILE_UNREADABLE", "JSON_MALFORMED"],
  },
  "a key": {
    files: {
      "small-c1/development-INSECURE/INSECURE-development.zkey": key,
      "small-c1/development-INSECURE/verification_key.json": verificationKey,
      "small-c1/development-INSECURE/manifest.json": JSON.stringify(keyManifest),
    },
    open: async (folder) => {
      const { verificationKey } = await loadKey({ name: "small", hash: "c1" } as never, "development-INSECURE", folder);
      return verificationKey;
    },
    codes: ["ARTIFACT_CORRUPT", "ARTIFACT_MISMATCH", "KEY_MISSING"],
  },
  "published keys": {
    files: {
      "small/circuit.r1cs": "the circuit",
      "small/circuit.wasm": "the code",
      "small/key.zkey": key,
      "small/verification_key.json": verificationKey,
      "manifest.json": JSON.stringify(published),
    },
    open: async (folder) => {
      const hashes = { circuitHash: `0x${sha256("the circuit")}`, keyHash: `0x${sha256(key)}` };
      const { verificationKey } = await openPublished(folder, "small", hashes);
      return verificationKey;
    },
    codes: ["ARTIFACT_CORRUPT", "ARTIFACT_MISMATCH"],
  },
  "the state of ./sheaf dev": {
    files: { "rollup.json": JSON.stringify(rollup), "chain.jsonl": `${entry("1")}\n${entry("2")}\n` },
    open: async (folder) => {
      const state = await StateFolder.open(folder);
      const kept = await state.rollup();
      return kept && [kept.genesis.chainId, await Journal.lengthOf(state.chain)];
    },
    codes: ["DEV_STATE_BROKEN"],
    // Blocks are compared when they are made again.
    isCompared: true,
  },
  "a deployment's journal": {
    files: {
      "journal.jsonl": `${JSON.stringify({ type: "DEPLOYMENT_INITIALIZE" })}\n${JSON.stringify({ type: "RUN" })}\n`,
    },
    open: (folder) => takeBackUnsentSteps(folder, undefined as never),
    codes: ["JSON_MALFORMED"],
  },
  "who had a say in a rollup that is watched": {
    files: { "governance.json": JSON.stringify({ operator: ADDRESS, owner: ADDRESS, pendingOwner: ADDRESS }) },
    open: (folder) =>
      firstGovernance(join(folder, "governance.json"), { operator: "0x1", owner: "0x2", pendingOwner: "0x3" }),
    codes: ["JSON_MALFORMED", "FIELD_INVALID"],
    anew: { operator: "0x1", owner: "0x2", pendingOwner: "0x3" },
    isCompared: true,
  },
  "what a timelock was to do": {
    files: { "timelock.json": JSON.stringify({ timelock: ADDRESS, block: 7, calls: [] }) },
    open: async (folder) => (await keptSchedule(join(folder, "timelock.json"))) !== undefined || "read from L1 again",
    codes: [],
    anew: "read from L1 again",
  },
};

describe("files of the product that are damaged", function () {
  this.timeout("2m");
  const random = seeded("cli/damaged files");
  const place = (limit: number): number => Number(random.below(BigInt(limit)));

  for (const [what, { files, open, codes, anew, isCompared }] of Object.entries(KINDS)) {
    for (const name of Object.keys(files)) {
      it(`are told by a code, or are as they were: ${what}, ${name.split("/").at(-1)}`, async () => {
        const folder = newFolder();
        const write = (): void => {
          for (const [file, text] of Object.entries(files)) {
            mkdirSync(dirname(join(folder, file)), { recursive: true });
            writeFileSync(join(folder, file), text);
          }
        };
        write();
        const right = await open(folder);
        const bytes = readFileSync(join(folder, name));
        const flip = (): Buffer => {
          const copy = Buffer.from(bytes);
          copy[place(copy.length)]! ^= 1 << place(8);
          return copy;
        };
        const damages: readonly (Buffer | undefined)[] = [
          ...[undefined, Buffer.alloc(0), bytes.subarray(0, bytes.length >> 1), Buffer.from("null"), Buffer.from("{}")],
          ...Array.from({ length: FLIPS }, flip),
        ];
        let told = 0;
        for (const [i, damage] of damages.entries()) {
          write();
          if (damage === undefined) rmSync(join(folder, name));
          else writeFileSync(join(folder, name), damage);
          try {
            const found = await open(folder);
            const isFlip = i >= damages.length - FLIPS;
            if (!(isCompared === true && isFlip)) expect(found, damage?.toString()).to.be.deep.oneOf([right, anew]);
          } catch (error) {
            if (!(error instanceof SheafError)) throw error;
            expect(error.code, error.message).to.be.oneOf(codes);
            told++;
          }
        }
        if (codes.length > 0) expect(told).to.be.above(2);
      });
    }
  }
});
