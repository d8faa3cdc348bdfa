import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PointG1, PointG2, VerificationKey } from "snarkjs";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { writeWhole } from "../files/whole-files.ts";
import { BASE_FIELD_ORDER } from "../setup/orders.ts";
import type { KeyArtifacts, SetupKind } from "./key-cache.ts";
import { STATEMENT, verifierName, type VerifierSource } from "./verifier.ts";

/** A circuit whose proofs a joint verifier takes, with its key. */
export interface JointCircuit {
  readonly name: string;
  readonly key: Pick<KeyArtifacts, "setup" | "hash" | "verificationKey">;
}

/** Name of the contract that verifies proofs of these circuits together: `DevelopmentVerifierJointBatch4Batch16`. */
export function jointVerifierName(circuits: readonly JointCircuit[]): string {
  return verifierName(["joint", ...circuits.map(({ name }) => name)].join("-"), setupOf(circuits));
}

/** One key that anybody can forge proofs by is enough to forge all. */
const setupOf = (circuits: readonly JointCircuit[]): SetupKind =>
  circuits.every(({ key }) => key.setup === "production") ? "production" : "development-INSECURE";

/**
 * Writes the Solidity verifier of many proofs of these circuits, by one product of pairings, to `<folder>/<contract
 * name>.sol`. A circuit's place in the list is the id of its key. docs/contracts.md has the argument.
 *
 * @throws SheafError KEY_MALFORMED
 */
export async function writeJointVerifier(circuits: readonly JointCircuit[], folder: string): Promise<VerifierSource> {
  const contractName = jointVerifierName(circuits);
  const path = join(folder, `${contractName}.sol`);
  const source = jointVerifier(contractName, circuits);
  if ((await readFile(path, "utf8").catch(() => undefined)) !== source) await writeWhole(path, source);
  return { contractName, path };
}

/** Keys that come from one powers of tau, by their ids: they share alpha and beta. */
type Group = readonly [first: number, ...rest: number[]];

/** @throws SheafError KEY_MALFORMED */
export function jointVerifier(contractName: string, circuits: readonly JointCircuit[]): string {
  const keys = circuits.map(({ key }) => key.verificationKey);
  const [first] = keys;
  if (first === undefined) throw new Error("a joint verifier of no circuits");
  for (const [id, { nPublic, vk_gamma_2: gamma }] of keys.entries()) {
    if (nPublic === first.nPublic && quoted2(gamma) === quoted2(first.vk_gamma_2)) continue;
    const what = `the keys of ${circuits[0]!.name} and ${circuits[id]!.name}`;
    throw new SheafError("KEY_MALFORMED", `${what} differ in the number of public signals, or in gamma`);
  }
  const groups = groupsOf(keys);
  const signals = Array.from({ length: first.nPublic }, (_, m) => m);
  return `// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title Groth16 verifier of many proofs at once: of ${circuits.map(({ name }) => name).join(", ")}
/// @notice Generated from the circuits' verification keys. For proofs i of keys j, r_0 = 1, r_i from all the calldata:
///
///   prod_i e(-r_i A_i, B_i) * prod_beta e(sum_i r_i alpha, beta) * e(sum_i r_i X_i, gamma) * prod_j e(sum_(i of j) r_i C_i, delta_j) = 1
///
/// where X_i = IC_0 + sum_m x_im IC_m. Keys of one powers of tau share alpha and beta. ECMUL checks that A and C are on the
/// curve, ECADD or the pairing that the first ones are; the pairing checks that each B is, and in the subgroup.
contract ${contractName} {
    string public constant SETUP = "${STATEMENT[setupOf(circuits)]}";

    /// @param key Id of the proof's key.
    /// @param proof \`[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]\`, as snarkjs exports it.
    struct Statement {
        uint256 key;
        uint256[8] proof;
        uint256[${first.nPublic}] publicSignals;
    }

    /// @dev What the proofs of a key add up to, each times its coefficient.
    struct Sums {
        uint256 coefficients;
        uint256[${first.nPublic}] publicSignals;
        uint256[2] c;
    }

    /// @dev Orders of the field that the curve is defined over, and of its group.
    uint256 private constant Q = ${BASE_FIELD_ORDER};
    uint256 private constant R = ${FIELD_ORDER};
    uint256 private constant KEYS = ${keys.length};

    /// @notice SHA-256 of a proving key's file.
    function keyHash(uint256 key) external pure returns (bytes32) {
        return [${circuits.map(({ key }) => `bytes32(0x${key.hash})`).join(", ")}][key];
    }

    /// @return Whether all the proofs are valid. False for none at all, for keys that do not exist, and for numbers that
    /// are not below their field's order.
    function verifyProofs(Statement[] calldata statements) external view returns (bool) {
        uint256 count = statements.length;
        if (count == 0) return false;
        // All that is free is in it: ids of keys, proofs, public signals.
        bytes32 seed = keccak256(msg.data);
        Sums[KEYS] memory sums;
        uint256[] memory pairs = new uint256[](6 * (count + ${1 + keys.length + groups.length}));
        uint256 used = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = statements[i].key;
            if (key >= KEYS) return false;
            used |= 1 << key;
            if (!_take(statements[i], i, seed, sums[key], pairs)) return false;
        }

        uint256[2] memory point;
${keys.map((key, id) => inputsOf(key, id, circuits[id]!.name)).join("")}        uint256 next = _put(pairs, count, point, ${quoted2(first.vk_gamma_2)});
${keys.map(({ vk_delta_2: delta }, id) => `        if ((used >> ${id}) & 1 == 1) next = _put(pairs, next, sums[${id}].c, ${quoted2(delta)});\n`).join("")}${groups.map((group) => alphaOf(group, keys)).join("")}        return _isOne(pairs, next);
    }

    /// @dev Takes the proof at a place into its key's sums and, as (-r A, B), into the pairs. A precompile that fails has
    /// taken all the gas but a 64th, so that nothing may follow.
    function _take(
        Statement calldata statement,
        uint256 i,
        bytes32 seed,
        Sums memory sums,
        uint256[] memory pairs
    ) private view returns (bool) {
        uint256[8] calldata proof = statement.proof;
        uint256[2] memory a;
        uint256 r = 1;
        if (i == 0) {
            if (proof[1] >= Q) return false;
            (a[0], a[1]) = (proof[0], proof[1] == 0 ? 0 : Q - proof[1]);
            (sums.c[0], sums.c[1]) = (proof[6], proof[7]);
        } else {
            r = uint256(keccak256(abi.encode(seed, i))) % R;
            if (!_multiply(a, proof[0], proof[1], R - r)) return false;
            if (!_addMultiple(sums.c, proof[6], proof[7], r)) return false;
        }
        _put(pairs, i, a, proof[2], proof[3], proof[4], proof[5]);
        sums.coefficients = addmod(sums.coefficients, r, R);
${signals.map(takenSignal).join("")}        return true;
    }

    /// @dev \`point = scalar * (x, y)\`.
    function _multiply(uint256[2] memory point, uint256 x, uint256 y, uint256 scalar) private view returns (bool ok) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, x)
            mstore(add(free, 32), y)
            mstore(add(free, 64), scalar)
            ok := staticcall(gas(), 7, free, 96, point, 64)
        }
    }

    /// @dev \`sum += scalar * (x, y)\`.
    function _addMultiple(uint256[2] memory sum, uint256 x, uint256 y, uint256 scalar) private view returns (bool ok) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, x)
            mstore(add(free, 32), y)
            mstore(add(free, 64), scalar)
            ok := staticcall(gas(), 7, free, 96, free, 64)
            if ok {
                mcopy(add(free, 64), sum, 64)
                ok := staticcall(gas(), 6, free, 128, sum, 64)
            }
        }
    }

    /// @dev Puts a point of each group in a place of the pairs.
    /// @return The next place.
    function _put(
        uint256[] memory pairs,
        uint256 place,
        uint256[2] memory p,
        uint256 x1,
        uint256 x0,
        uint256 y1,
        uint256 y0
    ) private pure returns (uint256) {
        assembly ("memory-safe") {
            let to := add(add(pairs, 32), mul(place, 192))
            mcopy(to, p, 64)
            mstore(add(to, 64), x1)
            mstore(add(to, 96), x0)
            mstore(add(to, 128), y1)
            mstore(add(to, 160), y0)
        }
        return place + 1;
    }

    /// @dev Whether the product of the pairings of so many pairs is 1.
    function _isOne(uint256[] memory pairs, uint256 count) private view returns (bool ok) {
        assembly ("memory-safe") {
            ok := staticcall(gas(), 8, add(pairs, 32), mul(count, 192), 0, 32)
            ok := and(ok, eq(mload(0), 1))
        }
    }
}
`;
}

