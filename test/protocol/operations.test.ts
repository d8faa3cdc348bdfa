import { expect } from "chai";
import { domainOf } from "../../protocol/challenge.ts";
import {
  packTransfer,
  signTransfer,
  signWithdrawal,
  transferMessage,
  transferPayload,
  withdrawalMessage,
  withdrawalPayload,
  type Transfer,
  type Withdrawal,
} from "../../protocol/operations.ts";
import { poseidon } from "../../protocol/poseidon.ts";
import { verifySignature } from "../../protocol/signature.ts";
import { expectCode } from "../support/errors.ts";
import { amended } from "../support/protocol/amended.ts";
import { keyOf } from "../support/protocol/world.ts";

const DOMAIN = domainOf(11n, 0x1212121212121212121212121212121212121212n);
// As floats 130000000000 * 10^2 and 210 * 10^3: the mantissas have 39 and 11 bits.
const TRANSFER: Transfer = {
  from: 13,
  to: 14,
  token: 15,
  amount: 13_000_000_000_000n,
  fee: 210_000n,
  nonce: 16,
  validUntil: 17,
};
const AMOUNT_CODE = 130_000_000_000n + 2n * 2n ** 39n;
const FEE_CODE = 210n + 3n * 2n ** 11n;
const WITHDRAWAL: Withdrawal = {
  from: 23,
  token: 24,
  amount: 340282366920938463463374607431768211455n,
  fee: 2047n,
  nonce: 25,
  validUntil: 26,
};

