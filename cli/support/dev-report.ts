import { formatEther } from "ethers";
import type { DevRollup, DevUser } from "../../devnet/run.ts";

/** What a developer needs to know of what was started, in the order in which Anvil and Hardhat tell it. */
export function describeDev(rollup: Omit<DevRollup, "close">): string {
  const { url, rpc, chainId, tokens, keys, mnemonic, balance, operator, accounts } = rollup;
  const [, test] = tokens;
  const each = (describe: (user: DevUser) => string): string[] =>
    accounts.map((user, place) => `(${place})`.padEnd(6) + describe(user));
  return [
    "",
    `Accounts on L1, with ${formatEther(balance)} ETH each`,
    ...each(({ l1Address }) => l1Address),
    "",
    "Private keys",
    ...each(({ l1Key }) => l1Key),
    "",
    "Wallets in the rollup, as others pay to them",
    ...each(({ address, holdings }) => `${address}  ${holdings.map(describeHolding).join(", ")}`),
    "",
    `mnemonic   ${mnemonic}`,
    `paths      m/44'/60'/0'/0/<number>; ./sheaf wallet import makes number 0 a wallet`,
    `chain id   ${chainId}`,
    `rollup     ${rollup.rollup}`,
    `operator   ${operator}`,
    `tokens     0: ETH, 1: TEST at ${test} (anyone may mint it)`,
    `keys       ${keys}`,
    `L1         ${rpc}  (WebSocket too)`,
    `explorer   ${url}  (the API too)`,
    "",
    "Everybody has these keys: send nothing of value here. Ctrl-C ends it.",
  ].join("\n");
}

const describeHolding = ({ index, token, balance }: DevUser["holdings"][number]): string =>
  `${formatEther(balance)} ${["ETH", "TEST"][token]} (account ${index})`;
