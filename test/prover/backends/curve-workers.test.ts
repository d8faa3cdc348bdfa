import { expect } from "chai";
import { curveOfSnarkjs, endCurveWorkers } from "../../../prover/backends/curve-workers.ts";

/** What keeps the process alive because of threads. */
const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;

describe("snarkjs' worker threads", () => {
  beforeEach(endCurveWorkers);

  it("are started once by whoever wants them first, and all of them end", async () => {
    const before = ports();
    const [one, other] = await Promise.all([curveOfSnarkjs(), curveOfSnarkjs()]);
    expect(one).to.equal(other);
    expect(ports()).to.be.above(before);
    await endCurveWorkers();
    expect(ports()).to.equal(before);
  });

  it("end where they are just starting, and start again", async () => {
    const before = ports();
    const started = curveOfSnarkjs();
    await endCurveWorkers();
    await started;
    expect(ports()).to.equal(before);
    expect((await curveOfSnarkjs()).G1.F.n8).to.equal(32);
    await endCurveWorkers();
  });
});
