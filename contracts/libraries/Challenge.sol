// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// The linter does not look for uses in assembly.
// solhint-disable no-unused-import

import {
    DOMAIN_OFFSET,
    EVALUATION_WORD_BITS,
    FIELD_ORDER,
    L1_OPERATIONS_OFFSET,
    L1_OPERATION_AMOUNT_OFFSET,
    L1_OPERATION_BYTES,
    L1_OPERATION_KEY_OFFSET,
    L1_OPERATION_WORDS,
    NEW_ROOT_OFFSET,
    NUMBERS_OFFSET,
    OLD_ROOT_OFFSET,
    WITHDRAWAL_WORDS
} from "../generated/Constants.sol";
import {PackedBatchSize} from "./PackedBatchSize.sol";
import {PublishedWords} from "./PublishedWords.sol";

/// @title The random point at which a batch's circuit and its published words must agree
library Challenge {
    /// @dev Where the transfers' words are, if they are in a blob: then its polynomial was evaluated at `z`, and `value` is
    /// this batch's part.
    struct Evaluation {
        bool inBlob;
        uint256 z;
        uint256 value;
    }

    /// @param beneficiary Whom the proof is good for: with another one the challenge is another.
    /// @return What the batch says in calldata, hashed.
    function digest(uint256 c, address beneficiary, bytes calldata words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(c, beneficiary, words.length, words));
    }

    /// @return The batch's seal; `alpha` is this modulo the field's order. Hashes the digest, and what a blob adds to it.
    function seal(bytes32 digest_, Evaluation memory evaluation) internal pure returns (bytes32) {
        if (!evaluation.inBlob) return digest_;
        return keccak256(abi.encodePacked(digest_, evaluation.z, evaluation.value));
    }

    /// @notice Where a blob is evaluated: all that its batches say in calldata, and the blob itself, were fixed before.
    function blobPoint(bytes32 versionedHash, bytes32[] memory digests) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(versionedHash, digests))) >> 6;
    }

    /// @notice `sum word_k * alpha^k` over the words as they stand in the size's circuit, by Horner's rule from the last to the
    /// first. There the words of a row that is not in use are 0, those of a blob's evaluation where there is no blob, and
    /// those of transfers that are in one: these are not published, and only move the sum on.
    /// @dev The caller must reject roots and keys that are no field elements, before or after. Then a word and a remainder
    /// are both below 2^254, so that their sum needs no reduction before the next product.
    /// @param header The words' header, with counts within the size's and of the words' length.
    /// @param value Of the transfers' polynomial, where they are in a blob; else 0.
    /// @return y The sum, below the field's order.
    function evaluate(
        bytes calldata words,
        PublishedWords.Header memory header,
        PackedBatchSize rows,
        uint256 alpha,
        uint256 value
    ) internal pure returns (uint256 y) {
        uint256 withdrawals = PublishedWords.withdrawalOffset(header.l1Operations, 0);
        uint256 transfers = PublishedWords.withdrawalOffset(header.l1Operations, header.withdrawals);
        y = _narrowWords(0, words, transfers, words.length, alpha);
        y = _evaluation(y, value, alpha);
        y = _movedOn(y, WITHDRAWAL_WORDS * (rows.withdrawals() - header.withdrawals), alpha);
        y = _narrowWords(y, words, withdrawals, transfers, alpha);
        y = _movedOn(y, L1_OPERATION_WORDS * (rows.l1Operations() - header.l1Operations), alpha);
        y = _headerAndL1Operations(y, words, withdrawals, alpha);
    }

    /// @dev Adds the words of 31 bytes in `[from, to)` below `sum`: withdrawals and transfers have no others.
    function _narrowWords(
        uint256 sum,
        bytes calldata words,
        uint256 from,
        uint256 to,
        uint256 alpha
    ) private pure returns (uint256 y) {
        assembly ("memory-safe") {
            y := sum
            let first := add(words.offset, from)
            let next := add(words.offset, to)
            // A word is read with the byte behind it, which the shift drops. Eight a round.
            for {} iszero(lt(sub(next, first), 248)) {} {
                next := sub(next, 248)
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 217))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 186))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 155))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 124))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 93))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 62))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(next, 31))))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(next)))
            }
            for {} gt(next, first) {} {
                next := sub(next, 31)
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(next)))
            }
        }
    }

    /// @dev Adds the three words of an evaluation below `sum`.
    function _evaluation(uint256 sum, uint256 value, uint256 alpha) private pure returns (uint256 y) {
        assembly ("memory-safe") {
            let below := sub(shl(EVALUATION_WORD_BITS, 1), 1)
            let middle := shr(EVALUATION_WORD_BITS, value)
            y := add(mulmod(sum, alpha, FIELD_ORDER), shr(EVALUATION_WORD_BITS, middle))
            y := add(mulmod(y, alpha, FIELD_ORDER), and(middle, below))
            y := add(mulmod(y, alpha, FIELD_ORDER), and(value, below))
        }
    }

    /// @dev Adds so many words of 0 below `sum`.
    function _movedOn(uint256 sum, uint256 count, uint256 alpha) private pure returns (uint256 y) {
        assembly ("memory-safe") {
            y := sum
            for {} count {} {
                y := mulmod(y, alpha, FIELD_ORDER)
                count := sub(count, 1)
            }
        }
    }

    /// @dev Adds all words in front of `end` below `sum`: the L1 operations' and the header's.
    function _headerAndL1Operations(
        uint256 sum,
        bytes calldata words,
        uint256 end,
        uint256 alpha
    ) private pure returns (uint256 y) {
        assembly ("memory-safe") {
            y := sum
            let rows := add(words.offset, L1_OPERATIONS_OFFSET)
            let row := add(words.offset, end)
            for {} gt(row, rows) {} {
                row := sub(row, L1_OPERATION_BYTES)
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(row, L1_OPERATION_AMOUNT_OFFSET))))
                y := add(mulmod(y, alpha, FIELD_ORDER), calldataload(add(row, L1_OPERATION_KEY_OFFSET)))
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(row)))
            }

            y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(words.offset, NUMBERS_OFFSET))))
            y := add(mulmod(y, alpha, FIELD_ORDER), calldataload(add(words.offset, NEW_ROOT_OFFSET)))
            y := add(mulmod(y, alpha, FIELD_ORDER), calldataload(add(words.offset, OLD_ROOT_OFFSET)))
            y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(add(words.offset, DOMAIN_OFFSET))))
            y := mod(y, FIELD_ORDER)
        }
    }
}
