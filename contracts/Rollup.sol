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
import {IBlobOpener} from "./interfaces/IBlobOpener.sol";
import {IJointVerifier} from "./interfaces/IJointVerifier.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {PackedBatches} from "./libraries/PackedBatches.sol";
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

    /// @dev Where the rollup has come to within a call, from `_tip` to `_settle`.
    struct Tip {
        uint256 root;
        uint256 batchNumber;
        uint256 timestamp;
        bytes32 batchChain;
        uint256 queueEnd;
        /// @dev Of the operations up to `queueEnd`; read only when one is taken.
        bytes27 queueHash;
    }

    constructor(
        address initialOwner,
        address initialOperator,
        BatchSize[] memory sizes,
        ExitCircuit memory exitCircuit_,
        IJointVerifier jointVerifier_,
        IBlobOpener blobOpener_
    )
        TokenRegistry(initialOwner, initialOperator)
        BatchSizeTable(sizes, jointVerifier_)
        Escape(exitCircuit_)
        BatchProof(blobOpener_)
    {}

    /// @inheritdoc IRollup
    function submitBatch(
        uint256 size,
        uint256[8] calldata proof,
        uint256 c,
        bytes calldata words,
        address[] calldata refundAddresses,
        address beneficiary
    ) external {
        bool overdue = _requireMaySubmit();
        Tip memory tip = _tip();
        (PublishedWords.Header memory header, uint256[4] memory publicSignals) = _open(
            tip,
            size,
            c,
            words,
            beneficiary,
            _inCalldata()
        );
        _requireValid(_packedBatchSize(size), proof, publicSignals);
        _take(tip, size, header, words, refundAddresses, beneficiary);
        _settle(tip, overdue);
    }

    /// @inheritdoc IRollup
    function submitBatches(bytes calldata batches) external {
        _submitTogether(batches, 0, new uint256[](0));
    }

    /// @inheritdoc IRollup
    function submitBatchesInBlob(bytes calldata batches, bytes calldata opening) external {
        if (address(blobOpener) == address(0)) revert NoBlobs();
        (uint256 z, uint256[] memory values) = blobOpener.open(batches, opening);
        _submitTogether(batches, z, values);
    }

    /// @inheritdoc IRollup
    function freezeByContradiction(uint256 size, ProvenBatch calldata one, ProvenBatch calldata other) external {
        _freezeByContradiction(size, one, other, _inCalldata(), _inCalldata());
    }

    /// @inheritdoc IRollup
    function freezeByContradictionInBlob(
        uint256 size,
        ProvenBatch calldata one,
        ProvenBatch calldata other,
        bytes calldata evidence
    ) external {
        if (address(blobOpener) == address(0)) revert NoBlobs();
        (Challenge.Evaluation memory ofOne, Challenge.Evaluation memory ofOther) = blobOpener.openSame(
            one,
            other,
            evidence
        );
        _freezeByContradiction(size, one, other, ofOne, ofOther);
    }

    /// @inheritdoc IRollup
    function batchNumber() external view returns (uint256) {
        return _progress.batchNumber;
    }

    /// @inheritdoc IRollup
    function lastTimestamp() external view returns (uint256) {
        return _progress.timestamp;
    }

    /// @return overdue Whether anyone may submit, because the queue was not served.
    function _requireMaySubmit() private view returns (bool overdue) {
        // Nodes read the words from the calldata of L1's transactions, where a call inside another is not seen. This also
        // keeps out everybody who is called from here or from the bridge.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirectCall(msg.sender);
        _requireNotFrozen();
        overdue = isOverdue();
        if (msg.sender != operator && !overdue) revert NotOperator(msg.sender);
    }

    /// @param z Where the transfers' blob was evaluated, and each batch's part of the value; none, if there is no blob.
    function _submitTogether(bytes calldata batches, uint256 z, uint256[] memory values) private {
        bool overdue = _requireMaySubmit();
        Tip memory tip = _tip();
        (uint256 number, uint256 at) = PackedBatches.open(batches);
        IJointVerifier.Statement[] memory statements = new IJointVerifier.Statement[](number);
        Challenge.Evaluation memory evaluation = Challenge.Evaluation(values.length != 0, z, 0);
        for (uint256 i = 0; i < number; ++i) {
            if (evaluation.inBlob) evaluation.value = values[i];
            at = _takePacked(tip, batches, at, evaluation, statements[i]);
        }
        if (at != batches.length) revert WrongLength(at, batches.length);
        if (!jointVerifier.verifyProofs(statements)) revert InvalidProof();
        _settle(tip, overdue);
    }

    function _inCalldata() private pure returns (Challenge.Evaluation memory) {
        return Challenge.Evaluation(false, 0, 0);
    }

    function _freezeByContradiction(
        uint256 size,
        ProvenBatch calldata one,
        ProvenBatch calldata other,
        Challenge.Evaluation memory ofOne,
        Challenge.Evaluation memory ofOther
    ) private nonReentrant {
        _requireNotFrozen();
        PackedBatchSize rows = _packedBatchSize(size);
        uint256 root = _requireProven(rows, one, ofOne);
        uint256 otherRoot = _requireProven(rows, other, ofOther);
        if (root == otherRoot || !PublishedWords.sameButNewRoot(one.words, other.words)) revert NoContradiction();
        _freeze();
    }

    function _tip() private view returns (Tip memory tip) {
        tip.root = stateRoot;
        tip.batchNumber = _progress.batchNumber;
        tip.timestamp = _progress.timestamp;
        tip.batchChain = batchChain;
        tip.queueEnd = _progress.queueHead;
    }

    /// @dev Opens the batch that goes on where the tip is.
    /// @return header The words' header.
    /// @return publicSignals What the batch's proof has to show.
    function _open(
        Tip memory tip,
        uint256 size,
        uint256 c,
        bytes calldata words,
        address beneficiary,
        Challenge.Evaluation memory evaluation
    ) private view returns (PublishedWords.Header memory header, uint256[4] memory publicSignals) {
        PackedBatchSize rows = _packedBatchSize(size);
        header = _header(rows, words, evaluation.inBlob);
        _requireNext(tip, header);
        bytes32 seal;
        (seal, publicSignals) = _publicSignals(rows, header, c, words, beneficiary, evaluation);
        tip.batchChain = keccak256(abi.encodePacked(tip.batchChain, seal));
    }

    /// @dev Moves the tip on by the batch that begins at a place.
    /// @param statement becomes what is to be proven.
    /// @return next Where the next one begins.
    function _takePacked(
        Tip memory tip,
        bytes calldata batches,
        uint256 at,
        Challenge.Evaluation memory evaluation,
        IJointVerifier.Statement memory statement
    ) private returns (uint256 next) {
        PackedBatches.Batch memory batch = PackedBatches.batchAt(batches, at);
        bytes calldata words = PackedBatches.wordsOf(batches, batch);
        PublishedWords.Header memory header;
        statement.key = batch.size;
        statement.proof = PackedBatches.proofOf(batches, batch);
        (header, statement.publicSignals) = _open(tip, batch.size, batch.c, words, batch.beneficiary, evaluation);
        address[] memory refundAddresses = PackedBatches.refundAddressesOf(batches, batch);
        _take(tip, batch.size, header, words, refundAddresses, batch.beneficiary);
        next = batch.end;
    }

    /// @dev Moves the tip on by a batch. What it takes from the queue is compared with it by `_settle`.
    function _take(
        Tip memory tip,
        uint256 size,
        PublishedWords.Header memory header,
        bytes calldata words,
        address[] memory refundAddresses,
        address beneficiary
    ) private {
        _takeL1Operations(tip, words, header.l1Operations, refundAddresses);
        _creditWithdrawals(words, header);
        tip.root = header.newRoot;
        tip.batchNumber = header.batchNumber;
        tip.timestamp = header.timestamp;
        emit BatchSubmitted(header.batchNumber, beneficiary, header.newRoot, size, tip.queueEnd);
    }

    /// @dev Writes down where the call's batches, which have been proven, lead.
    function _settle(Tip memory tip, bool overdue) private {
        uint256 head = _progress.queueHead;
        if (tip.queueEnd != head && tip.queueHash != _queueHash(tip.queueEnd)) revert WrongQueuePrefix(tip.queueEnd);
        if (overdue) _requireServed(head, tip.queueEnd, tip.timestamp);
        stateRoot = tip.root;
        batchChain = tip.batchChain;
        _progress.batchNumber = uint32(tip.batchNumber);
        _progress.timestamp = uint40(tip.timestamp);
        _progress.queueHead = uint40(tip.queueEnd);
    }

    /// @dev Whether the batch goes on where the tip is.
    function _requireNext(Tip memory tip, PublishedWords.Header memory header) private view {
        if (header.oldRoot != tip.root) revert WrongOldRoot(tip.root, header.oldRoot);
        uint256 next = tip.batchNumber + 1;
        if (header.batchNumber != next) revert WrongBatchNumber(next, header.batchNumber);
        uint256 earliest = block.timestamp - TIMESTAMP_WINDOW;
        if (earliest < tip.timestamp) earliest = tip.timestamp;
        if (header.timestamp < earliest || header.timestamp > block.timestamp)
            revert TimestampOutOfRange(earliest, block.timestamp, header.timestamp);
    }

    /// @dev A batch's new root follows from its old root and its other words, whatever tree the old root is of: so the old
    /// root need not be the present one, and evidence does not age. Words that are no field elements would stand for one
    /// value at one challenge and for another at the next: there would be a contradiction without a lie.
    /// @return newRoot Where the proof says that the batch leads.
    function _requireProven(
        PackedBatchSize rows,
        ProvenBatch calldata batch,
        Challenge.Evaluation memory evaluation
    ) private view returns (uint256 newRoot) {
        PublishedWords.Header memory header = _header(rows, batch.words, evaluation.inBlob);
        if (header.oldRoot >= FIELD_ORDER) revert RootNotInField(header.oldRoot);
        for (uint256 row = 0; row < header.l1Operations; ++row) {
            uint256 pubKeyY = PublishedWords.wideWord(
                batch.words,
                PublishedWords.l1OperationOffset(row) + L1_OPERATION_KEY_OFFSET
            );
            if (pubKeyY >= FIELD_ORDER) revert KeyNotInField(pubKeyY);
        }
        (, uint256[4] memory publicSignals) = _publicSignals(
            rows,
            header,
            batch.c,
            batch.words,
            batch.beneficiary,
            evaluation
        );
        _requireValid(rows, batch.proof, publicSignals);
        return header.newRoot;
    }

    /// @dev Chains the deposits and forced withdrawals to what was taken from the queue before, and credits the latter.
    function _takeL1Operations(
        Tip memory tip,
        bytes calldata words,
        uint256 count,
        address[] memory refundAddresses
    ) private {
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
            if (tip.queueEnd == _progress.queueHead) tip.queueHash = _queueHash(tip.queueEnd);
            bool forced = operation.kind == KIND_FORCED_WITHDRAWAL;
            tip.queueHash = L1Queue.append(
                tip.queueHash,
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
            ++tip.queueEnd;
            if (forced) _credit(operation.token, operation.l1Address, operation.amount);
        }
        if (taken != refundAddresses.length) revert WrongNumberOfRefundAddresses(taken, refundAddresses.length);
    }

    /// @dev Once the queue is overdue, small batches must not outpace the proofs that serve it. What is due more than
    /// `DEADLINE_BASE` after the last batch's own time can wait: what was queued after that time is, so that nobody undoes a
    /// proof under way by queueing one operation more.
    function _requireServed(uint256 head, uint256 queueEnd, uint256 timestamp) private view {
        if (queueEnd - head >= _MOST_L1_OPERATIONS || queueEnd == _progress.queueTail) return;
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
