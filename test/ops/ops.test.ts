import { execFile, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { expectSuccess } from "../support/cli.ts";
import { newFolder } from "../support/folders.ts";
import { ApiWorld } from "../support/node/api-world.ts";

const OPS = resolve(import.meta.dirname, "../../ops");
const run = promisify(execFile);
const textOf = (name: string): string => readFileSync(join(OPS, name), "utf8");

/** Skips a test where a program is not; with CI=true it must be there. */
function requireProgram(context: Mocha.Context, program: string, version: string, source?: string): void {
  if (spawnSync(program, [version]).error === undefined) return;
  if (source !== undefined && process.env["CI"] === "true") {
    throw new Error(`there is no ${program}: apt-get install ${source}`);
  }
  context.skip();
}

describe("alert rules for Prometheus", () => {
  const rules = textOf("alerts.yml");
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

  it("are rules, and say what they must in their own tests", async function () {
    this.timeout(60_000);
    requireProgram(this, "promtool", "--version", "prometheus");
    expect((await run("promtool", ["check", "rules", join(OPS, "alerts.yml")])).stdout).to.include("SUCCESS");
    expect((await run("promtool", ["test", "rules", join(OPS, "alerts.test.yml")])).stdout).to.include("SUCCESS");
  });

  it("are all raised once by these tests", () => {
    expect(alerts).to.have.length.above(5);
    const raised = [...textOf("alerts.test.yml").matchAll(/alertname="(\w+)"/g)].map(([, name]) => name!);
    expect(raised).to.have.members(alerts);
  });

  it("use no metric that a node does not have", async function () {
    this.timeout(120_000);
    const api = await ApiWorld.create();
    const account = {
      balance: async () => 3n * 10n ** 18n,
      market: async () => ({ baseFee: 7n, priorityFee: 2n }),
    };
    await api.start({ account, checks: [() => ({ what: "prover", why: "there is none" })] });
    await api.client.state();
    const text = await api.metrics();
    await api.stop();
    await api.close();
    const had = new Set([...text.matchAll(/^(\w+)(?:\{| )/gm)].map(([, name]) => name!));
    const used = new Set([...rules.matchAll(/\bsheaf_\w+/g)].map(([name]) => name));
    expect(used.size).to.be.above(8);
    for (const name of used) expect(had, name).to.include(name);
    for (const [, name, label, value] of rules.matchAll(/(sheaf_\w+)\{(\w+)="(\w+)"\}/g)) {
      expect(text).to.match(new RegExp(`^${name}\\{[^}]*${label}="${value}"`, "m"));
    }
  });
});

describe("systemd's unit of the node", () => {
  const unit = textOf("sheaf-node.service");

  it("is one that systemd takes", function () {
    requireProgram(this, "systemd-analyze", "--version");
    const folder = newFolder();
    const [program, file] = [join(folder, "sheaf"), join(folder, "sheaf-node.service")];
    writeFileSync(program, "#!/bin/sh\n");
    chmodSync(program, 0o755);
    writeFileSync(file, unit.replace("ExecStart=/opt/sheaf/sheaf", `ExecStart=${program}`));
    const { stderr, status } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("sheaf-node"))).to.deep.equal([]);
    expect(status, stderr).to.equal(0);
  });

  it("names options that the command has", async () => {
    const [, command] = /^ExecStart=(.+)$/m.exec(unit)!;
    const help = await expectSuccess(["node", "--help"]);
    const options = [...command!.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect(options).to.include.members(["--metrics-port", "--log-format"]);
    for (const option of options) expect(help).to.match(new RegExp(`^ +${option}\\b`, "m"));
    for (const [, name] of command!.matchAll(/\$\{(\w+)\}/g)) expect(unit).to.match(new RegExp(`^# +${name}=`, "m"));
  });
});
