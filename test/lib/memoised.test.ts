import { expect } from "chai";
import { Memoised } from "../../lib/memoised.ts";

describe("memoised answers", () => {
  it("are asked for once, again after a failure, and forgotten when cleared", async () => {
    const asked: string[] = [];
    const answers = new Memoised(async (key: string) => {
      asked.push(key);
      if (key === "fails") throw new Error("no");
      return key.length;
    });
    expect(await Promise.all([answers.get("one"), answers.get("one")])).to.deep.equal([3, 3]);
    for (const nth of ["first", "second"]) expect(await answers.get("fails").catch(() => nth)).to.equal(nth);
    expect(asked).to.deep.equal(["one", "fails", "fails"]);
    expect(await Promise.all(answers.clear())).to.deep.equal([3]);
    await answers.get("one");
    expect(asked).to.have.length(4);
  });

  it("stay where an older one to the same question fails after all was forgotten", async () => {
    const questions: PromiseWithResolvers<number>[] = [];
    const answers = new Memoised<string, number>(() => {
      const question = Promise.withResolvers<number>();
      questions.push(question);
      return question.promise;
    });
    const older = answers.get("one");
    void answers.clear();
    const newer = answers.get("one");
    questions[0]!.reject(new Error("no"));
    await older.catch(() => undefined);
    expect(answers.get("one")).to.equal(newer);
    questions[1]!.resolve(2);
    expect(await newer).to.equal(2);
  });
});
