// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {BLOB_ORDER, TRANSFERS_BYTES} from "./generated/Constants.sol";
import {IBlobOpener} from "./interfaces/IBlobOpener.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {PackedBatches} from "./libraries/PackedBatches.sol";
import {PublishedWords} from "./libraries/PublishedWords.sol";

/// @title Opener of blobs that transfers' words are in (EIP-4844)
/// @dev A blob is a polynomial over BLS12-381's scalar field. Its coefficients, the lowest first, are the words of the transfers
/// of all batches in it, those of the first batch first, and 0 behind them. Stateless; docs/contracts.md has the argument.
contract BlobOpener is IBlobOpener {
    address private constant _POINT_EVALUATION = address(0x0a);
    uint256 private constant _POINT_BYTES = 48;
    uint256 private constant _OPENING_BYTES = 2 * _POINT_BYTES;
    /// @dev In evidence: where the place stands, and behind it and the digests' number these themselves.
    uint256 private constant _PLACE = 32 + _OPENING_BYTES;
    uint256 private constant _DIGESTS = _PLACE + 3;

    /// @inheritdoc IBlobOpener
    /// @param opening The blob's commitment 384, the proof of its value 384, each batch's part of the value 256 …
    function open(
        bytes calldata batches,
        bytes calldata opening
    ) external view returns (uint256 z, uint256[] memory values) {
        bytes32 versionedHash = blobhash(0);
        if (versionedHash == 0) revert IRollup.BlobMissing();
        (bytes32[] memory digests, uint256[] memory counts) = _read(batches);
        if (opening.length != _OPENING_BYTES + 32 * digests.length)
            revert IRollup.WrongLength(_OPENING_BYTES + 32 * digests.length, opening.length);
        z = Challenge.blobPoint(versionedHash, digests);
        values = new uint256[](digests.length);
        uint256 whole = 0;
        uint256 power = 1;
        for (uint256 i = 0; i < digests.length; ++i) {
            uint256 at = _OPENING_BYTES + 32 * i;
            uint256 value = uint256(bytes32(opening[at:at + 32]));
            if (value >= BLOB_ORDER) revert IRollup.EvaluationNotInField(value);
            values[i] = value;
            whole = addmod(whole, mulmod(power, value, BLOB_ORDER), BLOB_ORDER);
            power = mulmod(power, _power(z, counts[i]), BLOB_ORDER);
        }
        _requireValue(versionedHash, z, whole, opening[:_OPENING_BYTES]);
    }

    /// @inheritdoc IBlobOpener
    /// @param evidence The blob's versioned hash 256, commitment 384, and proof 384 of its value at the point of `other`; place of
    /// the batches' first coefficient 16; number of batches that were submitted with the blob 8, the digest of each 256 …;
    /// the coefficients, 248 each.
    function openSame(
        IRollup.ProvenBatch calldata one,
        IRollup.ProvenBatch calldata other,
        bytes calldata evidence
    ) external view returns (Challenge.Evaluation memory ofOne, Challenge.Evaluation memory ofOther) {
        bytes calldata coefficients;
        (ofOne.z, coefficients) = _submittedPoint(one, evidence);
        ofOther.z = _contentsPoint(other, evidence, coefficients);
        uint256 place = TRANSFERS_BYTES * uint16(bytes2(evidence[_PLACE:_PLACE + 2]));
        uint256 count = PublishedWords.transferWords(PublishedWords.header(one.words).transfers);
        bytes calldata same = coefficients[place:place + TRANSFERS_BYTES * count];
        (ofOne.inBlob, ofOne.value) = (true, _evaluate(same, ofOne.z));
        (ofOther.inBlob, ofOther.value) = (true, _evaluate(same, ofOther.z));
    }

    /// @dev The point of a batch that was submitted was decided by what it says in calldata, so this must be among what decided
    /// it.
    /// @return z The point of the batches whose digests the evidence has.
    /// @return coefficients The blob's, which stand behind the digests.
    function _submittedPoint(
        IRollup.ProvenBatch calldata one,
        bytes calldata evidence
    ) private pure returns (uint256 z, bytes calldata coefficients) {
        bytes32 digest = Challenge.digest(one.c, one.beneficiary, one.words);
        bytes32[] memory digests = new bytes32[](uint8(evidence[_DIGESTS - 1]));
        bool isThere = false;
        for (uint256 i = 0; i < digests.length; ++i) {
            uint256 at = _DIGESTS + 32 * i;
            digests[i] = bytes32(evidence[at:at + 32]);
            if (digests[i] == digest) isThere = true;
        }
        if (!isThere) revert IRollup.NoContradiction();
        z = Challenge.blobPoint(bytes32(evidence[:32]), digests);
        coefficients = evidence[_DIGESTS + 32 * digests.length:];
    }

    /// @dev The other batch's point is decided by what it says, and by the coefficients: so it serves to compare these with the
    /// blob as well.
    function _contentsPoint(
        IRollup.ProvenBatch calldata other,
        bytes calldata evidence,
        bytes calldata coefficients
    ) private view returns (uint256 z) {
        bytes32[] memory decided = new bytes32[](2);
        decided[0] = keccak256(coefficients);
        decided[1] = Challenge.digest(other.c, other.beneficiary, other.words);
        bytes32 versionedHash = bytes32(evidence[:32]);
        z = Challenge.blobPoint(versionedHash, decided);
        _requireValue(versionedHash, z, _evaluate(coefficients, z), evidence[32:_PLACE]);
    }

    /// @return digests Of each batch, what it says in calldata, hashed.
    /// @return counts Of each batch, how many words its transfers have.
    function _read(bytes calldata batches) private pure returns (bytes32[] memory digests, uint256[] memory counts) {
        (uint256 number, uint256 next) = PackedBatches.open(batches);
        digests = new bytes32[](number);
        counts = new uint256[](number);
        for (uint256 i = 0; i < number; ++i) {
            PackedBatches.Batch memory batch = PackedBatches.batchAt(batches, next);
            bytes calldata words = PackedBatches.wordsOf(batches, batch);
            digests[i] = Challenge.digest(batch.c, batch.beneficiary, words);
            counts[i] = PublishedWords.transferWords(PublishedWords.header(words).transfers);
            next = batch.end;
        }
    }

    /// @param commitmentAndProof 96 bytes: points of BLS12-381's first group, compressed.
    function _requireValue(
        bytes32 versionedHash,
        uint256 z,
        uint256 value,
        bytes calldata commitmentAndProof
    ) private view {
        bytes memory input = abi.encodePacked(versionedHash, z, value, commitmentAndProof);
        // A wrong value has no result, and where there is no such precompile, the call of nothing succeeds without one.
        (, bytes memory result) = _POINT_EVALUATION.staticcall(input);
        if (result.length != 64) revert IRollup.BlobNotOpened();
    }

    /// @notice `sum coefficient_k * z^k` modulo the field's order, by Horner's rule.
    /// @param coefficients 31 bytes each.
    function _evaluate(bytes calldata coefficients, uint256 z) private pure returns (uint256 value) {
        for (uint256 end = coefficients.length; end >= TRANSFERS_BYTES; end -= TRANSFERS_BYTES) {
            uint256 coefficient = uint248(bytes31(coefficients[end - TRANSFERS_BYTES:end]));
            value = addmod(mulmod(value, z, BLOB_ORDER), coefficient, BLOB_ORDER);
        }
    }

    /// @return power `base^exponent` modulo the field's order.
    function _power(uint256 base, uint256 exponent) private pure returns (uint256 power) {
        power = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 != 0) power = mulmod(power, base, BLOB_ORDER);
            base = mulmod(base, base, BLOB_ORDER);
        }
    }
}
