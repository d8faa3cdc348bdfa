// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IExitVerifier} from "../interfaces/IExitVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title FOR TESTS ONLY: accepts every proof, so that anyone who may submit can take everything
contract AcceptAllVerifier is IVerifier, IExitVerifier {
    /// @inheritdoc IVerifier
    function verifyProof(
        uint256[2] calldata,
        uint256[2][2] calldata,
        uint256[2] calldata,
        uint256[4] calldata
    ) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IExitVerifier
    function verifyProof(
        uint256[2] calldata,
        uint256[2][2] calldata,
        uint256[2] calldata,
        uint256[3] calldata
    ) external pure returns (bool) {
        return true;
    }
}