/** Adds the public inputs of a key's proofs: their sums times the key's points. */
function inputsOf({ IC }: VerificationKey, id: number, name: string): string {
  const lines = IC.map((point, m) => {
    const scalar = m === 0 ? "coefficients" : `publicSignals[${m - 1}]`;
    return `            if (!_addMultiple(point, ${quoted1(point)}, sums[${id}].${scalar})) return false;\n`;
  });
  return `        // ${name}
        if ((used >> ${id}) & 1 == 1) {
${lines.join("")}        }
`;
}

/** The pair of alpha and beta of keys that share them. */
function alphaOf(group: Group, keys: readonly VerificationKey[]): string {
  const { vk_alpha_1: alpha, vk_beta_2: beta } = keys[group[0]]!;
  const scalar = group
    .map((id) => `sums[${id}].coefficients`)
    .reduce((sum, coefficients) => `addmod(${sum}, ${coefficients}, R)`);
  const mask = group.reduce((bits, id) => bits | (1 << id), 0);
  return `        if (used & ${mask} != 0) {
            if (!_multiply(point, ${quoted1(alpha)}, ${scalar})) return false;
            next = _put(pairs, next, point, ${quoted2(beta)});
        }
`;
}

const takenSignal = (m: number): string => `        {
            uint256 signal = statement.publicSignals[${m}];
            if (signal >= R) return false;
            sums.publicSignals[${m}] = addmod(sums.publicSignals[${m}], mulmod(r, signal, R), R);
        }
`;

/** Taken from the keys, not from what anybody says of them. */
function groupsOf(keys: readonly VerificationKey[]): readonly Group[] {
  const groups = new Map<string, [number, ...number[]]>();
  for (const [id, { vk_alpha_1: alpha, vk_beta_2: beta }] of keys.entries()) {
    const name = `${quoted1(alpha)} ${quoted2(beta)}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [id]);
    else group.push(id);
  }
  return [...groups.values()];
}

const quoted1 = ([x, y]: PointG1): string => [x, y].map(BigInt).join(", ");
/** Imaginary parts first, as EIP-197 has it. */
const quoted2 = ([x, y]: PointG2): string => [x[1], x[0], y[1], y[0]].map(BigInt).join(", ");
