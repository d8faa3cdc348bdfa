// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {IRollup} from "../interfaces/IRollup.sol";

/// @dev verifier 160 | transfers 16 | l1Operations 16 | withdrawals 16, most significant first. 0 is no batch size.
type PackedBatchSize is uint256;

using PackedBatchSizes for PackedBatchSize global;

/// @title What a batch needs to know of its size, in the one word that an immutable holds
library PackedBatchSizes {
    function pack(IRollup.BatchSize memory size) internal pure returns (PackedBatchSize) {
        return
            PackedBatchSize.wrap(
                (uint256(uint160(address(size.verifier))) << 48) |
                    (uint256(size.transfers) << 32) |
                    (uint256(size.l1Operations) << 16) |
                    size.withdrawals
            );
    }

    function verifier(PackedBatchSize packed) internal pure returns (IVerifier) {
        return IVerifier(address(uint160(PackedBatchSize.unwrap(packed) >> 48)));
    }

    function transfers(PackedBatchSize packed) internal pure returns (uint256) {
        return uint16(PackedBatchSize.unwrap(packed) >> 32);
    }

    function l1Operations(PackedBatchSize packed) internal pure returns (uint256) {
        return uint16(PackedBatchSize.unwrap(packed) >> 16);
    }

    function withdrawals(PackedBatchSize packed) internal pure returns (uint256) {
        return uint16(PackedBatchSize.unwrap(packed));
    }
}
