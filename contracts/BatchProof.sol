// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {BatchSizeTable} from "./BatchSizeTable.sol";
import {FIELD_ORDER, NUMBERS_OFFSET} from "./generated/Constants.sol";
import {IBlobOpener} from "./interfaces/IBlobOpener.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {Domain} from "./libraries/Domain.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {PackedBatchSize} from "./libraries/PackedBatchSize.sol";
import {PublishedWords} from "./libraries/PublishedWords.sol";

/// @title Whether a proof shows what a batch's published words say
/// @dev Here is what holds for a batch at any time. Whether it is the next one is `Rollup`'s to say.
abstract contract BatchProof is BatchSizeTable {
    /// @inheritdoc IRollup
    IBlobOpener public immutable blobOpener;

    uint256 private immutable _CHAIN_ID = block.chainid;
    uint256 private immutable _DOMAIN = Domain.derive(block.chainid, address(this));

    constructor(IBlobOpener blobOpener_) {
        if (address(blobOpener_) != address(0) && address(blobOpener_).code.length == 0)
            revert NotAContract(address(blobOpener_));
        blobOpener = blobOpener_;
    }

    /// @inheritdoc IRollup
    function domain() public view returns (uint256) {
        return block.chainid == _CHAIN_ID ? _DOMAIN : Domain.derive(block.chainid, address(this));
    }

    /// @dev Opens the header of words of this rollup whose rows fit the size. The counts alone say where each row stands, and
    /// with the length compared, no string of bytes can be read in two ways.
    /// @param inBlob Whether the transfers' words are in a blob.
    function _header(
        PackedBatchSize rows,
        bytes calldata words,
        bool inBlob
    ) internal view returns (PublishedWords.Header memory header) {
        header = PublishedWords.header(words);
        if (header.inBlob != inBlob) revert MalformedWord(NUMBERS_OFFSET);
        if (
            header.l1Operations > rows.l1Operations() ||
            header.withdrawals > rows.withdrawals() ||
            header.transfers > rows.transfers()
        ) revert TooManyRows(header.l1Operations, header.withdrawals, header.transfers);
        uint256 length = PublishedWords.length(header);
        if (words.length != length) revert WrongLength(length, words.length);
        if (header.domain != domain()) revert WrongDomain(domain(), header.domain);
        if (header.newRoot >= FIELD_ORDER) revert RootNotInField(header.newRoot);
    }

    /// @dev What a proof has to show of words whose old root and keys the caller knows, before or after, to be field elements.
    /// @param header The words' header, by `_header`.
    /// @param evaluation Of the transfers, if the header says that they are in a blob; else empty.
    /// @return seal What the batch's challenge was made from.
    function _publicSignals(
        PackedBatchSize rows,
        PublishedWords.Header memory header,
        uint256 c,
        bytes calldata words,
        address beneficiary,
        Challenge.Evaluation memory evaluation
    ) internal pure returns (bytes32 seal, uint256[4] memory publicSignals) {
        if (c >= FIELD_ORDER) revert PublicInputNotInField(c);
        seal = Challenge.seal(Challenge.digest(c, beneficiary, words), evaluation);
        uint256 alpha = uint256(seal) % FIELD_ORDER;
        uint256 y = Challenge.evaluate(words, header, rows, alpha, evaluation.value);
        publicSignals = [c, y, alpha, evaluation.z];
    }

    function _requireValid(
        PackedBatchSize rows,
        uint256[8] calldata proof,
        uint256[4] memory publicSignals
    ) internal view {
        if (!Groth16.verify(rows.verifier(), proof, publicSignals)) revert InvalidProof();
    }
}
