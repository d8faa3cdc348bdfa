import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatIgnitionEthers from "@nomicfoundation/hardhat-ignition-ethers";
import hardhatKeystore from "@nomicfoundation/hardhat-keystore";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import hardhatVerify from "@nomicfoundation/hardhat-verify";
import { configVariable, defineConfig } from "hardhat/config";
import { SOLIDITY_SETTINGS } from "./fixture/solidity.ts";

// Verifiers are generated from keys, which a fresh clone does not have yet: the folder must be there for Hardhat to look.
const VERIFIERS = join(import.meta.dirname, "build", "verifiers");
mkdirSync(VERIFIERS, { recursive: true });

// Contracts that count executed statements are kept apart from those that are deployed.
const BUILD = process.env["HARDHAT_COVERAGE"] === "true" ? "./build/coverage" : "./build";

const { resolve } = createRequire(import.meta.url);

export default defineConfig({
  plugins: [
    hardhatEthers,
    hardhatChaiMatchers,
    hardhatIgnitionEthers,
    hardhatKeystore,
    hardhatNetworkHelpers,
    hardhatTypechain,
    hardhatVerify,
  ],
  solidity: {
    version: "0.8.37",
    // The compiler comes with the other packages, so that a build downloads nothing.
    path: resolve("solc/soljson.js"),
    // An owner that deliberates, for those who want one.
    npmFilesToBuild: ["@openzeppelin/contracts/governance/TimelockController.sol"],
    settings: SOLIDITY_SETTINGS,
  },
  paths: {
    sources: ["./contracts", VERIFIERS],
    artifacts: `${BUILD}/contracts`,
    cache: `${BUILD}/hardhat`,
  },
  // The generated files use syntax that our own configuration forbids; they are imported for their types only.
  typechain: { outDir: "types/generated", tsNocheck: true },
  networks: {
    default: { type: "edr-simulated", chainType: "l1" },
    local: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    sepolia: {
      type: "http",
      chainType: "l1",
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
  },
  verify: { etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") } },
});
