// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {DOMAIN_MODULUS, PROTOCOL_NAME, PROTOCOL_VERSION} from "../generated/Constants.sol";

/// @title What ties signatures and batches to one rollup on one chain
library Domain {
    /// @return The base of the rollup's signature domains, below `DOMAIN_MODULUS`.
    function derive(uint256 chainId, address rollup) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(PROTOCOL_NAME, PROTOCOL_VERSION, chainId, rollup))) % DOMAIN_MODULUS;
    }
}
