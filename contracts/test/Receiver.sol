// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls, no-complex-fallback

import {IRollup} from "../interfaces/IRollup.sol";

/// @title A contract wallet that misbehaves, or spends more than 2300 gas, when it is paid
contract Receiver {
    enum Mood {
        Accept,
        Reject,
        Reenter
    }

    error Rejected();

    IRollup public immutable ROLLUP;
    Mood public mood;
    uint256 public payments;
    bytes public reentryResult;

    constructor(IRollup rollup) {
        ROLLUP = rollup;
    }

    receive() external payable {
        if (mood == Mood.Reject) revert Rejected();
        ++payments;
        if (mood == Mood.Reenter) {
            (, reentryResult) = address(ROLLUP).call(abi.encodeCall(IRollup.withdraw, (0, address(this))));
        }
    }

    function setMood(Mood newMood) external {
        mood = newMood;
    }

    /// @notice Makes any call to the rollup with the ether sent along.
    function forward(bytes calldata data) external payable {
        (bool success, bytes memory reason) = address(ROLLUP).call{value: msg.value}(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
