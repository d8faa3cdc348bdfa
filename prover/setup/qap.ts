import { littleEndian } from "../../lib/little-endian.ts";
import { Fr } from "../../protocol/field.ts";
import type { R1csFile } from "../files/r1cs.ts";
import { visitTerms } from "../files/r1cs.ts";
import type { GroupName } from "./curve-memory.ts";
import { CurveMemory, SCALAR_BYTES } from "./curve-memory.ts";
import type { CurveModule } from "./curve-module.ts";
import { layoutOf, scalarsIn } from "./key-layout.ts";
import { lagrangeAt, lagrangeFactor, putElement } from "./lagrange.ts";
import type { Trapdoor } from "./trapdoor.ts";

/**
 * Every scalar that a key's points are multiples of, in the order of `layoutOf`: 32 bytes each, little-endian.
 * As secret as the trapdoor: overwrite them when the points are computed.
 */
export type KeyScalars = Readonly<Record<GroupName, SharedArrayBuffer>>;

/**
 * Evaluates the circuit's QAP at tau in the field (Groth, https://eprint.iacr.org/2016/260, section 3.2): one
 * multiplication a non-zero coefficient. Its working memory is overwritten before it returns.
 *
 * With L_c the Lagrange polynomials of the domain, A_s is the sum of a_cs·L_c(tau) over the constraints c, B_s and C_s
 * likewise; K_s = beta·A_s + alpha·B_s + C_s, divided by delta for private wires. H are the odd Lagrange polynomials of
 * the domain of twice the size, at tau, divided by delta: snarkjs evaluates the quotient there.
 */
export function evaluateQap(curve: CurveModule, file: R1csFile, trapdoor: Trapdoor): KeyScalars {
  const layout = layoutOf(file);
  const scalars = {
    G1: new SharedArrayBuffer(layout.count.G1 * SCALAR_BYTES),
    G2: new SharedArrayBuffer(layout.count.G2 * SCALAR_BYTES),
  };
  const { alpha, beta, delta } = trapdoor;
  const memory = new CurveMemory(curve.module);
  const start = memory.allocate(0);
  try {
    const [A, B, K] = evaluateWires(curve, memory, file, trapdoor);
    const wires = file.wires * SCALAR_BYTES;
    scalarsIn(scalars.G1, layout.G1.alpha).set(littleEndian(alpha));
    scalarsIn(scalars.G1, layout.G1.beta).set(littleEndian(beta));
    scalarsIn(scalars.G1, layout.G1.delta).set(littleEndian(delta));
    scalarsIn(scalars.G1, [layout.G1.IC[0], file.wires]).set(memory.read(K, wires));
    scalarsIn(scalars.G1, layout.G1.A).set(memory.read(A, wires));
    scalarsIn(scalars.G1, layout.G1.B1).set(memory.read(B, wires));
    const H = evaluateQuotient(curve, memory, layout.domainPower, trapdoor);
    scalarsIn(scalars.G1, layout.G1.H).set(memory.read(H, layout.G1.H[1] * SCALAR_BYTES));
    scalarsIn(scalars.G2, layout.G2.beta).set(littleEndian(beta));
    scalarsIn(scalars.G2, layout.G2.gamma).set(littleEndian(1n));
    scalarsIn(scalars.G2, layout.G2.delta).set(littleEndian(delta));
    scalarsIn(scalars.G2, layout.G2.B2).set(memory.read(B, wires));
    return scalars;
  } finally {
    memory.wipe(start);
  }
}

/** @returns addresses of A_s, B_s and K_s for each wire s, as plain numbers */
function evaluateWires(
  curve: CurveModule,
  memory: CurveMemory,
  file: R1csFile,
  { tau, alpha, beta, delta }: Trapdoor,
): [A: number, B: number, K: number] {
  const mul = memory.kernel("frm_mul");
  const add = memory.kernel("frm_add");
  const { domainPower } = layoutOf(file);
  const domain = { shift: 1n, root: curve.root(domainPower), count: 2 ** domainPower };
  const lagrange = lagrangeAt(memory, tau, lagrangeFactor(tau, domain.count), domain);

  const coefficients = memory.allocate(file.bytes.length);
  const [A, B, K] = [0, 0, 0].map(() => memory.allocate(file.wires * SCALAR_BYTES)) as [number, number, number];
  const sums = [A, B, K] as const;
  const product = memory.allocate(SCALAR_BYTES);
  const one = memory.allocate(SCALAR_BYTES);
  const alphaAt = putElement(memory, alpha);
  const betaAt = putElement(memory, beta);
  const inverseDelta = putElement(memory, Fr.inv(delta));
  memory.read(coefficients, file.bytes.length).set(file.bytes);
  memory.read(one, SCALAR_BYTES).set(littleEndian(1n));
  const addProduct = (a: number, b: number, sum: number): void => {
    mul(a, b, product);
    add(sum, product, sum);
  };

  // Plain coefficients times L_c(tau) in Montgomery form are plain.
  visitTerms(file, (matrix, constraint, wire, coefficient) => {
    addProduct(coefficients + coefficient, lagrange + constraint * SCALAR_BYTES, sums[matrix] + wire * SCALAR_BYTES);
  });
  for (let wire = 0; wire <= file.publicSignals; wire++) {
    addProduct(one, lagrange + (file.constraints + wire) * SCALAR_BYTES, A + wire * SCALAR_BYTES);
  }
  for (let wire = 0; wire < file.wires; wire++) {
    const at = wire * SCALAR_BYTES;
    addProduct(A + at, betaAt, K + at);
    addProduct(B + at, alphaAt, K + at);
    if (wire > file.publicSignals) mul(K + at, inverseDelta, K + at);
  }
  return [A, B, K];
}

/** @returns the address of H_i = L_(2i+1)(tau) / delta over the domain of twice the size, as plain numbers */
function evaluateQuotient(curve: CurveModule, memory: CurveMemory, domainPower: number, trapdoor: Trapdoor): number {
  const { tau, delta } = trapdoor;
  const count = 2 ** domainPower;
  const factor = Fr.div(lagrangeFactor(tau, 2 * count), delta);
  const odd = { shift: curve.root(domainPower + 1), root: curve.root(domainPower), count };
  const H = lagrangeAt(memory, tau, factor, odd);
  memory.kernel("frm_batchFromMontgomery")(H, count, H);
  return H;
}
