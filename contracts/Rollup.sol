// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {BatchSizeTable} from "./BatchSizeTable.sol";
import {Bridge} from "./Bridge.sol";
import {
    FIELD_ORDER,
    GENESIS_ROOT,
    KIND_CREATION,
    KIND_DEPOSIT,
    KIND_FORCED_WITHDRAWAL
} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {Domain} from "./libraries/Domain.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {PackedBatchSize} from "./libraries/PackedBatchSize.sol";
import {PublishedWords} from "./libraries/PublishedWords.sol";
import {TokenRegistry} from "./TokenRegistry.sol";

/// @title Sheaf's rollup
/// @dev Immutable: no proxy, no upgrade, no pause. The owner can name tokens and the operator, nothing else.
contract Rollup is Bridge, BatchSizeTable {
    /// @dev A batch's timestamp may lie this far back: longer than the slowest proof and its inclusion take.
    uint256 internal constant TIMESTAMP_WINDOW = 6 hours;

    /// @inheritdoc IRollup
    uint256 public stateRoot = GENESIS_ROOT;

    /// @inheritdoc IRollup
    bytes32 public batchChain;

    uint256 private immutable _CHAIN_ID = block.chainid;
    uint256 private immutable _DOMAIN = Domain.derive(block.chainid, address(this));

    constructor(
        address initialOwner,
        address initialOperator,
        BatchSize[] memory sizes
    ) TokenRegistry(initialOwner, initialOperator) BatchSizeTable(sizes) {}

    /// @inheritdoc IRollup
    function submitBatch(
        uint256 size,
        uint256[8] calldata proof,
        uint256 c,
        bytes calldata words,
        address[] calldata refundAddresses
    ) external {
        // Nodes read the words from the calldata of L1's transactions, where a call inside another is not seen. This also
        // keeps out everybody who is called from here or from the bridge.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirectCall(msg.sender);
        bool overdue = isOverdue();
        if (msg.sender != operator && !overdue) revert NotOperator(msg.sender);

        PackedBatchSize rows = _packedBatchSize(size);
        PublishedWords.Header memory header = PublishedWords.header(words);
        _checkHeader(header, rows, words.length);
        _verify(rows, proof, c, words);

        uint256 queueEnd = _takeL1Operations(words, header.l1Operations, rows.l1Operations(), refundAddresses, overdue);
        _creditWithdrawals(words, header, rows);
        stateRoot = header.newRoot;
        _progress.batchNumber = uint32(header.batchNumber);
        _progress.timestamp = uint40(header.timestamp);
        _progress.queueHead = uint40(queueEnd);
        emit BatchSubmitted(header.batchNumber, header.newRoot, size, queueEnd);
    }

    /// @inheritdoc IRollup
    function batchNumber() external view returns (uint256) {
        return _progress.batchNumber;
    }

    /// @inheritdoc IRollup
    function lastTimestamp() external view returns (uint256) {
        return _progress.timestamp;
    }

    /// @inheritdoc IRollup
    function domain() public view returns (uint256) {
        return block.chainid == _CHAIN_ID ? _DOMAIN : Domain.derive(block.chainid, address(this));
    }

    function _checkHeader(PublishedWords.Header memory header, PackedBatchSize rows, uint256 given) private view {
        if (
            header.l1Operations > rows.l1Operations() ||
            header.withdrawals > rows.withdrawals() ||
            header.transfers > rows.transfers()
        ) revert TooManyRows(header.l1Operations, header.withdrawals, header.transfers);
        uint256 length = PublishedWords.length(rows.l1Operations(), rows.withdrawals(), header.transfers);
        if (given != length) revert WrongLength(length, given);

        if (header.domain != domain()) revert WrongDomain(domain(), header.domain);
        if (header.oldRoot != stateRoot) revert WrongOldRoot(stateRoot, header.oldRoot);
        if (header.newRoot >= FIELD_ORDER) revert RootNotInField(header.newRoot);

        Progress memory progress = _progress;
        uint256 next = uint256(progress.batchNumber) + 1;
        if (header.batchNumber != next) revert WrongBatchNumber(next, header.batchNumber);
        uint256 earliest = block.timestamp - TIMESTAMP_WINDOW;
        if (earliest < progress.timestamp) earliest = progress.timestamp;
        if (header.timestamp < earliest || header.timestamp > block.timestamp)
            revert TimestampOutOfRange(earliest, block.timestamp, header.timestamp);
    }

    function _verify(PackedBatchSize rows, uint256[8] calldata p, uint256 c, bytes calldata words) private {
        if (c >= FIELD_ORDER) revert PublicInputNotInField(c);
        bytes32 digest = Challenge.digest(c, words);
        uint256 alpha = uint256(digest) % FIELD_ORDER;
        uint256 y = Challenge.evaluate(words, rows.l1Operations(), alpha);
        bool valid = rows.verifier().verifyProof(
            [p[0], p[1]],
            [[p[2], p[3]], [p[4], p[5]]],
            [p[6], p[7]],
            [c, y, alpha]
        );
        if (!valid) revert InvalidProof();
        batchChain = keccak256(abi.encodePacked(batchChain, digest));
    }

    /// @dev Matches the deposits and forced withdrawals with the head of the queue and credits the latter.
    /// @return queueEnd The queue's head after the batch.
    function _takeL1Operations(
        bytes calldata words,
        uint256 count,
        uint256 capacity,
        address[] calldata refundAddresses,
        bool overdue
    ) private returns (uint256 queueEnd) {
        uint256 head = _progress.queueHead;
        bytes27 cumulativeHash = _queueHash(head);
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
        PublishedWords.requireEmpty(
            words,
            PublishedWords.l1OperationOffset(count),
            PublishedWords.l1OperationOffset(capacity)
        );
        if (taken != refundAddresses.length) revert WrongNumberOfRefundAddresses(taken, refundAddresses.length);
        queueEnd = head + taken;
        if (cumulativeHash != _queueHash(queueEnd)) revert WrongQueuePrefix(queueEnd);
        if (overdue) _requireServed(taken, _progress.queueTail - head);
    }

    /// @dev Once the queue is overdue, small batches must not outpace the proofs that serve it.
    function _requireServed(uint256 taken, uint256 waiting) private view {
        if (taken < waiting && taken < _MOST_L1_OPERATIONS) revert QueueNotServed(taken, waiting);
    }

    function _creditWithdrawals(
        bytes calldata words,
        PublishedWords.Header memory header,
        PackedBatchSize rows
    ) private {
        for (uint256 row = 0; row < header.withdrawals; ++row) {
            (address l1Address, uint128 amount) = PublishedWords.withdrawal(
                words,
                PublishedWords.withdrawalOffset(rows.l1Operations(), row)
            );
            _credit(header.token, l1Address, amount);
        }
        PublishedWords.requireEmpty(
            words,
            PublishedWords.withdrawalOffset(rows.l1Operations(), header.withdrawals),
            PublishedWords.withdrawalOffset(rows.l1Operations(), rows.withdrawals())
        );
    }
}
