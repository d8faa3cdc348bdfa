// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title Groth16 verifier of the exit circuit, as snarkjs generates it
/// @dev To be called as `IVerifier` is.
interface IExitVerifier {
    /// @param a The proof's A.
    /// @param b The proof's B, imaginary parts first.
    /// @param c The proof's C.
    /// @param publicSignals `[root, account, balance]`.
    /// @return Whether the proof is valid; false for a public signal that is not a field element.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata publicSignals
    ) external view returns (bool);
}
