import { expect } from "chai";
import { network } from "hardhat";
import { deploySheaf, ETH } from "sheaf/fixture";

it("pays from L1 to L1 through the rollup", async () => {
  const { provider } = await network.create();
  const sheaf = await deploySheaf(provider);
  const [alice, bob] = [await sheaf.wallet("alice"), await sheaf.wallet("bob")];

  await sheaf.deposit(alice, ETH, 10n ** 18n);
  await sheaf.withdraw(alice, ETH, 3n * 10n ** 17n);
  await sheaf.transfer(alice, bob, ETH, 4n * 10n ** 17n);
  await sheaf.proveAndSubmit();

  expect(sheaf.balance(bob, ETH)).to.equal(4n * 10n ** 17n);
  expect(await sheaf.pull(alice, ETH)).to.equal(3n * 10n ** 17n);
  await sheaf.close();
}).timeout(600_000);
