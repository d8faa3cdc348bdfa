// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title Groth16 verifier of many proofs at once, of several circuits, as `prover/artifacts/joint-verifier.ts` generates it
interface IJointVerifier {
    /// @notice A proof with what it is to show.
    /// @param key Id of the key: of a batch, its size's id.
    /// @param proof `[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]`, as snarkjs exports it.
    /// @param publicSignals `[c, y, alpha, z]`: commitment, value and point of the published words, and where a blob is evaluated.
    struct Statement {
        uint256 key;
        uint256[8] proof;
        uint256[4] publicSignals;
    }

    /// @return Whether all the proofs are valid. False for none at all, for keys that do not exist, and for numbers that are
    /// not below their field's order.
    function verifyProofs(Statement[] calldata statements) external view returns (bool);
}
