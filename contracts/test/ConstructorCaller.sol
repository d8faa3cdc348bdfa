// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls

/// @title A contract that makes a call while it has no code yet
contract ConstructorCaller {
    constructor(address target, bytes memory data) {
        (bool success, bytes memory reason) = target.call(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
