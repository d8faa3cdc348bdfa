import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { expect } from "chai";
import { expectCode } from "../support/errors.ts";
import { expectFailure, sheaf } from "../support/cli.ts";
import { isLoopbackHost, requireFree } from "../../http/listening.ts";

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("ports that are taken", () => {
  const other = createServer();
  let port: string;
  before(async () => {
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    port = `${(other.address() as AddressInfo).port}`;
  });
  after(() => other.close());

  for (const [name, ...args] of [
    ["sheaf dev, for the API", "dev", "--l1-port", "0", "--port"],
    ["sheaf dev, for the chain", "dev", "--port", "0", "--l1-port"],
    // Nobody is at the RPC URL: the port is looked at before.
    ["sheaf node", "node", "--rpc", "http://127.0.0.1:1", "--rollup", ROLLUP, "--keys", "unused", "--port"],
    ["sheaf prover serve", "prover", "serve", "--port"],
  ] as const) {
    it(`are found by ${name} before anything is built or read`, async () => {
      const { exitCode, stderr } = await sheaf([...args, port]);
      expect(exitCode, stderr).to.equal(1);
      expect(stderr).to.include("PORT_TAKEN").and.to.include(port);
      expect(stderr, "work that was in vain").not.to.match(/circuit|restore|keys batch/);
    });
  }

  it("are one code, and an address that is not this machine's another", async () => {
    await expectCode("PORT_TAKEN", () => requireFree("127.0.0.1", Number(port)));
    await expectCode("ADDRESS_UNAVAILABLE", () => requireFree("192.0.2.1", 0));
    await requireFree("127.0.0.1", 0);
    await expectFailure("USAGE", ["dev", "--port", "4711", "--l1-port", "4711"]);
  });

  it("are looked for at addresses that are known to be this machine's alone, or not", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
      expect(isLoopbackHost(host), host).to.equal(true);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.example.org"])
      expect(isLoopbackHost(host), host).to.equal(false);
  });
});
