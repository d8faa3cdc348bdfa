import { deployOn } from "../deploy/deploy.ts";
import { deployContract, type BuiltCircuit, type BuiltSize } from "../fixture/build.ts";
import type { TestToken } from "../types/generated/index.ts";
import { DEPOSITS } from "./accounts.ts";
import type { DevChain } from "./chain.ts";
import type { DeployedRollup, StateFolder } from "./state-folder.ts";

/** Tokens of the test token that each user has on L1, in base units. */
const PURSE = 10n ** 24n;

/**
 * Deploys the rollup and a test token, of which each user gets some. The operator is the chain's first account.
 *
 * @param blobs whether the rollup takes transfers in blobs
 */
export async function deployDevRollup(
  { environment, accounts, genesis }: DevChain,
  folder: StateFolder,
  sizes: readonly BuiltSize[],
  exit: BuiltCircuit,
  blobs: boolean,
): Promise<DeployedRollup> {
  const [, faucet] = await environment.connection.ethers.getSigners();
  const source = "contracts/test/TestToken.sol";
  const token = await deployContract<TestToken>(source, "TestToken", faucet!, "Test token", "TEST");
  const { users } = accounts;
  for (const { l1 } of users) await token.mint(l1.address, PURSE);
  await token.mint(faucet!.address, DEPOSITS[1] * BigInt(users.length));
  const { rollup, block, tokens } = await deployOn(environment, {
    ...{ blobs, sizes, exit, tokens: [await token.getAddress()], localChainIds: [genesis.chainId] },
    ...{ publish: folder.keys, output: folder.file("addresses.json") },
  });
  return { rollup, block, tokens: [...tokens] };
}
