// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IExitVerifier} from "../interfaces/IExitVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title Calls of verifiers
library Groth16 {
    /// @param p The proof `[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]`, as snarkjs exports it.
    function verify(
        IVerifier verifier,
        uint256[8] calldata p,
        uint256[4] memory publicSignals
    ) internal view returns (bool) {
        return verifier.verifyProof([p[0], p[1]], [[p[2], p[3]], [p[4], p[5]]], [p[6], p[7]], publicSignals);
    }

    /// @param p As above.
    function verify(
        IExitVerifier verifier,
        uint256[8] calldata p,
        uint256[3] memory publicSignals
    ) internal view returns (bool) {
        return verifier.verifyProof([p[0], p[1]], [[p[2], p[3]], [p[4], p[5]]], [p[6], p[7]], publicSignals);
    }
}
