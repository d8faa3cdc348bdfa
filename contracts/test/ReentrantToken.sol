// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// solhint-disable avoid-low-level-calls

import {TestToken} from "./TestToken.sol";

/// @title A token that makes a call of its holder's choice in the middle of a transfer
contract ReentrantToken is TestToken("Reentrant", "RE") {
    address private _target;
    bytes private _call;

    function arm(address target, bytes calldata data) external {
        _target = target;
        _call = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        (bool success, bytes memory reason) = _target.call(_call);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
