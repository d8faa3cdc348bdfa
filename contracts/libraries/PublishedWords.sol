// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {
    AMOUNT_BITS,
    DOMAIN_OFFSET,
    L1_OPERATIONS_OFFSET,
    L1_OPERATION_AMOUNT_OFFSET,
    L1_OPERATION_BYTES,
    L1_OPERATION_INDEX_SHIFT,
    L1_OPERATION_KEY_OFFSET,
    L1_OPERATION_KIND_SHIFT,
    L1_OPERATION_TOKEN_SHIFT,
    L1_OPERATION_WORD_BITS,
    NEW_ROOT_OFFSET,
    NUMBERS_BATCH_NUMBER_SHIFT,
    NUMBERS_L1_OPERATIONS_SHIFT,
    NUMBERS_OFFSET,
    NUMBERS_TIMESTAMP_SHIFT,
    NUMBERS_TOKEN_SHIFT,
    NUMBERS_TRANSFERS_SHIFT,
    NUMBERS_WITHDRAWALS_SHIFT,
    NUMBERS_BLOB_SHIFT,
    NUMBERS_WORD_BITS,
    OLD_ROOT_OFFSET,
    TRANSFERS_BYTES,
    WITHDRAWAL_AMOUNT_OFFSET,
    WITHDRAWAL_BYTES,
    WITHDRAWAL_WORD_BITS
} from "../generated/Constants.sol";
import {IRollup} from "../interfaces/IRollup.sol";

/// @title Reader of a batch's published words
/// @dev The proof fixes every word below; that no bit is left over beside its parts is checked here once more, because
/// what is settled must be what was proven.
library PublishedWords {
    struct Header {
        uint256 domain;
        uint256 oldRoot;
        uint256 newRoot;
        uint256 batchNumber;
        uint256 timestamp;
        uint16 token;
        /// @dev Whether the transfers' words are in a blob, and not among these.
        bool inBlob;
        uint256 l1Operations;
        uint256 withdrawals;
        uint256 transfers;
    }

    struct L1Operation {
        uint8 kind;
        uint32 index;
        uint16 token;
        address l1Address;
        uint256 pubKeyY;
        uint128 amount;
    }

    /// @notice Opens the header. What it says stands only once the words' length was compared with `length`, which is
    /// never shorter than a header.
    function header(bytes calldata words) internal pure returns (Header memory h) {
        h.domain = _word(words, DOMAIN_OFFSET, 248);
        h.oldRoot = wideWord(words, OLD_ROOT_OFFSET);
        h.newRoot = wideWord(words, NEW_ROOT_OFFSET);
        uint256 numbers = _word(words, NUMBERS_OFFSET, NUMBERS_WORD_BITS);
        h.batchNumber = uint32(numbers >> NUMBERS_BATCH_NUMBER_SHIFT);
        h.timestamp = uint40(numbers >> NUMBERS_TIMESTAMP_SHIFT);
        h.token = uint16(numbers >> NUMBERS_TOKEN_SHIFT);
        h.l1Operations = uint16(numbers >> NUMBERS_L1_OPERATIONS_SHIFT);
        h.withdrawals = uint16(numbers >> NUMBERS_WITHDRAWALS_SHIFT);
        h.transfers = uint16(numbers >> NUMBERS_TRANSFERS_SHIFT);
        h.inBlob = numbers >> NUMBERS_BLOB_SHIFT != 0;
    }

    /// @notice Length in bytes of the words of a batch with this header: no row that is not in use is published, and no
    /// transfer that is in a blob.
    function length(Header memory h) internal pure returns (uint256) {
        uint256 kept = withdrawalOffset(h.l1Operations, h.withdrawals);
        return h.inBlob ? kept : kept + TRANSFERS_BYTES * transferWords(h.transfers);
    }

    /// @notice Words of so many transfers, two a word.
    function transferWords(uint256 transfers) internal pure returns (uint256) {
        return (transfers + 1) / 2;
    }

    function l1Operation(bytes calldata words, uint256 offset) internal pure returns (L1Operation memory operation) {
        uint256 word = _word(words, offset, L1_OPERATION_WORD_BITS);
        operation.kind = uint8(word >> L1_OPERATION_KIND_SHIFT);
        operation.index = uint32(word >> L1_OPERATION_INDEX_SHIFT);
        operation.token = uint16(word >> L1_OPERATION_TOKEN_SHIFT);
        operation.l1Address = address(uint160(word));
        operation.pubKeyY = wideWord(words, offset + L1_OPERATION_KEY_OFFSET);
        operation.amount = uint128(_word(words, offset + L1_OPERATION_AMOUNT_OFFSET, AMOUNT_BITS));
    }

    function withdrawal(
        bytes calldata words,
        uint256 offset
    ) internal pure returns (address l1Address, uint128 amount) {
        l1Address = address(uint160(_word(words, offset, WITHDRAWAL_WORD_BITS)));
        amount = uint128(_word(words, offset + WITHDRAWAL_AMOUNT_OFFSET, AMOUNT_BITS));
    }

    /// @notice Whether two batches' words, of a header's length at least, are the same outside of the new root.
    function sameButNewRoot(bytes calldata one, bytes calldata other) internal pure returns (bool) {
        return
            keccak256(one[:NEW_ROOT_OFFSET]) == keccak256(other[:NEW_ROOT_OFFSET]) &&
            keccak256(one[NUMBERS_OFFSET:]) == keccak256(other[NUMBERS_OFFSET:]);
    }

    function l1OperationOffset(uint256 row) internal pure returns (uint256) {
        return L1_OPERATIONS_OFFSET + row * L1_OPERATION_BYTES;
    }

    /// @param l1Operations How many of them stand before the withdrawals.
    function withdrawalOffset(uint256 l1Operations, uint256 row) internal pure returns (uint256) {
        return l1OperationOffset(l1Operations) + row * WITHDRAWAL_BYTES;
    }

    function wideWord(bytes calldata words, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(words.offset, offset))
        }
    }

    /// @dev The 32nd byte read may lie beyond the words; the shift drops it.
    function _word(bytes calldata words, uint256 offset, uint256 bits) private pure returns (uint256 value) {
        value = wideWord(words, offset) >> 8;
        if (value >> bits != 0) revert IRollup.MalformedWord(offset);
    }
}
