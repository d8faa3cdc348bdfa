// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IExitVerifier} from "../interfaces/IExitVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title FOR TESTS ONLY: accepts one proof with one list of public signals, named before
contract ExpectingVerifier is IVerifier, IExitVerifier {
    bytes32 private _expected;

    function expect(uint256[8] calldata proof, uint256[] calldata publicSignals) external {
        _expected = keccak256(abi.encodePacked(proof, publicSignals));
    }

    /// @inheritdoc IVerifier
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[4] calldata publicSignals
    ) external view returns (bool) {
        return keccak256(abi.encodePacked(a, b[0], b[1], c, publicSignals)) == _expected;
    }

    /// @inheritdoc IExitVerifier
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata publicSignals
    ) external view returns (bool) {
        return keccak256(abi.encodePacked(a, b[0], b[1], c, publicSignals)) == _expected;
    }
}
