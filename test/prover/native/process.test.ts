import { expect } from "chai";
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { SheafError } from "../../../protocol/errors.ts";
import { ensureNative } from "../../../prover/native/build.ts";
import { NativeService } from "../../../prover/native/service.ts";
import { compilationsOf, TARGETS, type NativeTarget } from "../../../prover/native/targets.ts";
import { expectCode } from "../../support/errors.ts";
import { needsNative } from "../../support/prover/native.ts";
import { until } from "../../support/until.ts";

const PROVER = resolve(import.meta.dirname, "../../../prover");
const run = promisify(execFile);

describe("native processes", () => {
  let folder: string;
  let executable: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    await needsNative(this, "sheaf-prover");
    executable = await ensureNative("sheaf-prover");
  });
  after(() => rm(folder, { recursive: true }));

  it("that the system cannot start fail one job, not the service and not Node", async () => {
    const script = join(folder, "full.mjs");
    await writeFile(
      script,
      `import { closeSync, openSync } from "node:fs";
       import { NativeService } from ${JSON.stringify(join(PROVER, "native", "service.ts"))};
       import { runSetupProcess } from ${JSON.stringify(join(PROVER, "setup", "native.ts"))};
       const executable = ${JSON.stringify(executable)};
       const service = new NativeService(executable);
       const load = () => service.load("/nowhere.zkey");
       const setup = () => runSetupProcess(executable, [], { keyPath: "/nowhere", onProgress() {} });
       const codeOf = (work) => work().then(() => "none", (error) => error.code);
       const files = [];
       try {
         for (;;) files.push(openSync("/dev/null"));
       } catch {}
       const codes = [await codeOf(load), await codeOf(load), await codeOf(setup)];
       for (const file of files) closeSync(file);
       codes.push(await codeOf(load), await codeOf(setup));
       await service.close();
       console.log(JSON.stringify(codes));`,
    );
    const command = `ulimit -n 100; exec "$0" --disable-warning=ExperimentalWarning "$1"`;
    const { stdout } = await run("/bin/sh", ["-c", command, process.execPath, script]);
    const crashed = "NATIVE_CRASHED";
    expect(JSON.parse(stdout)).to.deep.equal([crashed, crashed, crashed, "FILE_UNREADABLE", "USAGE"]);
    await expectCode("NATIVE_CRASHED", () => new NativeService("no\0path").load("/nowhere.zkey"));
  });

  it("are replaced once at a job at which they are killed", async () => {
    // It takes a request and does not answer, as often as it is told to: a true one may be done before it is killed.
    const stopping = join(folder, "stopping");
    await writeFile(
      stopping,
      `#!/bin/sh
      echo >> "$0.starts"
      [ $(wc -l < "$0.starts") -gt $STOPS ] && exec "${executable}" "$@"
      read request
      echo '{"id":1,"phase":"matrices"}'
      exec sleep 600`,
      { mode: 0o755 },
    );
    for (const [stops, code] of [
      [1, "FILE_UNREADABLE"],
      [2, "NATIVE_CRASHED"],
    ] as const) {
      await rm(`${stopping}.starts`, { force: true });
      const service = new NativeService(stopping, { STOPS: `${stops}` });
      const killed = new Set<number>();
      const kill = (): void => {
        killed.add(service.pid!);
        process.kill(service.pid!, "SIGKILL");
      };
      await expectCode(code, () => service.prove("/nowhere.zkey", "/nowhere.wtns", kill));
      expect(killed.size).to.equal(stops);
      await service.close();
    }
  });

  it("are ended when they hang and the proof is given up, and others prove what comes next", async function () {
    if (process.platform === "win32") this.skip();
    const script = join(folder, "hanging");
    // The first hangs; the next one answers, that it has no such key.
    await writeFile(script, `#!/bin/sh\nmkdir "$0.begun" 2>/dev/null && exec sleep 600\nexec "${executable}" "$@"\n`, {
      mode: 0o755,
    });
    const service = new NativeService(script);
    const stop = new AbortController();
    const hung = service.prove("/nowhere.zkey", "/nowhere.wtns", undefined, stop.signal);
    const waiting = service.load("/nowhere.zkey");
    const { pid } = service;
    // Ended before, it would leave the hanging to the next.
    await until(() => existsSync(`${script}.begun`) || undefined, "the process's beginning");
    stop.abort(new SheafError("PROOF_TIMEOUT", "it hangs"));
    await expectCode("PROOF_TIMEOUT", () => hung);
    await expectCode("FILE_UNREADABLE", () => waiting);
    expect(service.pid).not.to.equal(pid);
    await until(() => (spawnSync("kill", ["-0", `${pid}`]).status === 0 ? undefined : true), "the process's end");
    await service.close();
  });

  it("are left to their owner by an interrupt from the terminal", async function () {
    if (process.platform !== "linux") this.skip();
    const service = new NativeService(executable);
    await expectCode("FILE_UNREADABLE", () => service.load("/nowhere.zkey"));
    const stat = await readFile(`/proc/${service.pid}/stat`, "utf8");
    const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
    expect(Number(group)).to.equal(service.pid);
    await service.close();
  });

  it("are compiled with flags that the compiler takes", () => {
    const flagsBy = (compiler: string): Set<string> =>
      new Set((Object.keys(TARGETS) as NativeTarget[]).flatMap((target) => flagsOf(target, compiler)));
    const flagsOf = (target: NativeTarget, compiler: string): readonly string[] =>
      compilationsOf(target, compiler, "x64").flatMap(({ flags }) => flags);
    const [gcc, clang] = [flagsBy("g++ (Debian 12.2.0-14) 12.2.0"), flagsBy("Apple clang version 15.0.0")];
    // clang refuses the standard library's headers with it.
    expect(gcc).to.include("-mgeneral-regs-only");
    expect([...gcc].filter((flag) => !clang.has(flag))).to.have.members([
      "-mgeneral-regs-only",
      "-Wno-restrict",
      "-Wno-maybe-uninitialized",
    ]);
  });

  it("that are not there fail their job", async () => {
    await expectCode("NATIVE_CRASHED", () => new NativeService(join(folder, "nothing")).load("/nowhere.zkey"));
  });

  it("end when a request needs more memory than there is: what follows it is no request", () => {
    const request = `{"id":1,"command":"prove","key":"/k","witnessBytes":900000000000000}\n`;
    const { status, stdout, stderr } = spawnSync(executable, ["serve"], { input: `${request}not JSON\n` });
    expect(stdout.toString()).to.equal("");
    expect(status).to.not.equal(0);
    expect(stderr.toString()).to.match(/NATIVE_CRASHED.*memory|allocation-size-too-big/);
  });
});
