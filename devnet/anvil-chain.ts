import { toQuantity } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { accountsOf } from "./accounts.ts";
import { startAnvil } from "./anvil.ts";
import { allocations, hardhat, type DevChain, type DevChainOptions } from "./chain.ts";

/** Seconds of a slot of L1. */
const SLOT = 12;

/**
 * Starts a chain that takes blobs and gives them back, which Hardhat's does not: Anvil, in a process of its own. It has no
 * journal, so it is gone when it ends.
 *
 * @throws SheafError MNEMONIC_INVALID, ANVIL_UNAVAILABLE
 */
export async function startAnvilChain({
  genesis,
  host,
  port,
  blockTime,
}: Pick<DevChainOptions, "genesis" | "host" | "port" | "blockTime">): Promise<DevChain> {
  const accounts = accountsOf(genesis);
  // A block for each transaction, and one for each slot; or one every so often.
  const mining =
    blockTime === undefined ? ["--block-time", `${SLOT}`, "--mixed-mining"] : ["--block-time", `${blockTime}`];
  const anvil = await startAnvil([
    ...["--host", host, "--port", `${port}`, "--chain-id", `${genesis.chainId}`, "--mnemonic", genesis.mnemonic],
    ...["--accounts", `${genesis.accounts}`, "--hardfork", "osaka", ...mining],
  ]);
  try {
    const hre = await hardhat();
    const { operator, faucet } = accounts;
    const keys = [operator, faucet].map(({ l1 }) => l1.privateKey);
    const override = { url: anvil.url, accounts: keys };
    const connection = (await hre.network.create({ network: "local", override })) as NetworkConnection<"l1">;
    for (const { account, balance } of allocations(genesis, accounts)) {
      await connection.provider.request({
        method: "anvil_setBalance",
        params: [account.l1.address, toQuantity(balance)],
      });
    }
    const close = async (): Promise<void> => {
      await connection.close();
      await anvil.close();
    };
    return {
      ...{ url: anvil.url, beacon: anvil.url, environment: { hre, connection }, accounts, genesis, close },
      keepTime: () => Promise.resolve(),
    };
  } catch (error) {
    await anvil.close();
    throw error;
  }
}
