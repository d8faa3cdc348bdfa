// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

/// @title What L1 asks of the rollup, in order
/// @notice One storage slot an operation: the hash of the whole queue up to it (27 bytes), and its deadline (5 bytes).
/// So any prefix can be checked against one slot, without a loop over the queue.
library L1Queue {
    struct Operation {
        uint8 kind;
        /// Of a forced withdrawal; 0 for a deposit, whose index the operator chooses.
        uint32 index;
        uint16 token;
        address l1Address;
        uint256 pubKeyY;
        /// Of a deposit; 0 for a forced withdrawal, whose amount the state decides.
        uint128 amount;
        address refundAddress;
    }

    struct Entry {
        bytes27 cumulativeHash;
        uint40 deadline;
    }

    /// @dev Time to serve an operation when nothing else waits, what each waiting one adds, and the most it can become.
    uint256 internal constant DEADLINE_BASE = 3 days;
    uint256 internal constant DEADLINE_STEP = 10 minutes;
    uint256 internal constant DEADLINE_LIMIT = 14 days;

    /// @dev How long after the oldest deadline anyone may still submit batches before anyone may freeze the rollup: for
    /// whoever steps in to fetch the key files, rebuild the state and prove.
    uint256 internal constant OPEN_SUBMISSION_GRACE = 7 days;

    /// @dev What stands in place of a deposit's deadline once it was given back.
    uint40 internal constant REFUNDED = 0;

    /// @dev Filling `n` places costs about `n * FEE_BASE + n * n / 2 * FEE_STEP`: 51 ether for the first thousand.
    uint256 internal constant FEE_BASE = 0.0002 ether;
    uint256 internal constant FEE_STEP = 0.0001 ether;
    uint256 internal constant FEE_LIMIT = 0.1 ether;

    function append(bytes27 previous, Operation memory operation) internal pure returns (bytes27) {
        bytes32 item = keccak256(
            abi.encodePacked(
                operation.kind,
                operation.index,
                operation.token,
                operation.l1Address,
                operation.pubKeyY,
                operation.amount,
                operation.refundAddress
            )
        );
        return bytes27(keccak256(abi.encodePacked(previous, item)));
    }

    /// @notice Deadline of an operation that joins behind `waiting` others, not before that of the one in front of it, so
    /// that the oldest operation's deadline is the first to pass.
    /// @param previous Deadline of the operation in front, 0 if none waits there.
    function deadline(uint256 timestamp, uint256 waiting, uint256 previous) internal pure returns (uint256) {
        uint256 own = timestamp + _capped(DEADLINE_BASE, DEADLINE_STEP, waiting, DEADLINE_LIMIT);
        return own < previous ? previous : own;
    }

    /// @notice Fee in wei of an operation that joins behind `waiting` others. It rises with the queue, for who floods it
    /// should pay more than the delay costs everybody else.
    function fee(uint256 waiting) internal pure returns (uint256) {
        return _capped(FEE_BASE, FEE_STEP, waiting, FEE_LIMIT);
    }

    function _capped(uint256 base, uint256 step, uint256 count, uint256 limit) private pure returns (uint256) {
        uint256 value = base + step * count;
        return value < limit ? value : limit;
    }
}
