import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { getCurveFromName, type Curve, type Field, type Group } from "ffjavascript";
import { FIELD_ORDER } from "../../../protocol/constants.ts";
import { ensureNative } from "../../../prover/native/build.ts";
import { needsNative } from "../../support/prover/native.ts";
import { LONG, seeded } from "../../support/random.ts";

/** Prime of the coordinates' field. */
const BASE_ORDER = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const FIELD_CASES = LONG ? 100_000 : 1_500;
const CURVE_CASES = LONG ? 1_000 : 48;
const MSM_TERMS = LONG ? [1, 2, 31, 1_000, 20_000] : [1, 2, 31, 600];
const DOMAINS = LONG ? [0, 1, 2, 5, 6, 7, 8, 11, 14] : [0, 1, 5, 6, 7, 9];

describe("native arithmetic against ffjavascript", () => {
  let curve: Curve;
  let executable: string;

  before(async function () {
    curve = await getCurveFromName("bn128", true);
    await needsNative(this, "sheaf-check");
    executable = await ensureNative("sheaf-check");
  });
  after(() => curve.terminate());

  for (const path of ["portable", "adx", "ifma"]) {
    describe(`path ${path}`, () => {
      /** Runs an operation of sheaf-check on this path. */
      function check(operation: string, input: Uint8Array): Uint8Array {
        const environment = { ...process.env, SHEAF_NATIVE_PATH: path };
        const { status, stdout, stderr } = spawnSync(executable, [operation], {
          input,
          env: environment,
          maxBuffer: 1 << 30,
        });
        expect(status, stderr.toString()).to.equal(0);
        return stdout;
      }

      before(function () {
        const environment = { ...process.env, SHEAF_NATIVE_PATH: path };
        const { status, stdout, stderr } = spawnSync(executable, ["path"], { input: "", env: environment });
        if (status !== 0 && path !== "portable" && stderr.toString().includes("NATIVE_UNAVAILABLE")) this.skip();
        expect(stdout.toString()).to.equal(path);
      });

      for (const name of ["fr", "fq", "fq2"] as const) {
        it(`computes in ${name}`, () => {
          const field = name === "fr" ? curve.Fr : name === "fq" ? curve.G1.F : curve.G2.F;
          const cases = fieldPairs(name, field);
          expectResults(field.n8, check(name, concatenated(cases.flat())), cases, ([a, b]) => {
            const [difference, product, square] = [field.sub(a!, b!), field.mul(a!, b!), field.square(a!)];
            const inverse = field.isZero(a!) ? field.zero : field.inv(a!);
            return [
              field.add(a!, b!),
              difference,
              product,
              square,
              field.neg(a!),
              inverse,
              difference,
              product,
              square,
            ];
          });
        });
      }

      for (const name of ["g1", "g2"] as const) {
        it(`adds, doubles and multiplies in ${name}`, () => {
          const group = name === "g1" ? curve.G1 : curve.G2;
          const cases = curveCases(name, group);
          const affine = (point: Uint8Array) => group.toAffine(point);
          const input = concatenated(cases.flatMap(({ p, q, k }) => [p, q, plain(k)]));
          expectResults(2 * group.F.n8, check(name, input), cases, ({ p, q, k }) => {
            const sum = affine(group.add(p, q));
            return [sum, affine(group.double(p)), affine(group.neg(p)), affine(group.timesScalar(p, k)), sum];
          });
        });

        it(`sums products in ${name}`, async () => {
          const group = name === "g1" ? curve.G1 : curve.G2;
          for (const terms of MSM_TERMS) {
            for (const [kind, scalars, points] of sums(`${path} ${name} ${terms}`, group, terms)) {
              const input = concatenated(points.flatMap((point, i) => [point, plain(scalars[i]!)]));
              const all = concatenated(scalars.map(plain));
              const expected = group.toAffine(await group.multiExpAffine(concatenated(points), all));
              expect(hex(check(`msm-${name}`, input)), `${terms} terms, ${kind}`).to.equal(hex(expected));
            }
          }
        }).timeout(LONG ? 3_600_000 : 120_000);
      }

      it("moves a quotient to the coset as snarkjs does", async () => {
        const { Fr } = curve;
        for (const power of DOMAINS) {
          const [a, b] = [0, 1].map((i) => {
            const random = seeded(`${path} ${power} ${i}`);
            const special = [0n, 1n, FIELD_ORDER - 1n];
            return Array.from({ length: 2 ** power }, (_, j) => Fr.e(special[j] ?? random.field()));
          }) as [Uint8Array[], Uint8Array[]];
          const c = a.map((value, i) => Fr.mul(value, b[i]!));
          const onCoset = await Promise.all(
            [a, b, c].map(async (values) => {
              const coefficients = await Fr.ifft(concatenated(values));
              return Fr.fft(await Fr.batchApplyKey(coefficients, Fr.e(1), Fr.w[power + 1]!));
            }),
          );
          const expected = a.map((_, i) => {
            const [x, y, z] = onCoset.map((values) => values.slice(32 * i, 32 * i + 32)) as [
              Uint8Array,
              Uint8Array,
              Uint8Array,
            ];
            return plain(Fr.toObject(Fr.sub(Fr.mul(x, y), z)));
          });
          const actual = check("quotient", concatenated([...a, ...b]));
          expect(hex(actual), `2^${power}`).to.equal(hex(concatenated(expected)));
        }
      });
    });
  }

  /** All pairs of edge values, then random ones. */
  function fieldPairs(name: string, field: Field): Uint8Array[][] {
    const random = seeded(name);
    const order = name === "fr" ? FIELD_ORDER : BASE_ORDER;
    const edges = [0n, 1n, 2n, order - 1n, order - 2n, (order - 1n) / 2n, (1n << 253n) - 1n];
    const element = (value: bigint, other: bigint) =>
      name === "fq2" ? field.fromObject([value, other]) : field.fromObject(value);
    const pairs = edges.flatMap((a) => edges.map((b) => [element(a, b), element(b, a)]));
    while (pairs.length < FIELD_CASES) {
      const values = Array.from({ length: 4 }, () => random.below(order)) as [bigint, bigint, bigint, bigint];
      pairs.push([element(values[0], values[1]), element(values[2], values[3])]);
    }
    return pairs;
  }

  function curveCases(name: string, group: Group): { p: Uint8Array; q: Uint8Array; k: bigint }[] {
    const random = seeded(name);
    const g = group.oneAffine;
    const points = [group.zeroAffine, g, group.toAffine(group.neg(g)), group.toAffine(group.double(g))];
    const scalars = [0n, 1n, 2n, FIELD_ORDER - 1n];
    const cases = points.flatMap((p) => points.map((q, i) => ({ p, q, k: scalars[i]! })));
    const point = () => group.toAffine(group.timesScalar(g, random.field()));
    while (cases.length < CURVE_CASES) {
      const p = point();
      // Equal, negated, and others.
      const q = [p, group.toAffine(group.neg(p)), point(), point()][cases.length % 4]!;
      cases.push({ p, q, k: random.field() });
    }
    return cases;
  }

  type Sum = readonly [kind: string, scalars: bigint[], points: Uint8Array[]];

  /** Sums of so many terms: usual ones, and scalars and points that make buckets uneven or sums infinite. */
  function sums(name: string, group: Group, terms: number): Sum[] {
    const random = seeded(name);
    const fill = <T>(make: (i: number) => T): T[] => Array.from({ length: terms }, (_, i) => make(i));
    let last = group.timesScalar(group.oneAffine, random.field());
    const step = group.timesScalar(group.oneAffine, random.field());
    const points = fill(() => group.toAffine((last = group.add(last, step))));
    const scalars = fill(() => random.field());
    const same = random.field();
    const edges = [0n, 1n, FIELD_ORDER - 1n, 2n, 1n << 127n, FIELD_ORDER - 2n];
    const few = points.slice(0, 3);
    return [
      ["random", scalars, points],
      ["equal scalars", fill(() => same), points],
      ["zeros, ones, minus ones", fill((i) => edges[i % edges.length]!), points],
      ["bytes", fill(() => random.below(256n)), points],
      ["repeated points", scalars, fill((i) => few[i % few.length]!)],
      ["one point and one scalar", fill(() => same), fill(() => points[0]!)],
      ["points and their negatives", fill((i) => scalars[i - (i % 2)]!), fill((i) => negatedIfOdd(group, points, i))],
      ["some at infinity", scalars, points.map((point, i) => (i % 3 === 1 ? group.zeroAffine : point))],
    ];
  }

  const negatedIfOdd = (group: Group, points: readonly Uint8Array[], i: number) =>
    i % 2 === 0 ? points[i]! : group.toAffine(group.neg(points[i - 1]!));

  /** Compares each case's results of `size` bytes. */
  function expectResults<T>(
    size: number,
    actual: Uint8Array,
    cases: readonly T[],
    expected: (value: T) => Uint8Array[],
  ): void {
    let at = 0;
    for (const [number, value] of cases.entries()) {
      for (const [i, result] of expected(value).entries()) {
        const got = actual.subarray(at, (at += size));
        if (Buffer.compare(got, result) !== 0) expect(hex(got), `case ${number}, result ${i}`).to.equal(hex(result));
      }
    }
    expect(actual.length).to.equal(at);
  }
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const concatenated = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
/** A scalar as 32 bytes, little-endian. */
const plain = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
