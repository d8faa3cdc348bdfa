// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {BatchProof} from "./BatchProof.sol";
import {BatchSizeTable} from "./BatchSizeTable.sol";
import {Escape} from "./Escape.sol";
import {
    FIELD_ORDER,
    KIND_CREATION,
    KIND_DEPOSIT,
    KIND_FORCED_WITHDRAWAL,
    L1_OPERATION_KEY_OFFSET
} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {PackedBatchSize} from "./libraries/PackedBatchSize.sol";
import {PublishedWords} from "./libraries/PublishedWords.sol";
import {TokenRegistry} from "./TokenRegistry.sol";

/// @title Sheaf's rollup
/// @dev Immutable: no proxy, no upgrade. The owner can name tokens and the operator and pause deposits, nothing else.
contract Rollup is Escape, BatchProof {
    /// @dev A batch's timestamp may lie this far back: longer than the slowest proof and its inclusion take.
    uint256 internal constant TIMESTAMP_WINDOW = 6 hours;

    /// @inheritdoc IRollup
    bytes32 public batchChain;

    constructor(
        address initialOwner,
        address initialOperator,
        BatchSize[] memory sizes,
        ExitCircuit memory exitCircuit_
    ) TokenRegistry(initialOwner, initialOperator) BatchSizeTable(sizes) Escape(exitCircuit_) {}

    /// @inheritdoc IRollup
    function submitBatch(
        uint256 size,
        uint256[8] calldata proof,
        uint256 c,
        bytes calldata words,
        address[] calldata refundAddresses,
        address beneficiary
    ) external {
        // Nodes read the words from the calldata of L1's transactions, where a call inside another is not seen. This also
        // keeps out everybody who is called from here or from the bridge.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirectCall(msg.sender);
        _requireNotFrozen();
        bool overdue = isOverdue();
        if (msg.sender != operator && !overdue) revert NotOperator(msg.sender);

        PackedBatchSize rows = _packedBatchSize(size);
        PublishedWords.Header memory header = _header(rows, words);
        _requireNext(header);
        batchChain = keccak256(abi.encodePacked(batchChain, _verify(rows, header, proof, c, words, beneficiary)));

        uint256 queueEnd = _takeL1Operations(words, header.l1Operations, refundAddresses);
        if (overdue) _requireServed(queueEnd, header.timestamp);
        _creditWithdrawals(words, header);
        stateRoot = header.newRoot;
        _progress.batchNumber = uint32(header.batchNumber);
        _progress.timestamp = uint40(header.timestamp);
        _progress.queueHead = uint40(queueEnd);
        emit BatchSubmitted(header.batchNumber, beneficiary, header.newRoot, size, queueEnd);
    }

    /// @inheritdoc IRollup
    function freezeByContradiction(
        uint256 size,
        ProvenBatch calldata one,
        ProvenBatch calldata other
    ) external nonReentrant {
        _requireNotFrozen();
        PackedBatchSize rows = _packedBatchSize(size);
        uint256 root = _requireProven(rows, one);
        uint256 otherRoot = _requireProven(rows, other);
        if (root == otherRoot || !PublishedWords.sameButNewRoot(one.words, other.words)) revert NoContradiction();
        _freeze();
    }

    /// @inheritdoc IRollup
    function batchNumber() external view returns (uint256) {
        return _progress.batchNumber;
    }

    /// @inheritdoc IRollup
    function lastTimestamp() external view returns (uint256) {
        return _progress.timestamp;
    }

    /// @dev Whether the batch is the next one.
    function _requireNext(PublishedWords.Header memory header) private view {
        if (header.oldRoot != stateRoot) revert WrongOldRoot(stateRoot, header.oldRoot);
        Progress storage progress = _progress;
        uint256 next = uint256(progress.batchNumber) + 1;
        if (header.batchNumber != next) revert WrongBatchNumber(next, header.batchNumber);
        uint256 earliest = block.timestamp - TIMESTAMP_WINDOW;
        if (earliest < progress.timestamp) earliest = progress.timestamp;
        if (header.timestamp < earliest || header.timestamp > block.timestamp)
            revert TimestampOutOfRange(earliest, block.timestamp, header.timestamp);
    }

    /// @dev A batch's new root follows from its old root and its other words, whatever tree the old root is of: so the old
    /// root need not be the present one, and evidence does not age. Words that are no field elements would stand for one
    /// value at one challenge and for another at the next: there would be a contradiction without a lie.
    /// @return newRoot Where the proof says that the batch leads.
    function _requireProven(PackedBatchSize rows, ProvenBatch calldata batch) private view returns (uint256 newRoot) {
        PublishedWords.Header memory header = _header(rows, batch.words);
        if (header.oldRoot >= FIELD_ORDER) revert RootNotInField(header.oldRoot);
        for (uint256 row = 0; row < header.l1Operations; ++row) {
            uint256 pubKeyY = PublishedWords.wideWord(
                batch.words,
                PublishedWords.l1OperationOffset(row) + L1_OPERATION_KEY_OFFSET
            );
            if (pubKeyY >= FIELD_ORDER) revert KeyNotInField(pubKeyY);
        }
        _verify(rows, header, batch.proof, batch.c, batch.words, batch.beneficiary);
        return header.newRoot;
    }

    /// @dev Matches the deposits and forced withdrawals with the head of the queue and credits the latter.
    /// @return queueEnd The queue's head after the batch.
    function _takeL1Operations(
        bytes calldata words,
        uint256 count,
        address[] calldata refundAddresses
    ) private returns (uint256 queueEnd) {
        uint256 head = _progress.queueHead;
        bytes27 cumulativeHash;
        uint256 taken = 0;
        for (uint256 row = 0; row < count; ++row) {
            PublishedWords.L1Operation memory operation = PublishedWords.l1Operation(
                words,
                PublishedWords.l1OperationOffset(row)
            );
            if (operation.pubKeyY >= FIELD_ORDER) revert KeyNotInField(operation.pubKeyY);
            if (operation.kind == KIND_CREATION) continue;
            if (operation.kind != KIND_DEPOSIT && operation.kind != KIND_FORCED_WITHDRAWAL)
                revert UnknownKind(operation.kind);
            if (taken == refundAddresses.length) revert WrongNumberOfRefundAddresses(taken + 1, taken);
            if (taken == 0) cumulativeHash = _queueHash(head);
            bool forced = operation.kind == KIND_FORCED_WITHDRAWAL;
            cumulativeHash = L1Queue.append(
                cumulativeHash,
                L1Queue.Operation({
                    kind: operation.kind,
                    index: forced ? operation.index : 0,
                    token: operation.token,
                    l1Address: operation.l1Address,
                    pubKeyY: operation.pubKeyY,
                    amount: forced ? 0 : operation.amount,
                    refundAddress: refundAddresses[taken]
                })
            );
            ++taken;
            if (forced) _credit(operation.token, operation.l1Address, operation.amount);
        }
        if (taken != refundAddresses.length) revert WrongNumberOfRefundAddresses(taken, refundAddresses.length);
        queueEnd = head + taken;
        if (taken != 0 && cumulativeHash != _queueHash(queueEnd)) revert WrongQueuePrefix(queueEnd);
    }

    /// @dev Once the queue is overdue, small batches must not outpace the proofs that serve it. What is due more than
    /// `DEADLINE_BASE` after the batch's own time can wait: what was queued after that time is, so that nobody undoes a
    /// proof under way by queueing one operation more.
    function _requireServed(uint256 queueEnd, uint256 timestamp) private view {
        uint256 taken = queueEnd - _progress.queueHead;
        uint256 tail = _progress.queueTail;
        if (taken >= _MOST_L1_OPERATIONS || queueEnd == tail) return;
        uint256 deadline = _queue[queueEnd].deadline;
        if (deadline <= timestamp + L1Queue.DEADLINE_BASE) revert QueueNotServed(queueEnd, deadline);
    }

    function _creditWithdrawals(bytes calldata words, PublishedWords.Header memory header) private {
        for (uint256 row = 0; row < header.withdrawals; ++row) {
            (address l1Address, uint128 amount) = PublishedWords.withdrawal(
                words,
                PublishedWords.withdrawalOffset(header.l1Operations, row)
            );
            _credit(header.token, l1Address, amount);
        }
    }
}
