// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Bridge} from "./Bridge.sol";
import {
    EXIT_ACCOUNT_INDEX_SHIFT,
    EXIT_ACCOUNT_L1_ADDRESS_SHIFT,
    EXIT_ACCOUNT_TOKEN_SHIFT,
    GENESIS_ROOT,
    HASHER_CREATION_CODE_HASH,
    KIND_DEPOSIT,
    TREE_ARITY,
    TREE_LEVELS
} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {IExitVerifier} from "./interfaces/IExitVerifier.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {StatePath} from "./libraries/StatePath.sol";

/// @title The way out of a rollup that nobody runs any more
/// @dev Freezing is for good. What happens then needs nobody's leave: accounts are paid out by proofs against the last
/// root or by their paths in its tree, deposits that wait are given back, and all of it is credited, to be pulled as ever.
abstract contract Escape is Bridge {
    using BitMaps for BitMaps.BitMap;

    /// @inheritdoc IRollup
    uint256 public stateRoot = GENESIS_ROOT;

    /// @dev By index, 256 a slot.
    BitMaps.BitMap private _exited;

    IExitVerifier private immutable _EXIT_VERIFIER;
    bytes32 private immutable _EXIT_CIRCUIT_HASH;
    bytes32 private immutable _EXIT_KEY_HASH;

    constructor(ExitCircuit memory circuit) {
        if (address(circuit.verifier).code.length == 0) revert NotAContract(address(circuit.verifier));
        _EXIT_VERIFIER = circuit.verifier;
        _EXIT_CIRCUIT_HASH = circuit.circuitHash;
        _EXIT_KEY_HASH = circuit.keyHash;
    }

    /// @inheritdoc IRollup
    function freeze() external nonReentrant {
        _requireNotFrozen();
        uint256 last = freezeTime();
        if (block.timestamp <= last) revert NotYetFreezable(last);
        _freeze();
    }

    /// @inheritdoc IRollup
    function exit(
        uint32 index,
        uint16 token,
        address l1Address,
        uint128 balance,
        uint256[8] calldata proof
    ) external nonReentrant {
        _leave(index, token, l1Address, balance);
        uint256 account =
            (uint256(index) << EXIT_ACCOUNT_INDEX_SHIFT) |
                (uint256(token) << EXIT_ACCOUNT_TOKEN_SHIFT) |
                (uint256(uint160(l1Address)) << EXIT_ACCOUNT_L1_ADDRESS_SHIFT);
        if (!Groth16.verify(_EXIT_VERIFIER, proof, [stateRoot, account, balance])) revert InvalidProof();
    }

    /// @inheritdoc IRollup
    function exitByPath(
        uint32 index,
        uint16 token,
        address l1Address,
        uint128 balance,
        uint256 pubKeyY,
        uint32 nonce,
        uint256[TREE_ARITY - 1][TREE_LEVELS] calldata siblings
    ) external nonReentrant {
        _leave(index, token, l1Address, balance);
        address poseidon = hasher();
        uint256 leaf = StatePath.leafOf(poseidon, index, token, l1Address, balance, pubKeyY, nonce);
        if (StatePath.rootOf(poseidon, index, leaf, siblings) != stateRoot) revert WrongPath();
    }

    /// @inheritdoc IRollup
    function deployHasher(bytes calldata creationCode) external {
        if (keccak256(creationCode) != HASHER_CREATION_CODE_HASH) revert WrongHasher();
        Create2.deploy(0, 0, creationCode);
    }

    /// @inheritdoc IRollup
    function refundDeposit(
        uint256 queueIndex,
        uint16 token,
        uint128 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress
    ) external nonReentrant {
        _requireFrozen();
        if (queueIndex < _progress.queueHead || queueIndex >= _progress.queueTail) revert NotQueued(queueIndex);
        L1Queue.Entry memory entry = _queue[queueIndex];
        if (entry.deadline == L1Queue.REFUNDED) revert AlreadyRefunded(queueIndex);
        bytes27 cumulativeHash = L1Queue.append(
            _queueHash(queueIndex),
            L1Queue.Operation({
                kind: uint8(KIND_DEPOSIT),
                index: 0,
                token: token,
                l1Address: l1Address,
                pubKeyY: pubKeyY,
                amount: amount,
                refundAddress: refundAddress
            })
        );
        if (cumulativeHash != entry.cumulativeHash) revert WrongDeposit(queueIndex);
        _queue[queueIndex].deadline = L1Queue.REFUNDED;
        emit DepositRefunded(queueIndex, token, refundAddress, amount);
        _credit(token, refundAddress, amount);
    }

    /// @inheritdoc IRollup
    function hasExited(uint32 index) external view returns (bool) {
        return _exited.get(index);
    }

    /// @inheritdoc IRollup
    function exitCircuit() external view returns (ExitCircuit memory) {
        return ExitCircuit(_EXIT_VERIFIER, _EXIT_CIRCUIT_HASH, _EXIT_KEY_HASH);
    }

    /// @inheritdoc IRollup
    function hasher() public view returns (address) {
        return Create2.computeAddress(0, HASHER_CREATION_CODE_HASH);
    }

    /// @inheritdoc IRollup
    function freezeTime() public view returns (uint256) {
        Progress storage progress = _progress;
        if (progress.queueHead == progress.queueTail) return type(uint256).max;
        return _queue[progress.queueHead].deadline + L1Queue.OPEN_SUBMISSION_GRACE;
    }

    function _freeze() internal {
        _progress.frozen = true;
        emit Frozen(stateRoot);
    }

    /// @dev Has an account leave, once: the caller sees that the account is there.
    function _leave(uint32 index, uint16 token, address l1Address, uint128 balance) private {
        _requireFrozen();
        if (_exited.get(index)) revert AlreadyExited(index);
        _exited.set(index);
        emit Exited(index, token, l1Address, balance);
        _credit(token, l1Address, balance);
    }

    function _requireFrozen() private view {
        if (!_progress.frozen) revert NotFrozen();
    }
}
