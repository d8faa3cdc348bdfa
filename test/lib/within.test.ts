import { expect } from "chai";
import { within } from "../../lib/within.ts";

const tooLate = (): Error => new Error("too late");

describe("work with a time limit", () => {
  it("is given up when its time is up, and told so, also where it does not heed that", async () => {
    let told: unknown;
    const work = (late: AbortSignal): Promise<void> => {
      late.addEventListener("abort", () => (told = late.reason));
      return new Promise(() => undefined);
    };
    const failure = await within(5, work, tooLate).catch((error: unknown) => error);
    expect(failure).to.be.an("error").with.property("message", "too late");
    expect(told).to.equal(failure);
  });

  it("leaves no timer behind, however it ends, and is told nothing later", async () => {
    const [signals, pauses]: [AbortSignal[], AbortSignal[]] = [[], []];
    const clock = {
      pause: (_: number, signal?: AbortSignal) => {
        pauses.push(signal!);
        return new Promise<void>((done) => signal!.addEventListener("abort", () => done()));
      },
    };
    const noting = (work: () => Promise<number>) => (late: AbortSignal) => {
      signals.push(late);
      return work();
    };
    const works = [
      async () => 1,
      () => Promise.reject<number>(new Error("failed")),
      () => {
        throw new Error("at once");
      },
    ];
    const ends = works.map((work) =>
      within(1, noting(work), tooLate, clock).catch((error: unknown) => (error as Error).message),
    );
    expect(await Promise.all(ends)).to.deep.equal([1, "failed", "at once"]);
    await new Promise((done) => setImmediate(done));
    expect(pauses.map(({ aborted }) => aborted)).to.deep.equal([true, true, true]);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false, false, false]);
  });
});
