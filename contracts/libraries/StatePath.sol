// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {
    FIELD_ORDER,
    LEAF_INDEX_SHIFT,
    LEAF_NONCE_SHIFT,
    LEAF_TOKEN_SHIFT,
    TREE_ARITY,
    TREE_ARITY_BITS,
    TREE_LEVELS
} from "../generated/Constants.sol";
import {IRollup} from "../interfaces/IRollup.sol";

/// @title An account's place in the state tree
/// @dev Leaves and nodes are hashed by a contract, which gives circomlib's Poseidon of the words that it is called with. It takes
/// words that are no field elements for others, so none goes there.
library StatePath {
    using Address for address;

    /// @notice The leaf of an account: what it is hashed from, and in which order, the circuits say.
    function leafOf(
        address hasher,
        uint32 index,
        uint16 token,
        address l1Address,
        uint128 balance,
        uint256 pubKeyY,
        uint32 nonce
    ) internal view returns (uint256) {
        if (pubKeyY >= FIELD_ORDER) revert IRollup.KeyNotInField(pubKeyY);
        uint256 packed =
            (uint256(index) << LEAF_INDEX_SHIFT) |
                (uint256(token) << LEAF_TOKEN_SHIFT) |
                (uint256(nonce) << LEAF_NONCE_SHIFT);
        return _hash(hasher, abi.encode(pubKeyY, l1Address, packed, balance));
    }

    /// @notice The root of the tree that has a leaf at an index, and beside its path these siblings.
    /// @param siblings By level, the leaf's first; in their order, without the node on the path.
    function rootOf(
        address hasher,
        uint32 index,
        uint256 leaf,
        uint256[TREE_ARITY - 1][TREE_LEVELS] calldata siblings
    ) internal view returns (uint256 node) {
        node = leaf;
        uint256[TREE_ARITY] memory children;
        for (uint256 level = 0; level < TREE_LEVELS; ++level) {
            // On the highest level an index has one bit less than elsewhere.
            uint256 place = (index >> (TREE_ARITY_BITS * level)) % TREE_ARITY;
            for (uint256 i = 0; i < TREE_ARITY - 1; ++i) {
                uint256 sibling = siblings[level][i];
                if (sibling >= FIELD_ORDER) revert IRollup.NodeNotInField(sibling);
                children[i < place ? i : i + 1] = sibling;
            }
            children[place] = node;
            node = _hash(hasher, abi.encode(children));
        }
    }

    function _hash(address hasher, bytes memory words) private view returns (uint256) {
        return abi.decode(hasher.functionStaticCall(words), (uint256));
    }
}