describe("protocol: operations", () => {
  it("packs a transfer as from, to, amount and fee", () => {
    expect(packTransfer(TRANSFER)).to.equal(13n * 2n ** 92n + 14n * 2n ** 60n + AMOUNT_CODE * 2n ** 16n + FEE_CODE);
  });

  it("signs a transfer over its fields, nonce and expiry, under domain and token", () => {
    const payload = packTransfer(TRANSFER) + 16n * 2n ** 124n + 17n * 2n ** 156n;
    expect(transferPayload(TRANSFER)).to.equal(payload);
    expect(transferMessage(DOMAIN, TRANSFER)).to.equal(poseidon([DOMAIN + 15n * 2n ** 232n, payload]));
  });

  it("signs a withdrawal over its fields, nonce and expiry, under the domain after it", () => {
    const payload = 23n + 2047n * 2n ** 32n + 25n * 2n ** 48n + WITHDRAWAL.amount * 2n ** 80n + 26n * 2n ** 208n;
    expect(withdrawalPayload(WITHDRAWAL)).to.equal(payload);
    expect(withdrawalMessage(DOMAIN, WITHDRAWAL)).to.equal(poseidon([DOMAIN + 1n + 24n * 2n ** 232n, payload]));
  });

  it("signs what is good from a second on over the same payload, under a domain of its own", () => {
    const [transfer, withdrawal] = [amended(TRANSFER, { validFrom: 17 }), amended(WITHDRAWAL, { validFrom: 26 })];
    expect(transferPayload(transfer)).to.equal(transferPayload(TRANSFER));
    expect(withdrawalPayload(withdrawal)).to.equal(withdrawalPayload(WITHDRAWAL));
    const late = 2n ** 248n;
    expect(transferMessage(DOMAIN, transfer)).to.equal(
      poseidon([DOMAIN + 15n * 2n ** 232n + late, transferPayload(TRANSFER)]),
    );
    expect(withdrawalMessage(DOMAIN, withdrawal)).to.equal(
      poseidon([DOMAIN + 1n + 24n * 2n ** 232n + late, withdrawalPayload(WITHDRAWAL)]),
    );
  });

  it("signs nothing that is good both until a second and from one on", async () => {
    const both = { ...TRANSFER, validFrom: 17 } as unknown as Transfer;
    await expectCode("FIELD_INVALID", () => transferMessage(DOMAIN, both));
  });

  it("has another message for each change of a field", () => {
    const changes = (operation: object): object[] =>
      Object.entries(operation).map(([name, value]) => ({
        ...operation,
        [name]: typeof value === "bigint" ? value / 10n : value + 1,
      }));
    const transfers = [TRANSFER, ...changes(TRANSFER)] as Transfer[];
    const withdrawals = [WITHDRAWAL, ...changes(WITHDRAWAL)] as Withdrawal[];
    const messages = [
      ...transfers.map((transfer) => transferMessage(DOMAIN, transfer)),
      ...withdrawals.map((withdrawal) => withdrawalMessage(DOMAIN, withdrawal)),
    ];
    expect(messages).to.have.lengthOf(8 + 7);
    expect(new Set(messages)).to.have.lengthOf(messages.length);
  });

  it("keeps kinds, rollups and chains apart", () => {
    const rollup = 0x1212121212121212121212121212121212121212n;
    const domains = [DOMAIN, domainOf(12n, rollup), domainOf(11n, rollup + 1n)];
    const messages = domains.flatMap((domain) => [
      transferMessage(domain, TRANSFER),
      withdrawalMessage(domain, WITHDRAWAL),
      // A withdrawal whose payload is the transfer's would still have another message.
      poseidon([domain + 1n + 15n * 2n ** 232n, transferPayload(TRANSFER)]),
    ]);
    expect(new Set(messages)).to.have.lengthOf(9);
  });

  it("signs with a key, and carries the key and the signature", () => {
    const key = keyOf("operations: owner");
    const transfer = signTransfer(key, DOMAIN, TRANSFER);
    const withdrawal = signWithdrawal(key, DOMAIN, WITHDRAWAL);
    const valid = (message: bigint, { signature }: { signature: typeof transfer.signature }): boolean =>
      verifySignature(message, signature, key.publicKey);
    expect(transfer).to.deep.include({ ...TRANSFER, publicKey: key.publicKey });
    expect(withdrawal).to.deep.include({ ...WITHDRAWAL, publicKey: key.publicKey });
    expect(valid(transferMessage(DOMAIN, TRANSFER), transfer)).to.be.true;
    expect(valid(withdrawalMessage(DOMAIN, WITHDRAWAL), withdrawal)).to.be.true;
    expect(valid(transferMessage(DOMAIN + 1n, TRANSFER), transfer)).to.be.false;
  });

  const malformed: [string, () => unknown][] = [
    ["an index of 33 bits", () => transferMessage(DOMAIN, { ...TRANSFER, to: 2 ** 32 })],
    ["a negative amount", () => transferMessage(DOMAIN, { ...TRANSFER, amount: -1n })],
    ["a nonce of 33 bits", () => transferMessage(DOMAIN, { ...TRANSFER, nonce: 2 ** 32 })],
    ["an expiry of 41 bits", () => transferMessage(DOMAIN, { ...TRANSFER, validUntil: 2 ** 40 })],
    ["a beginning of 41 bits", () => transferMessage(DOMAIN, amended(TRANSFER, { validFrom: 2 ** 40 }))],
    ["no term at all", () => transferMessage(DOMAIN, { ...TRANSFER, validUntil: undefined } as unknown as Transfer)],
    ["a token of 17 bits", () => transferMessage(DOMAIN, { ...TRANSFER, token: 2 ** 16 })],
    ["a domain of 233 bits", () => transferMessage(2n ** 232n, TRANSFER)],
    ["a withdrawal of 129 bits", () => withdrawalMessage(DOMAIN, { ...WITHDRAWAL, amount: 2n ** 128n })],
    ["a domain that reaches into the token", () => withdrawalMessage(2n ** 232n - 1n, WITHDRAWAL)],
  ];
  for (const [name, message] of malformed) {
    it(`refuses ${name}`, async () => {
      await expectCode("FIELD_OUT_OF_RANGE", message);
    });
  }

  it("refuses amounts and fees that no float carries", async () => {
    await expectCode("AMOUNT_NOT_REPRESENTABLE", () => packTransfer({ ...TRANSFER, amount: 2n ** 39n + 1n }));
    await expectCode("AMOUNT_NOT_REPRESENTABLE", () => packTransfer({ ...TRANSFER, fee: 20_471n }));
    await expectCode("AMOUNT_NOT_REPRESENTABLE", () => withdrawalPayload({ ...WITHDRAWAL, fee: 20_471n }));
  });
});
