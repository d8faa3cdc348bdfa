import { expect } from "chai";
import { buildPoseidonReference } from "circomlibjs";
import { solidityPacked } from "ethers";
import { network } from "hardhat";
import { HASHER_CREATION_CODE } from "../../l1/generated/hasher.ts";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { LONG, seeded } from "../support/random.ts";

const CASES = LONG ? 500 : 20;

// The contract that an account's leaf and path are hashed by where it leaves without a proof.
describe("the hasher", () => {
  const random = seeded("contracts/hasher");
  let reference: (inputs: readonly bigint[]) => bigint;
  let call: (data: string) => Promise<string>;

  before(async () => {
    const textbook = await buildPoseidonReference();
    reference = (inputs) => textbook.F.toObject(textbook(inputs));
    const { ethers } = await network.create();
    const [signer] = await ethers.getSigners();
    const { contractAddress: to } = (await (await signer!.sendTransaction({ data: HASHER_CREATION_CODE })).wait())!;
    call = (data) => ethers.provider.call({ to, data });
  });

  const dataOf = (words: readonly bigint[]): string =>
    solidityPacked(
      words.map(() => "uint256"),
      words,
    );

  for (const count of [4, 8]) {
    it(`has circomlibjs' values for ${count} inputs`, async () => {
      const fields = (): bigint[] => Array.from({ length: count }, random.field);
      const cases = [
        ...[0n, 1n, FIELD_ORDER - 1n].map((value) => new Array<bigint>(count).fill(value)),
        ...fields().map((value, place) => new Array<bigint>(count).fill(0n).with(place, value)),
        ...fields().map((value, place) => new Array<bigint>(count).fill(FIELD_ORDER - 1n).with(place, value)),
        ...Array.from({ length: CASES }, fields),
      ];
      for (const inputs of cases) expect(BigInt(await call(dataOf(inputs)))).to.equal(reference(inputs));
    });
  }

  it("hashes no other number of words", async () => {
    const refuses = async (data: string): Promise<void> => {
      const answer = await call(data).catch((error: Error) => error.message);
      expect(answer, `${(data.length - 2) / 2} bytes`).to.include("revert");
    };
    const sevens = (count: number): string => dataOf(new Array<bigint>(count).fill(7n));
    for (const count of [0, 1, 3, 5, 7, 9, 12]) await refuses(sevens(count));
    for (const count of [4, 8])
      for (const data of [`${sevens(count)}00`, sevens(count).slice(0, -2)]) await refuses(data);
  });
});
