import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "..");

/** Rooms, the lowest first: each imports from those before it, and rooms that stand together not from each other. */
const ORDER: readonly (readonly string[])[] = [
  ["lib"],
  ["protocol"],
  ["http", "l1"],
  ["api"],
  ["prover"],
  ["node", "wallet"],
  ["web"],
  ["types", "ignition"],
  ["fixture"],
  ["hardhat.config.ts"],
  ["deploy"],
  ["devnet"],
  ["bench"],
  ["cli"],
  ["scripts"],
  ["test"],
];
const RANK = new Map(ORDER.flatMap((rooms, rank) => rooms.map((room) => [room, rank] as const)));

describe("layering", () => {
  const files = execFileSync("git", ["ls-files", "*.ts", "*.tsx"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  const imports = new Map(files.map((file) => [file, importsOf(file)]));

  it("lets each room import from the rooms below it alone", () => {
    expect([...imports.values()].flat()).to.have.length.above(1000);
    const against = [...imports].flatMap(([file, imported]) =>
      imported.filter((other) => !isBelow(other, file)).map((other) => `${file} -> ${other}`),
    );
    expect(against).to.deep.equal([]);
  });

  it("has no files that import each other in a circle, as types or as values", () => {
    expect(circlesOf(imports)).to.deep.equal([]);
  });

  it("finds what is against the order, and circles", () => {
    expect(isBelow("node/node.ts", "protocol/float.ts")).to.equal(false);
    expect(isBelow("wallet/wallet.ts", "node/node.ts")).to.equal(false);
    expect(isBelow("node/l1/l1.ts", "node/node.ts")).to.equal(true);
    const graph = { a: ["b"], b: ["c"], c: ["a", "d"], d: [], e: ["a"] };
    expect(circlesOf(new Map(Object.entries(graph)))).to.deep.equal([["a", "b", "c"]]);
  });
});

const roomOf = (file: string): string => file.split("/")[0]!;

function isBelow(imported: string, file: string): boolean {
  const [room, other] = [roomOf(file), roomOf(imported)];
  return room === other || RANK.get(other)! < RANK.get(room)!;
}

/** Files of the repository that a file imports, types included. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), "utf8"));
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => relative(ROOT, resolve(ROOT, dirname(file), fileName)))
    .filter((path) => /\.tsx?$/.test(path) && existsSync(join(ROOT, path)));
}

/** Files of which each reaches all others of its circle: strongly connected components of more than one. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...graph.keys()].map((file) => [file, reachedFrom(graph, file)]));
  const circles = new Map<string, string[]>();
  for (const [file, others] of reached) {
    const circle = [...others].filter((other) => reached.get(other)?.has(file)).sort();
    if (others.has(file)) circles.set(circle.join(" "), circle);
  }
  return [...circles.values()];
}

function reachedFrom(graph: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(graph.get(start) ?? [])];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    open.push(...(graph.get(file) ?? []));
  }
  return reached;
}
