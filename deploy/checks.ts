import { dataLength, dataSlice, keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { SheafError } from "../protocol/errors.ts";
import type { ProvingArtifacts } from "../prover/artifacts/artifacts.ts";
import { assertPhase2Done } from "../prover/setup/phase2.ts";

/**
 * Refuses development keys where they are not allowed, and keys without a phase 2 everywhere.
 *
 * @throws SheafError KEY_INSECURE, DEPLOY_KEY_INSECURE
 */
export function assertKeysFit(
  circuits: readonly Pick<ProvingArtifacts, "circuit" | "key">[],
  chainId: number,
  developmentAllowed: boolean,
): void {
  for (const { circuit, key } of circuits) {
    assertPhase2Done(key.verificationKey);
    if (key.setup === "development-INSECURE" && !developmentAllowed) {
      throw new SheafError(
        "DEPLOY_KEY_INSECURE",
        `the key of ${circuit.name} is a development key, and chain ${chainId} is not local: ` +
          "a loopback node and a chain id listed as local, or given by --local-chain, are both needed",
      );
    }
  }
}

/**
 * Refuses the verifier that accepts everything, which is there for tests, under whatever name.
 *
 * @throws SheafError DEPLOY_VERIFIER_UNSAFE
 */
export async function assertNotAcceptAll(hre: HardhatRuntimeEnvironment, contract: string): Promise<void> {
  const codeHash = async (name: string): Promise<string> => {
    const { deployedBytecode } = await hre.artifacts.readArtifact(name);
    return keccak256(withoutMetadata(deployedBytecode));
  };
  if ((await codeHash(contract)) === (await codeHash("AcceptAllVerifier"))) {
    throw new SheafError("DEPLOY_VERIFIER_UNSAFE", `${contract} accepts every proof`);
  }
}

/** The compiler ends runtime code with metadata, which depends on names and comments, and its length in two bytes. */
function withoutMetadata(code: string): string {
  const length = dataLength(code);
  return dataSlice(code, 0, length - 2 - Number(dataSlice(code, length - 2)));
}
