// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IJointVerifier} from "./interfaces/IJointVerifier.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {PackedBatchSize, PackedBatchSizes} from "./libraries/PackedBatchSize.sol";

/// @title The batch sizes of a rollup, fixed at deployment
/// @dev What a batch needs is in the code; the files' hashes are written once and only read from outside.
abstract contract BatchSizeTable is IRollup {
    uint256 private constant _MOST_SIZES = 6;

    /// @dev Rows for L1 operations in the size that has most.
    uint256 internal immutable _MOST_L1_OPERATIONS;

    /// @inheritdoc IRollup
    IJointVerifier public immutable jointVerifier;

    PackedBatchSize private immutable _SIZE_0;
    PackedBatchSize private immutable _SIZE_1;
    PackedBatchSize private immutable _SIZE_2;
    PackedBatchSize private immutable _SIZE_3;
    PackedBatchSize private immutable _SIZE_4;
    PackedBatchSize private immutable _SIZE_5;

    BatchSize[] private _sizes;

    constructor(BatchSize[] memory sizes, IJointVerifier jointVerifier_) {
        if (address(jointVerifier_).code.length == 0) revert NotAContract(address(jointVerifier_));
        jointVerifier = jointVerifier_;
        if (sizes.length == 0 || sizes.length > _MOST_SIZES) revert WrongNumberOfBatchSizes(sizes.length);
        PackedBatchSize[_MOST_SIZES] memory packed;
        uint256 most = 0;
        for (uint256 i = 0; i < sizes.length; ++i) {
            packed[i] = _pack(i, sizes[i]);
            if (sizes[i].l1Operations > most) most = sizes[i].l1Operations;
            _sizes.push(sizes[i]);
            emit BatchSizeRegistered(i, sizes[i]);
        }
        _MOST_L1_OPERATIONS = most;
        (_SIZE_0, _SIZE_1, _SIZE_2) = (packed[0], packed[1], packed[2]);
        (_SIZE_3, _SIZE_4, _SIZE_5) = (packed[3], packed[4], packed[5]);
    }

    /// @inheritdoc IRollup
    function batchSizeCount() external view returns (uint256) {
        return _sizes.length;
    }

    /// @inheritdoc IRollup
    function batchSize(uint256 size) external view returns (BatchSize memory) {
        if (size >= _sizes.length) revert UnknownBatchSize(size);
        return _sizes[size];
    }

    function _packedBatchSize(uint256 size) internal view returns (PackedBatchSize packed) {
        if (size == 0) packed = _SIZE_0;
        else if (size == 1) packed = _SIZE_1;
        else if (size == 2) packed = _SIZE_2;
        else if (size == 3) packed = _SIZE_3;
        else if (size == 4) packed = _SIZE_4;
        else if (size == 5) packed = _SIZE_5;
        if (PackedBatchSize.unwrap(packed) == 0) revert UnknownBatchSize(size);
    }

    function _pack(uint256 id, BatchSize memory size) private view returns (PackedBatchSize) {
        if (address(size.verifier).code.length == 0) revert NotAContract(address(size.verifier));
        // Two transfers share a word; a size without room for an L1 operation could not serve the queue.
        if (size.transfers % 2 != 0 || size.l1Operations == 0) revert InvalidBatchSize(id);
        return PackedBatchSizes.pack(size);
    }
}
