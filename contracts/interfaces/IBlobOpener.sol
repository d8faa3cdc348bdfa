// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Challenge} from "../libraries/Challenge.sol";
import {IRollup} from "./IRollup.sol";

/// @title Opener of blobs that transfers' words are in
interface IBlobOpener {
    /// @notice Evaluates the transaction's first blob at the point that its batches and the blob decide.
    /// @param batches As of `submitBatchesInBlob`, as `opening`.
    /// @return z The point.
    /// @return values Of each batch, the part of the blob's value there that its transfers' words have.
    function open(
        bytes calldata batches,
        bytes calldata opening
    ) external view returns (uint256 z, uint256[] memory values);

    /// @notice Evaluates the same words of a blob for two batches, each at a point that was unknown when its proof's commitment
    /// was made.
    /// @param evidence As of `freezeByContradictionInBlob`.
    function openSame(
        IRollup.ProvenBatch calldata one,
        IRollup.ProvenBatch calldata other,
        bytes calldata evidence
    ) external view returns (Challenge.Evaluation memory ofOne, Challenge.Evaluation memory ofOther);
}
