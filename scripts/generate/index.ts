import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "../../lib/root.ts";
import { SPONGE_RATE, TREE_ARITY } from "../../protocol/constants.ts";
import { contractInterfaces } from "./abi.ts";
import { apiReference } from "./api.ts";
import { circomConstants } from "./circom.ts";
import { fixedBaseCircom } from "./fixedBase.ts";
import { hasherModule } from "./hasher/hasher.ts";
import { poseidonModule } from "./poseidon.ts";
import { solidityConstants } from "./solidity.ts";
import { troubleshooting } from "./troubleshooting.ts";

/** Every generated and committed file, by path from the repository's root: the function that gives its text. */
export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  "circuits/generated/constants.circom": circomConstants,
  "circuits/generated/fixed_base.circom": fixedBaseCircom,
  "contracts/generated/Constants.sol": solidityConstants,
  "docs/api.md": apiReference,
  "docs/troubleshooting.md": troubleshooting,
  "l1/generated/abi.ts": contractInterfaces,
  "l1/generated/hasher.ts": hasherModule,
  "protocol/generated/poseidon-narrow.ts": () => poseidonModule([1, 2, 4, 5]),
  "protocol/generated/poseidon-wide.ts": () => poseidonModule([TREE_ARITY, SPONGE_RATE]),
};

if (import.meta.main) {
  for (const [path, text] of Object.entries(GENERATED)) {
    const file = join(ROOT, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await text());
  }
}
