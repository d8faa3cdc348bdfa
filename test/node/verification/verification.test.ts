import { expect } from "chai";
import { SignatureVerifier } from "../../../node/verification/verifier.ts";
import { PrivateKey } from "../../../protocol/signature.ts";
import { expectCode } from "../../support/errors.ts";
import { seeded } from "../../support/random.ts";

describe("verification in threads", () => {
  const random = seeded("node/verification");
  const key = new PrivateKey(random.bytes(32));
  const [message, other] = [random.field(), random.field()];
  const check = (isValid: boolean): Parameters<SignatureVerifier["verify"]> => [
    isValid ? message : other,
    key.sign(message),
    key.publicKey,
  ];
  let verifier: SignatureVerifier;
  afterEach(() => verifier.close());

  it("gives each signature its own verdict, however many come at once", async () => {
    verifier = new SignatureVerifier({ threads: 2 });
    const expected = Array.from({ length: 40 }, () => random.below(2n) === 1n);
    const verdicts = expected.map((isValid) => verifier.verify(...check(isValid)));
    expect(verifier.waiting).to.equal(40);
    expect(await Promise.all(verdicts)).to.deep.equal(expected);
    expect(verifier.waiting).to.equal(0);
    expect(await verifier.verify(...check(true))).to.be.true;
  });

  it("takes values that are nothing of the curve's", async () => {
    verifier = new SignatureVerifier({ threads: 1 });
    const nowhere = { x: -1n, y: 2n ** 300n };
    expect(await verifier.verify(message, { r8: nowhere, s: -5n }, key.publicKey)).to.be.false;
    expect(await verifier.verify(message, key.sign(message), nowhere)).to.be.false;
  });

  it("lets no more wait than it is allowed to", async () => {
    verifier = new SignatureVerifier({ threads: 1, maxWaiting: 2 });
    const taken = [verifier.verify(...check(true)), verifier.verify(...check(false))];
    await expectCode("SERVICE_BUSY", () => verifier.verify(...check(true)));
    expect(await Promise.all(taken)).to.deep.equal([true, false]);
    expect(await verifier.verify(...check(true))).to.be.true;
  });
});
