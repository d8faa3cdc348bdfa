import { expect } from "chai";
import { identityOf } from "../../../node/pool/carriers.ts";

describe("node: identities of sent batches", () => {
  it("tell batches apart whose words in calldata are the same, by what they have in a blob", () => {
    const words = new Uint8Array([1, 2, 3]);
    const identities = [
      identityOf(words, []),
      identityOf(words, [4n]),
      identityOf(words, [5n]),
      identityOf(words, [4n, 5n]),
    ];
    expect(new Set(identities).size).to.equal(4);
    expect(identityOf(words, [4n])).to.equal(identities[1]);
  });
});
