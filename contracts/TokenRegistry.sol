// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IRollup} from "./interfaces/IRollup.sol";

/// @title Tokens of the rollup by id, and who may name them and the operator
abstract contract TokenRegistry is IRollup, Ownable2Step {
    uint16 internal constant ETHER = 0;

    /// @inheritdoc IRollup
    uint16 public tokenCount = 1;

    /// @inheritdoc IRollup
    mapping(uint16 token => address) public tokenAddress;

    /// @inheritdoc IRollup
    address public operator;

    mapping(address tokenAddress => bool) private _registered;

    constructor(address initialOwner, address initialOperator) Ownable(initialOwner) {
        _setOperator(initialOperator);
    }

    /// @inheritdoc IRollup
    function registerToken(address newToken) external onlyOwner returns (uint16 token) {
        if (newToken.code.length == 0) revert NotAContract(newToken);
        if (_registered[newToken]) revert TokenAlreadyRegistered(newToken);
        _registered[newToken] = true;
        token = tokenCount;
        tokenCount = token + 1;
        tokenAddress[token] = newToken;
        emit TokenRegistered(token, newToken);
    }

    /// @inheritdoc IRollup
    function setOperator(address newOperator) external onlyOwner {
        _setOperator(newOperator);
    }

    /// @dev Address of a registered token, zero for ETH.
    function _requireToken(uint16 token) internal view returns (address found) {
        found = tokenAddress[token];
        if (token != ETHER && found == address(0)) revert UnknownToken(token);
    }

    function _setOperator(address newOperator) private {
        if (newOperator == address(0)) revert ZeroAddress();
        operator = newOperator;
        emit OperatorChanged(newOperator);
    }
}
