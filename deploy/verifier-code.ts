import { getBytes, keccak256 } from "ethers";
import type { VerificationKey } from "snarkjs";
import { SheafError } from "../protocol/errors.ts";

const PUSH1 = 0x60;
const PUSH32 = 0x7f;

/**
 * Checks that runtime code is the compiled verifier, and that each coordinate of the key's points is among its constants.
 * The second does not rely on the generated source, or on what it was compiled to.
 *
 * @throws SheafError DEPLOY_VERIFIER_MISMATCH
 */
export function assertVerifierCode(name: string, code: string, compiledCode: string, key: VerificationKey): void {
  if (keccak256(code) !== keccak256(compiledCode)) {
    throw new SheafError("DEPLOY_VERIFIER_MISMATCH", `the code at ${name}'s address is not ${name}`);
  }
  const constants = pushedConstants(code);
  const missing = [...coordinatesOf(key)].filter(([, value]) => !constants.has(value)).map(([place]) => place);
  if (missing.length > 0) {
    throw new SheafError(
      "DEPLOY_VERIFIER_MISMATCH",
      `${name} was not made from this key: it lacks ${missing.join(", ")}`,
    );
  }
}

/** All integers that the code pushes onto the stack. */
function pushedConstants(code: string): ReadonlySet<bigint> {
  const bytes = getBytes(code);
  const constants = new Set<bigint>();
  for (let place = 0; place < bytes.length; place++) {
    const opcode = bytes[place]!;
    if (opcode < PUSH1 || opcode > PUSH32) continue;
    const end = place + 1 + opcode - PUSH1 + 1;
    constants.add(BigInt(`0x${Buffer.from(bytes.subarray(place + 1, end)).toString("hex") || "0"}`));
    place = end - 1;
  }
  return constants;
}

/** The affine coordinates of a key's points, by place. */
function coordinatesOf(key: VerificationKey): ReadonlyMap<string, bigint> {
  const coordinates = new Map<string, bigint>();
  const addG1 = (name: string, [x, y]: readonly string[]): void => {
    coordinates.set(`${name}.x`, BigInt(x!)).set(`${name}.y`, BigInt(y!));
  };
  const addG2 = (name: string, [x, y]: readonly (readonly string[])[]): void => {
    addG1(`${name}.x`, x!);
    addG1(`${name}.y`, y!);
  };
  addG1("alpha", key.vk_alpha_1);
  addG2("beta", key.vk_beta_2);
  addG2("gamma", key.vk_gamma_2);
  addG2("delta", key.vk_delta_2);
  key.IC.forEach((point, i) => addG1(`IC[${i}]`, point));
  return coordinates;
}
