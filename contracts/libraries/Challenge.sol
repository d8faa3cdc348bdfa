// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// The linter does not look for uses in assembly.
// solhint-disable no-unused-import

import {
    DOMAIN_OFFSET,
    FIELD_ORDER,
    L1_OPERATIONS_OFFSET,
    L1_OPERATION_AMOUNT_OFFSET,
    L1_OPERATION_BYTES,
    L1_OPERATION_KEY_OFFSET,
    NEW_ROOT_OFFSET,
    NUMBERS_OFFSET,
    OLD_ROOT_OFFSET
} from "../generated/Constants.sol";

/// @title The random point at which a batch's circuit and its published words must agree
library Challenge {
    /// @return The batch's digest; `alpha` is this modulo the field's order.
    function digest(uint256 c, bytes calldata words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(c, words.length, words));
    }

    /// @notice `sum word_k * alpha^k` over the published words, by Horner's rule from the last word to the first.
    /// @dev The caller must reject roots and keys that are no field elements, before or after. Then a word and a remainder
    /// are both below 2^254, so that their sum needs no reduction before the next product.
    /// @param l1Operations Rows for L1 operations of the batch's size, used or not.
    /// @return y The value, below the field's order.
    function evaluate(bytes calldata words, uint256 l1Operations, uint256 alpha) internal pure returns (uint256 y) {
        assembly ("memory-safe") {
            // A word of 31 bytes is read with the byte behind it, which the shift drops.
            // Withdrawals and transfers have such words throughout: eight a round.
            let rows := add(words.offset, L1_OPERATIONS_OFFSET)
            let row := add(rows, mul(l1Operations, L1_OPERATION_BYTES))
            let next := add(words.offset, words.length)
            for {} iszero(lt(sub(next, row), 248)) {} {
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
            for {} gt(next, row) {} {
                next := sub(next, 31)
                y := add(mulmod(y, alpha, FIELD_ORDER), shr(8, calldataload(next)))
            }

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
