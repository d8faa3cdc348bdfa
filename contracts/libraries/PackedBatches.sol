// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";

/// @title Reader of the batches of a call of `submitBatches`
/// @dev Their number 8, then of each, one behind the other and nothing behind the last:
///
///   size 8 | beneficiary 160 | refund addresses 8 | bytes of words 24 | proof 8 times 256 | c 256 | words | a refund address 160 …
///
/// There is one way to read it, where Solidity's encoding of a list lets its offsets point anywhere, backwards too: what L1
/// takes, each node must read. It is also 200 bytes a batch shorter.
library PackedBatches {
    uint256 private constant _FIRST = 1;
    uint256 private constant _PROOF = 25;
    uint256 private constant _C = _PROOF + 256;
    uint256 private constant _WORDS = _C + 32;

    struct Batch {
        uint256 size;
        address beneficiary;
        uint256 c;
        /// @dev Where its parts begin, and the next batch.
        uint256 proof;
        uint256 words;
        uint256 refundAddresses;
        uint256 end;
    }

    /// @return number How many batches there are.
    /// @return first Where the first one begins.
    function open(bytes calldata batches) internal pure returns (uint256 number, uint256 first) {
        number = batches.length == 0 ? 0 : uint8(batches[0]);
        if (number == 0) revert IRollup.NoBatches();
        first = _FIRST;
    }

    function batchAt(bytes calldata batches, uint256 at) internal pure returns (Batch memory batch) {
        batch.proof = at + _PROOF;
        batch.words = at + _WORDS;
        if (batch.words > batches.length) revert IRollup.WrongLength(batch.words, batches.length);
        uint256 head = _word(batches, at);
        batch.size = head >> 248;
        batch.beneficiary = address(uint160(head >> 88));
        batch.c = _word(batches, at + _C);
        batch.refundAddresses = batch.words + uint24(head >> 56);
        // A product with a literal would have the count's own type, and overflow from 13 on.
        batch.end = batch.refundAddresses + 20 * uint256(uint8(head >> 80));
        if (batch.end > batches.length) revert IRollup.WrongLength(batch.end, batches.length);
    }

    /// @notice A batch's proof; `batchAt` has seen that it is there.
    function proofOf(bytes calldata batches, Batch memory batch) internal pure returns (uint256[8] calldata proof) {
        uint256 at = batch.proof;
        assembly ("memory-safe") {
            proof := add(batches.offset, at)
        }
    }

    function wordsOf(bytes calldata batches, Batch memory batch) internal pure returns (bytes calldata) {
        return batches[batch.words:batch.refundAddresses];
    }

    function refundAddressesOf(
        bytes calldata batches,
        Batch memory batch
    ) internal pure returns (address[] memory refundAddresses) {
        refundAddresses = new address[]((batch.end - batch.refundAddresses) / 20);
        for (uint256 i = 0; i < refundAddresses.length; ++i) {
            refundAddresses[i] = address(uint160(_word(batches, batch.refundAddresses + 20 * i) >> 96));
        }
    }

    /// @dev Bytes behind the end are 0.
    function _word(bytes calldata batches, uint256 at) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(batches.offset, at))
        }
    }
}
