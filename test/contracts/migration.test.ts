import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { domainOf } from "../../protocol/challenge.ts";
import { signTransfer, transferMessage } from "../../protocol/operations.ts";
import { verifySignature } from "../../protocol/signature.ts";
import { createBench, EXIT_HASHES, HASHES, nextBatch, SIZES, submit } from "../support/chain/rollup.ts";
import { keyOf } from "../support/protocol/world.ts";

describe("Rollup: migration", () => {
  it("to new verifiers is a withdrawal here and a deposit there: nothing moves without its owner", async () => {
    const old = await createBench();
    const { alice, owner, operator, ethers, rollup } = old;
    const value = 10_000n + (await rollup.queueFee());
    await rollup.connect(alice).deposit(0, 10_000n, 5n, alice, alice, { value });
    const deposit = { kind: "deposit", index: 9, token: 0, l1Address: BigInt(alice.address), pubKeyY: 5n } as const;
    const l1Operations = [{ ...deposit, amount: 10_000n }];
    await submit(old, await nextBatch(old, { l1Operations }), { refundAddresses: [alice.address] });

    // New verifiers cannot come to the old rollup; they come with another.
    const names = rollup.interface.fragments.flatMap((part) => ("name" in part ? [String(part.name)] : []));
    expect(names.filter((name) => /upgrade|set(?!Operator|DepositsPaused)/i.test(name))).to.deep.equal([]);
    const verifier = await ethers.deployContract("AcceptAllVerifier");
    const sizes = [{ ...SIZES[0], verifier, ...HASHES }];
    const exitCircuit = { verifier, ...EXIT_HASHES };
    const parameters = [owner.address, operator.address, sizes, exitCircuit, verifier, ZeroAddress] as const;
    const next = await ethers.deployContract("Rollup", [...parameters]);
    const fresh = { ...old, rollup: next };

    await rollup.connect(owner).setDepositsPaused(true);
    const withdrawals = [{ from: 9, fee: 0n, l1Address: BigInt(alice.address), amount: 10_000n }];
    await submit(old, await nextBatch(old, { withdrawals }));
    await rollup.withdraw(0, alice);
    await next.connect(alice).deposit(0, 10_000n, 5n, alice, alice, { value });
    await submit(fresh, await nextBatch(fresh, { l1Operations }), { refundAddresses: [alice.address] });
    expect(await rollup.tokenTotal(0)).to.equal(0n);
    expect(await next.tokenTotal(0)).to.equal(10_000n);
  });

  it("takes no signature along: each names its rollup", async () => {
    const [here, there] = [domainOf(31337n, 0xa11n), domainOf(31337n, 0xa12n)];
    const key = keyOf("alice");
    const transfer = { from: 9, to: 8, token: 0, amount: 7n, fee: 6n, nonce: 5, validUntil: 4 };
    const { signature } = signTransfer(key, here, transfer);
    expect(verifySignature(transferMessage(here, transfer), signature, key.publicKey)).to.equal(true);
    expect(verifySignature(transferMessage(there, transfer), signature, key.publicKey)).to.equal(false);
  });
});
