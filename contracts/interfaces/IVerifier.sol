// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title Groth16 verifier of one circuit with three public signals, as snarkjs generates it
/// @dev snarkjs' template ends in an assembly `return`: inlined or inherited it would end the caller successfully, so it
/// must only ever be reached by an external call.
interface IVerifier {
    /// @param a The proof's A.
    /// @param b The proof's B, imaginary parts first.
    /// @param c The proof's C.
    /// @param publicSignals Of a batch `[c, y, alpha]`: commitment, value and point of the published words. Of an exit
    /// `[root, account, balance]`.
    /// @return Whether the proof is valid; false for a public signal that is not a field element.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata publicSignals
    ) external view returns (bool);
}
