// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title Groth16 verifier of one size's batch circuit, as snarkjs generates it
/// @dev snarkjs' template ends in an assembly `return`: inlined or inherited it would end the caller successfully, so it
/// must only ever be reached by an external call.
interface IVerifier {
    /// @param a The proof's A.
    /// @param b The proof's B, imaginary parts first.
    /// @param c The proof's C.
    /// @param publicSignals `[c, y, alpha, z]`: commitment, value and point of the published words, and the point at which
    /// the transfers in a blob are evaluated, or 0.
    /// @return Whether the proof is valid; false for a public signal that is not a field element.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[4] calldata publicSignals
    ) external view returns (bool);
}
