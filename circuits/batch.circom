pragma circom 2.2.0;

include "bits.circom";
include "blob.circom";
include "commitment.circom";
include "generated/constants.circom";
include "l1_operation.circom";
include "poseidon.circom";
include "rows.circom";
include "segment.circom";
include "slot.circom";
include "transfer.circom";
include "tree_node.circom";
include "withdrawal.circom";

// A batch moves the state from oldRoot to a new root that its published words determine. Statement and soundness:
// docs/circuits/batch.md.
//
// c commits to everything that the identities in alpha speak of; alpha = keccak256(c, published words), by the
// contract; y = sum word_k * alpha^k ties the published words to the proven ones.
//
// transfers is even (two share a word) and, like withdrawals, at least 1. Withdrawals have a slot each.
template Batch(transfers, accounts, l1Operations, withdrawals, segments, nodes) {
    assert(withdrawals <= accounts);
    assert(1 + l1Operations + accounts <= 2 ** ACCESS_TIME_BITS());

    var HEADER_WORDS = 4;
    var L1_WORDS = 3;
    var WITHDRAWAL_WORDS = 2;
    var LEVELS = SEGMENT_LEVELS();
    var ACCESSES = l1Operations + accounts;

    signal input alpha;
    signal input z;
    signal output c;
    signal output y;

    // Header.
    signal input domain; // 232 bits, by the contract
    signal input oldRoot;
    signal input newRoot;
    signal input batchNumber; // u32
    signal input timestamp; // u40, seconds
    signal input token; // u16, of all transfers and withdrawals
    signal input feeAccount; // u32
    signal input blob; // whether the transfers' words are in one

    // L1 operations: the row, the fields of the account at its index, and the access to it.
    signal input l1Kind[l1Operations];
    signal input l1Index[l1Operations];
    signal input l1Token[l1Operations];
    signal input l1Address[l1Operations];
    signal input l1Amount[l1Operations];
    signal input l1AccountPubKeyY[l1Operations];
    signal input l1AccountL1Address[l1Operations];
    signal input l1AccountToken[l1Operations];
    signal input l1AccountNonce[l1Operations];
    signal input l1AccountBalance[l1Operations];
    signal input l1AccountExists[l1Operations];
    signal input l1Age[l1Operations];
    signal input l1Children[l1Operations][LEVELS][8];

    // Withdrawals: the signed fields and the signature. Withdrawal i is of the account in slot i.
    signal input withdrawalFrom[withdrawals];
    signal input withdrawalAmount[withdrawals];
    signal input withdrawalFeeMantissa[withdrawals];
    signal input withdrawalFeeExponent[withdrawals];
    signal input withdrawalNonce[withdrawals];
    signal input withdrawalValidUntil[withdrawals];
    signal input withdrawalLate[withdrawals];
    signal input withdrawalAx[withdrawals];
    signal input withdrawalAy[withdrawals];
    signal input withdrawalR8x[withdrawals];
    signal input withdrawalR8y[withdrawals];
    signal input withdrawalS[withdrawals];

    // Transfers: the signed fields and the signature.
    signal input transferFrom[transfers];
    signal input transferTo[transfers];
    signal input transferAmountMantissa[transfers];
    signal input transferAmountExponent[transfers];
    signal input transferFeeMantissa[transfers];
    signal input transferFeeExponent[transfers];
    signal input transferNonce[transfers];
    signal input transferValidUntil[transfers];
    signal input transferLate[transfers];
    signal input transferAx[transfers];
    signal input transferAy[transfers];
    signal input transferR8x[transfers];
    signal input transferR8y[transfers];
    signal input transferS[transfers];

    // Account slots: each account before and after all withdrawals, transfers and fees, and the access to it.
    signal input slotIndex[accounts];
    signal input slotPubKeyY[accounts];
    signal input slotL1Address[accounts];
    signal input slotNonce[accounts][2];
    signal input slotBalance[accounts][2];
    signal input slotExists[accounts];
    signal input slotAge[accounts];
    signal input slotChildren[accounts][LEVELS][8];

    // Segments: all that accesses read and write, each from its root before them to its root after them.
    signal input segmentActive[segments];
    signal input segmentIndex[segments];
    signal input segmentLast[segments];
    signal input segmentNode[segments][2];

    // Nodes of the tree above the touched segments, with their children before the batch and after it.
    signal input nodeActive[nodes];
    signal input nodeLabel[nodes];
    signal input nodeTouched[nodes][8];
    signal input nodeChild[nodes][2][8];

    // Reductions in the evaluation of a blob's polynomial.
    signal input blobQuotient[blobSteps(transfers \ 2, blobGroupSize(transfers \ 2))][4];
    signal input blobRemainder[blobSteps(transfers \ 2, blobGroupSize(transfers \ 2))][4];

    // A second challenge, for what stands on a bus beside a key or a node; and its square, for what stands beside both.
    signal beta <== Poseidon(1)([alpha]);
    signal gamma <== beta * beta;

    // Sums over the rows: fees, and their terms on the four buses. F, G and H compare them.
    var fees = 0;
    var changes = 0;
    var nonces = 0;
    var memory = 0;
    var tree = 0;

    // A. Header's ranges; the counts are sums of flags.
    RangeCheck(BATCH_NUMBER_BITS())(batchNumber);
    RangeCheck(TIMESTAMP_BITS())(timestamp);
    RangeCheck(TOKEN_BITS())(token);
    RangeCheck(INDEX_BITS())(feeAccount);
    blob * (blob - 1) === 0;

    // B. L1 operations.
    component l1[l1Operations];
    component l1Rows = ActiveRows(l1Operations);
    for (var i = 0; i < l1Operations; i++) {
        l1[i] = L1Operation(1 + i);
        l1[i].alpha <== alpha;
        l1[i].beta <== beta;
        l1[i].age <== l1Age[i];
        l1[i].kind <== l1Kind[i];
        l1[i].index <== l1Index[i];
        l1[i].token <== l1Token[i];
        l1[i].l1Address <== l1Address[i];
        l1[i].amount <== l1Amount[i];
        l1[i].accountPubKeyY <== l1AccountPubKeyY[i];
        l1[i].accountL1Address <== l1AccountL1Address[i];
        l1[i].accountToken <== l1AccountToken[i];
        l1[i].accountNonce <== l1AccountNonce[i];
        l1[i].accountBalance <== l1AccountBalance[i];
        l1[i].accountExists <== l1AccountExists[i];
        l1[i].children <== l1Children[i];
        l1Rows.active[i] <== l1[i].active;
        memory += l1[i].memory;
    }

    // C. Withdrawals.
    component withdrawal[withdrawals];
    component withdrawalRows = ActiveRows(withdrawals);
    for (var i = 0; i < withdrawals; i++) {
        withdrawal[i] = Withdrawal();
        withdrawal[i].alpha <== alpha;
        withdrawal[i].beta <== beta;
        withdrawal[i].gamma <== gamma;
        withdrawal[i].domain <== domain;
        withdrawal[i].token <== token;
        withdrawal[i].timestamp <== timestamp;
        withdrawal[i].from <== withdrawalFrom[i];
        withdrawal[i].amount <== withdrawalAmount[i];
        withdrawal[i].feeMantissa <== withdrawalFeeMantissa[i];
        withdrawal[i].feeExponent <== withdrawalFeeExponent[i];
        withdrawal[i].nonce <== withdrawalNonce[i];
        withdrawal[i].validUntil <== withdrawalValidUntil[i];
        withdrawal[i].late <== withdrawalLate[i];
        withdrawal[i].Ax <== withdrawalAx[i];
        withdrawal[i].Ay <== withdrawalAy[i];
        withdrawal[i].R8x <== withdrawalR8x[i];
        withdrawal[i].R8y <== withdrawalR8y[i];
        withdrawal[i].S <== withdrawalS[i];
        withdrawal[i].slotIndex <== slotIndex[i];
        withdrawal[i].slotExists <== slotExists[i];
        withdrawal[i].slotL1Address <== slotL1Address[i];
        withdrawalRows.active[i] <== withdrawal[i].active;
        fees += withdrawal[i].fee;
        changes += withdrawal[i].change;
        nonces += withdrawal[i].nonces;
    }

    // D. Transfers.
    component transfer[transfers];
    component transferRows = ActiveRows(transfers);
    for (var i = 0; i < transfers; i++) {
        transfer[i] = Transfer();
        transfer[i].alpha <== alpha;
        transfer[i].beta <== beta;
        transfer[i].gamma <== gamma;
        transfer[i].domain <== domain;
        transfer[i].token <== token;
        transfer[i].timestamp <== timestamp;
        transfer[i].from <== transferFrom[i];
        transfer[i].to <== transferTo[i];
        transfer[i].amountMantissa <== transferAmountMantissa[i];
        transfer[i].amountExponent <== transferAmountExponent[i];
        transfer[i].feeMantissa <== transferFeeMantissa[i];
        transfer[i].feeExponent <== transferFeeExponent[i];
        transfer[i].nonce <== transferNonce[i];
        transfer[i].validUntil <== transferValidUntil[i];
        transfer[i].late <== transferLate[i];
        transfer[i].Ax <== transferAx[i];
        transfer[i].Ay <== transferAy[i];
        transfer[i].R8x <== transferR8x[i];
        transfer[i].R8y <== transferR8y[i];
        transfer[i].S <== transferS[i];
        transferRows.active[i] <== transfer[i].active;
        fees += transfer[i].fee;
        changes += transfer[i].change;
        nonces += transfer[i].nonces;
    }

    // E. Account slots.
    component slot[accounts];
    var slotChanges = 0;
    var slotNonces = 0;
    for (var i = 0; i < accounts; i++) {
        slot[i] = Slot(1 + l1Operations + i);
        slot[i].alpha <== alpha;
        slot[i].beta <== beta;
        slot[i].gamma <== gamma;
        slot[i].age <== slotAge[i];
        slot[i].token <== token;
        slot[i].index <== slotIndex[i];
        slot[i].pubKeyY <== slotPubKeyY[i];
        slot[i].l1Address <== slotL1Address[i];
        slot[i].nonce <== slotNonce[i];
        slot[i].balance <== slotBalance[i];
        slot[i].exists <== slotExists[i];
        slot[i].children <== slotChildren[i];
        slotChanges += slot[i].change;
        slotNonces += slot[i].nonces;
        memory += slot[i].memory;
    }

    // F. The buses of balances and nonces: each account changes by its rows and by the fees that it is credited with, and
    // its nonces are used once each, under its own key.
    signal feeChange <== Quotient()(fees, alpha - feeAccount);
    changes + feeChange === slotChanges;
    nonces === slotNonces;

    // G. Segments. The memory bus: what an access reads is what the last access to the segment, or the segment itself,
    // wrote.
    component segment[segments];
    for (var j = 0; j < segments; j++) {
        segment[j] = TouchedSegment();
        segment[j].alpha <== alpha;
        segment[j].beta <== beta;
        segment[j].gamma <== gamma;
        segment[j].active <== segmentActive[j];
        segment[j].segment <== segmentIndex[j];
        segment[j].last <== segmentLast[j];
        segment[j].node <== segmentNode[j];
        memory += segment[j].memory;
        tree += segment[j].tree;
    }
    memory === 0;

    // H. The nodes above them, each once, up to the state's root. The tree bus: each segment and each node is the child of a
    // node, and the one with the label 0 is the root, old and new.
    component node[nodes];
    for (var i = 0; i < nodes; i++) {
        node[i] = TreeNode();
        node[i].alpha <== alpha;
        node[i].beta <== beta;
        node[i].gamma <== gamma;
        node[i].active <== nodeActive[i];
        node[i].label <== nodeLabel[i];
        node[i].touched <== nodeTouched[i];
        node[i].child <== nodeChild[i];
        tree += node[i].tree;
    }
    signal roots <== (oldRoot + beta) * (newRoot + gamma);
    signal rootTaken <== Quotient()(1, alpha - roots);
    tree === rootTaken;

    // I. A batch without transfers and withdrawals names no token and no fee account.
    signal idle <== (1 - transfer[0].active) * (1 - withdrawal[0].active);
    idle * token === 0;
    idle * feeAccount === 0;

    // J. The transfers' words, and the value at z of the polynomial that has them as coefficients.
    component polynomial = BlobEvaluation(transfers \ 2);
    signal transfersWord[transfers \ 2];
    polynomial.z <== z;
    for (var i = 0; i < transfers; i += 2) {
        polynomial.word[i \ 2] <== [
            transfer[i + 1].payment,
            transfer[i + 1].parties,
            transfer[i].payment,
            transfer[i].parties
        ];
        transfersWord[i \ 2] <== transfer[i + 1].payment
            + transfer[i + 1].parties * 2 ** TRANSFER_TO()
            + transfer[i].payment * 2 ** TRANSFERS_WORD_EVEN()
            + transfer[i].parties * 2 ** (TRANSFERS_WORD_EVEN() + TRANSFER_TO());
    }
    polynomial.quotient <== blobQuotient;
    polynomial.remainder <== blobRemainder;

    // K. The published words. If the transfers' are in a blob, its value stands for them.
    var committedWords = HEADER_WORDS + L1_WORDS * l1Operations + WITHDRAWAL_WORDS * withdrawals;
    var nWords = committedWords + EVALUATION_WORDS() + 1;
    signal words[nWords];
    words[0] <== domain;
    words[1] <== oldRoot;
    words[2] <== newRoot;
    words[3] <== transferRows.count
        + withdrawalRows.count * 2 ** NUMBERS_WORD_WITHDRAWALS()
        + l1Rows.count * 2 ** NUMBERS_WORD_L1_OPERATIONS()
        + feeAccount * 2 ** NUMBERS_WORD_FEE_ACCOUNT()
        + token * 2 ** NUMBERS_WORD_TOKEN()
        + timestamp * 2 ** NUMBERS_WORD_TIMESTAMP()
        + batchNumber * 2 ** NUMBERS_WORD_BATCH_NUMBER()
        + blob * 2 ** NUMBERS_WORD_BLOB();
    var at = HEADER_WORDS;
    for (var i = 0; i < l1Operations; i++) {
        for (var j = 0; j < L1_WORDS; j++) {
            words[at] <== l1[i].words[j];
            at++;
        }
    }
    for (var i = 0; i < withdrawals; i++) {
        for (var j = 0; j < WITHDRAWAL_WORDS; j++) {
            words[at] <== withdrawal[i].words[j];
            at++;
        }
    }
    words[at] <== blob * polynomial.value[0];
    words[at + 1] <== blob * (polynomial.value[1] + polynomial.value[2] * 2 ** 32);
    words[at + 2] <== blob * polynomial.value[3];
    signal transfersSum <== Evaluation(transfers \ 2)(transfersWord, alpha);
    words[at + EVALUATION_WORDS()] <== (1 - blob) * transfersSum;
    y <== Evaluation(nWords)(words, alpha);

    // L. The commitment: the words but for the transfers', the signature hashes, which fix the transfers' and the signed
    // rows' nonces and keys, and for each access, segment and node its position and its roots.
    component accessPositions = Packed(ACCESSES, ACCESS_WIDTH());
    component segmentPositions = Packed(segments, TOUCHED_SEGMENT_WIDTH());
    component nodePositions = Packed(nodes, TREE_NODE_WIDTH());
    var packedAccesses = packedElements(ACCESSES, ACCESS_WIDTH());
    var packedSegments = packedElements(segments, TOUCHED_SEGMENT_WIDTH());
    var packedNodes = packedElements(nodes, TREE_NODE_WIDTH());
    var nElements = committedWords + withdrawals + transfers
        + packedAccesses + packedSegments + packedNodes
        + 2 * (ACCESSES + segments + nodes);
    var element[nElements];
    var absorbed = 0;
    for (var k = 0; k < committedWords; k++) {
        element[absorbed] = words[k];
        absorbed++;
    }
    for (var i = 0; i < withdrawals; i++) {
        element[absorbed] = withdrawal[i].h;
        absorbed++;
    }
    for (var i = 0; i < transfers; i++) {
        element[absorbed] = transfer[i].h;
        absorbed++;
    }
    for (var i = 0; i < l1Operations; i++) {
        accessPositions.parts[i] <== l1[i].position;
        element[absorbed] = l1[i].node[0];
        element[absorbed + 1] = l1[i].node[1];
        absorbed += 2;
    }
    for (var i = 0; i < accounts; i++) {
        accessPositions.parts[l1Operations + i] <== slot[i].position;
        element[absorbed] = slot[i].node[0];
        element[absorbed + 1] = slot[i].node[1];
        absorbed += 2;
    }
    for (var j = 0; j < segments; j++) {
        segmentPositions.parts[j] <== segment[j].position;
        element[absorbed] = segmentNode[j][0];
        element[absorbed + 1] = segmentNode[j][1];
        absorbed += 2;
    }
    for (var i = 0; i < nodes; i++) {
        nodePositions.parts[i] <== node[i].position;
        element[absorbed] = node[i].node[0];
        element[absorbed + 1] = node[i].node[1];
        absorbed += 2;
    }
    for (var k = 0; k < packedAccesses; k++) {
        element[absorbed] = accessPositions.out[k];
        absorbed++;
    }
    for (var k = 0; k < packedSegments; k++) {
        element[absorbed] = segmentPositions.out[k];
        absorbed++;
    }
    for (var k = 0; k < packedNodes; k++) {
        element[absorbed] = nodePositions.out[k];
        absorbed++;
    }
    c <== Commitment(nElements)(element);
}
