import { deployContract, type BuiltCircuit, type BuiltSize } from "../../fixture/build.ts";
import type { TestToken } from "../../types/generated/index.ts";
import { deployOn } from "../deploy/deploy.ts";
import { users } from "./accounts.ts";
import type { DevChain } from "./chain.ts";
import type { KeptRollup, StateFolder } from "./state-folder.ts";

/** Tokens of the test token that each user has on L1, in base units. */
const PURSE = 10n ** 24n;

/** Deploys the rollup and a test token, of which each user gets some. The operator is the chain's first account. */
export async function deployDevRollup(
  { environment }: DevChain,
  folder: StateFolder,
  sizes: readonly BuiltSize[],
  exit: BuiltCircuit,
): Promise<KeptRollup> {
  const [operator] = await environment.connection.ethers.getSigners();
  const source = "contracts/test/TestToken.sol";
  const token = await deployContract<TestToken>(source, "TestToken", operator!, "Test token", "TEST");
  for (const { l1 } of users()) await (await token.mint(l1.address, PURSE)).wait();
  const { rollup, block, tokens } = await deployOn(environment, {
    ...{ sizes, exit, tokens: [await token.getAddress()] },
    ...{ publish: folder.keys, output: folder.file("addresses.json") },
  });
  return { rollup, block, tokens: [...tokens] };
}
