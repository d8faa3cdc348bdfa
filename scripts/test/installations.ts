// Installs Sheaf as a newcomer does, in a fresh clone with a bare home and an empty cache, under many versions of npm and
// Node.js and with settings of npm that people have. Prints a table; fails if one installation does.
// Usage: installations.ts
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { table } from "../../cli/support/output.ts";
import { ROOT } from "../../lib/root.ts";

const run = promisify(execFile);

export interface Installation {
  readonly npm: string;
  readonly node: string;
  /** Lines of the user's `.npmrc`. */
  readonly npmrc?: readonly string[];
}

export interface Installed {
  readonly succeeded: boolean;
  /** What the launcher and npm said. */
  readonly output: string;
  readonly seconds: number;
}

const PAIRS: readonly Installation[] = [
  { npm: "10.8.2", node: "20.19.0" },
  { npm: "10.9.9", node: "22.12.0" },
  { npm: "11.0.0", node: "22.23.5" },
  { npm: "11.15.0", node: "24.9.0" },
  { npm: "11.16.0", node: "24.18.0" },
  { npm: "11.19.1", node: "20.19.6" },
  { npm: "11.19.1", node: "24.22.3" },
  { npm: "12.0.2", node: "26.10.0" },
  { npm: "12.1.0", node: "26.12.1" },
  { npm: "latest", node: "22.23.5" },
  { npm: "latest", node: "26.12.1" },
];

/** Each has broken an installation, or could. */
const SETTINGS: readonly string[] = [
  "ignore-scripts=true",
  "bin-links=false",
  "omit=optional",
  "engine-strict=true",
  "allow-scripts=esbuild",
  "strict-allow-scripts=true",
  "install-strategy=linked",
  "package-lock=false",
  "legacy-peer-deps=true",
  "loglevel=silent",
];

/** With an older Node.js, which is replaced, and with one that is new enough. */
export const INSTALLATIONS: readonly Installation[] = [
  ...PAIRS,
  ...SETTINGS.map((line, i) => ({
    ...(i % 2 === 0 ? { npm: "12.0.2", node: "26.10.0" } : { npm: "11.19.1", node: "20.19.6" }),
    npmrc: [line],
  })),
  { npm: "12.0.2", node: "22.23.5", npmrc: [...SETTINGS, "global=true", "dry-run=true", "json=true", "omit[]=dev"] },
];

/** What of this machine a newcomer's has too: how the registry is reached. */
const KEPT = /^(npm_config_registry|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$/i;

export async function install(installation: Installation): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "sheaf-installation-"));
  try {
    const tools = join(folder, "tools");
    const node = `node-${process.platform}-${process.arch}`;
    await mkdir(tools);
    await writeFile(join(tools, "package.json"), "{}");
    const wanted = [`npm@${installation.npm}`, `${node}@${installation.node}`];
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...wanted], { cwd: tools });

    const [clone, home] = [join(folder, "sheaf"), join(folder, "home")];
    await run("git", ["clone", "--quiet", ROOT, clone]);
    await mkdir(home);
    await writeFile(join(home, ".npmrc"), (installation.npmrc ?? []).map((line) => `${line}\n`).join(""));
    const modules = join(tools, "node_modules");
    const path = [join(modules, ".bin"), join(modules, node, "bin"), "/usr/bin", "/bin"];
    const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
    const env = {
      ...Object.fromEntries(kept),
      HOME: home,
      PATH: path.join(delimiter),
      npm_config_cache: join(folder, "cache"),
    };
    const start = performance.now();
    // A command that needs more than the launcher: it hashes and signs.
    const { error, stdout, stderr } = await attempt(join(clone, "sheaf"), ["batch", "example"], { cwd: clone, env });
    const seconds = (performance.now() - start) / 1000;
    const found = error === undefined && "transfers" in JSON.parse(stdout);
    const stub = await readFile(join(clone, "node_modules", ".bin", "hardhat"), "utf8").catch(() => "");
    return { succeeded: found && stub !== "", output: `${stderr}${found ? "" : stdout}`, seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function attempt(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly error: Error | undefined; readonly stdout: string; readonly stderr: string }> {
  return new Promise((done) => {
    execFile(program, args, { ...options, encoding: "utf8" }, (error, stdout, stderr) => {
      done({ error: error ?? undefined, stdout, stderr });
    });
  });
}

if (import.meta.main) {
  const rows: string[][] = [];
  for (const installation of INSTALLATIONS) {
    const { succeeded, output, seconds } = await install(installation);
    const { npm, node, npmrc = [] } = installation;
    rows.push([npm, node, npmrc.join(", "), succeeded ? "installed" : "FAILED", `${seconds.toFixed(0)} s`]);
    process.stderr.write(`${rows.at(-1)!.join("  ")}\n${succeeded ? "" : output}`);
    if (!succeeded) process.exitCode = 1;
  }
  process.stdout.write(`${table(["npm", "Node.js", ".npmrc", "", "time"], rows).join("\n")}\n`);
}
