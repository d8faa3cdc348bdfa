import { markTestRunDone, markTestRunStart, markTestWorkerDone } from "hardhat/internal/coverage";

const RUN = "contracts";

/** Loaded into mocha: Hardhat collects what is executed between these two, and prints it. */
export const mochaHooks = {
  beforeAll: () => markTestRunStart(RUN),
  afterAll: async () => {
    await markTestWorkerDone(RUN);
    await markTestRunDone(RUN);
  },
};
