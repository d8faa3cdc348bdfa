import { hexToBytes } from "@noble/curves/utils.js";
import * as z from "zod";
import { BLOB_BYTES, coefficientsOf } from "../../l1/blobs/layout.ts";
import { sleep } from "../../lib/sleep.ts";
import { SheafError } from "../../protocol/errors.ts";
import { BlobServer } from "./blob-server.ts";
import type { BlobSource, WantedBlob } from "./source.ts";

/** Bytes of an answer: some servers give all blobs of a block, of which there may be more than today's 21. */
const MOST_BYTES = 64 * 2 * BLOB_BYTES;
const MOST_BYTES_OF_SETTINGS = 1 << 20;

const digits = z
  .string()
  .regex(/^\d{1,13}$/)
  .transform(Number);
const genesisSchema = z.object({ data: z.object({ genesis_time: digits }) });
const specSchema = z.object({
  data: z.union([
    z.object({ SLOT_DURATION_MS: digits }).transform(({ SLOT_DURATION_MS }) => SLOT_DURATION_MS / 1000),
    z.object({ SECONDS_PER_SLOT: digits }).transform(({ SECONDS_PER_SLOT }) => SECONDS_PER_SLOT),
  ]),
});
const blobsSchema = z.object({ data: z.array(z.string().regex(/^0x[0-9a-fA-F]*$/)) });

/** How the beacon chain counts time. */
interface SlotTimes {
  /** Unix time in seconds. */
  readonly genesis: number;
  /** Seconds; `undefined` for a development chain, which has no slots. */
  readonly slot: number | undefined;
}

/**
 * A beacon node of L1, by its API (https://ethereum.github.io/beacon-APIs): blobs of the last 4,096 epochs, 18.2 days on
 * mainnet. Since Fusaka a node serves them only if it keeps all columns or half of them, which not every one does.
 *
 * @throws SheafError FIELD_INVALID
 */
export function beaconSource(url: string): BlobSource {
  const server = new BlobServer(url, "a beacon node");
  let times: SlotTimes | undefined;
  return {
    name: `beacon node ${server.host}`,
    candidates: async (wanted, late) => {
      times ??= await slotTimes(server, late);
      const path = `/eth/v1/beacon/blobs/${blockIdOf(wanted, times)}?versioned_hashes=${wanted.versionedHash}`;
      const answer = await server.get(path, MOST_BYTES, late);
      if (answer === undefined) return [];
      const { success, data } = blobsSchema.safeParse(answer);
      if (!success) throw new Error("its answer is not a list of blobs");
      return transfersIn(data.data);
    },
  };
}

async function slotTimes(server: BlobServer, late: AbortSignal): Promise<SlotTimes> {
  const [genesis, spec] = await Promise.all(
    ["/eth/v1/beacon/genesis", "/eth/v1/config/spec"].map((path) => server.get(path, MOST_BYTES_OF_SETTINGS, late)),
  );
  const { data: start } = genesisSchema.safeParse(genesis);
  if (start === undefined) throw new Error("it does not tell the beacon chain's genesis");
  // Anvil has no such route, and takes L1's numbers of blocks for slots.
  if (spec === undefined) return { genesis: start.data.genesis_time, slot: undefined };
  const { data: settings } = specSchema.safeParse(spec);
  if (settings === undefined || settings.data === 0) throw new Error("it does not tell how long a slot is");
  return { genesis: start.data.genesis_time, slot: settings.data };
}

/** A block of L1 has the time at which its slot begins. */
function blockIdOf({ block }: WantedBlob, { genesis, slot }: SlotTimes): number {
  return slot === undefined ? block.number : Math.floor((block.timestamp - genesis) / slot);
}

/** Of blobs, perhaps of others too, those that can be ours: it takes much longer to commit to one than to see that. */
async function transfersIn(blobs: readonly string[]): Promise<readonly (readonly bigint[])[]> {
  const found: (readonly bigint[])[] = [];
  for (const blob of blobs) {
    if (blob.length !== 2 + 2 * BLOB_BYTES) continue;
    try {
      found.push(coefficientsOf(hexToBytes(blob.slice(2))));
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
    }
    // Others have their turn: each takes some milliseconds.
    await sleep(0);
  }
  return found;
}
