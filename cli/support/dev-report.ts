import { formatEther } from "ethers";
import type { DevRollup, DevUser } from "../../scripts/dev/run.ts";

/** What a developer needs to know of what was started. */
export function describeDev(rollup: Omit<DevRollup, "close">): string {
  const { url, rpc, chainId, tokens, keys, mnemonic, operator, accounts } = rollup;
  const [, test] = tokens;
  return [
    "",
    ...accounts.flatMap((account, place) => describeUser(account, place)),
    `mnemonic   ${mnemonic}`,
    `           ./sheaf wallet import makes account 0 of it a wallet`,
    `operator   ${operator}`,
    `tokens     0: ETH, 1: TEST at ${test} (anyone may mint it)`,
    `keys       ${keys}`,
    `rollup     ${rollup.rollup} on chain ${chainId}`,
    `L1         ${rpc}`,
    `explorer   ${url}  (the API too)`,
    "",
    "Everybody has these keys: send nothing of value here. Ctrl-C ends it.",
  ].join("\n");
}

const describeUser = ({ l1Address, l1Key, address, holdings }: DevUser, place: number): readonly string[] => [
  `account ${place}  L1 address  ${l1Address}`,
  `           L1 key      ${l1Key}`,
  `           wallet      ${address}`,
  `           in the rollup: ${holdings.map(describeHolding).join(", ")}`,
];

const describeHolding = ({ index, token, balance }: DevUser["holdings"][number]): string =>
  `${formatEther(balance)} ${["ETH", "TEST"][token]} (account ${index})`;
