import { deployRollup, type DeployOptions } from "../../../deploy/deploy.ts";

// Deploys in a process of its own, so that a test can kill it.
process.once("message", (options) => void deployRollup(options as DeployOptions));
