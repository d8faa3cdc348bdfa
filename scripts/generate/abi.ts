import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Interface, type Fragment, type InterfaceAbi, type NamedFragment } from "ethers";
import { ROOT } from "../../lib/root.ts";

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

type Contracts = Record<string, Record<string, { readonly abi: InterfaceAbi }>>;

const IROLLUP = "contracts/interfaces/IRollup.sol";
const OWNABLE = "@openzeppelin/contracts/access/Ownable2Step.sol";
const TIMELOCK = "@openzeppelin/contracts/governance/TimelockController.sol";

/** By contract, which of its fragments are used: all, where none are named. */
const USED: Readonly<Record<string, readonly (readonly [source: string, contract: string, names?: string])[]>> = {
  ROLLUP_ABI: [
    [IROLLUP, "IRollup"],
    [OWNABLE, "Ownable2Step", "owner pendingOwner transferOwnership acceptOwnership renounceOwnership"],
  ],
  TIMELOCK_ABI: [
    [
      TIMELOCK,
      "TimelockController",
      "CallScheduled getMinDelay getTimestamp updateDelay grantRole revokeRole renounceRole",
    ],
  ],
};

/** The text of `l1/generated/abi.ts`. */
export function contractInterfaces(): string {
  const contracts = compiled([IROLLUP, OWNABLE, TIMELOCK]);
  const exported = Object.entries(USED).flatMap(([name, parts]) => [
    "",
    `export const ${name} = [`,
    ...parts
      .flatMap(([source, contract, names]) => picked(contracts[source]![contract]!.abi, names?.split(" ")))
      .map((fragment) => `  "${fragment.format("full")}",`),
    "] as const;",
  ]);
  return ["// Generated from contracts/ and OpenZeppelin's by `npm run generate`. Do not edit.", ...exported, ""].join(
    "\n",
  );
}

function picked(abi: InterfaceAbi, names: readonly string[] | undefined): readonly Fragment[] {
  const { fragments } = new Interface(abi);
  if (names === undefined) return fragments;
  return names.map((name) => {
    const found = fragments.find((fragment) => (fragment as Partial<NamedFragment>).name === name);
    if (found === undefined) throw new Error(`no contract has ${name}`);
    return found;
  });
}

/** Interfaces alone take the compiler half a second. */
function compiled(sources: readonly string[]): Contracts {
  const { compile } = createRequire(import.meta.url)("solc") as Solc;
  const read = (path: string): string =>
    readFileSync(join(ROOT, path.startsWith("contracts/") ? "" : "node_modules", path), "utf8");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(sources.map((path) => [path, { content: read(path) }])),
    settings: { outputSelection: { "*": { "*": ["abi"] } } },
  };
  const output = compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) });
  const { contracts, errors } = JSON.parse(output) as {
    contracts?: Contracts;
    errors?: { formattedMessage: string }[];
  };
  if (contracts === undefined) throw new Error(errors?.map((error) => error.formattedMessage).join("\n"));
  return contracts;
}
