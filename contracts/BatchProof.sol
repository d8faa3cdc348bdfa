// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {BatchSizeTable} from "./BatchSizeTable.sol";
import {FIELD_ORDER} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {Domain} from "./libraries/Domain.sol";
import {Groth16} from "./libraries/Groth16.sol";
import {PackedBatchSize} from "./libraries/PackedBatchSize.sol";
import {PublishedWords} from "./libraries/PublishedWords.sol";

/// @title Whether a proof shows what a batch's published words say
/// @dev Here is what holds for a batch at any time. Whether it is the next one is `Rollup`'s to say.
abstract contract BatchProof is BatchSizeTable {
    uint256 private immutable _CHAIN_ID = block.chainid;
    uint256 private immutable _DOMAIN = Domain.derive(block.chainid, address(this));

    /// @inheritdoc IRollup
    function domain() public view returns (uint256) {
        return block.chainid == _CHAIN_ID ? _DOMAIN : Domain.derive(block.chainid, address(this));
    }

    /// @dev Opens the header of words of this rollup whose rows fit the size. The counts alone say where each row stands, and
    /// with the length compared, no string of bytes can be read in two ways.
    function _header(
        PackedBatchSize rows,
        bytes calldata words
    ) internal view returns (PublishedWords.Header memory header) {
        header = PublishedWords.header(words);
        if (
            header.l1Operations > rows.l1Operations() ||
            header.withdrawals > rows.withdrawals() ||
            header.transfers > rows.transfers()
        ) revert TooManyRows(header.l1Operations, header.withdrawals, header.transfers);
        uint256 length = PublishedWords.length(header.l1Operations, header.withdrawals, header.transfers);
        if (words.length != length) revert WrongLength(length, words.length);
        if (header.domain != domain()) revert WrongDomain(domain(), header.domain);
        if (header.newRoot >= FIELD_ORDER) revert RootNotInField(header.newRoot);
    }

    /// @dev Verifies a proof of words whose old root and keys the caller knows, before or after, to be field elements.
    /// @param header The words' header, by `_header`.
    /// @return digest What the batch's challenge was made from.
    function _verify(
        PackedBatchSize rows,
        PublishedWords.Header memory header,
        uint256[8] calldata proof,
        uint256 c,
        bytes calldata words,
        address beneficiary
    ) internal view returns (bytes32 digest) {
        if (c >= FIELD_ORDER) revert PublicInputNotInField(c);
        digest = Challenge.digest(c, beneficiary, words);
        uint256 alpha = uint256(digest) % FIELD_ORDER;
        uint256 y = Challenge.evaluate(words, header, rows, alpha);
        // No transfers are in a blob, so z is 0.
        if (!Groth16.verify(rows.verifier(), proof, [c, y, alpha, 0])) revert InvalidProof();
    }
}
