pragma circom 2.2.0;

include "bits.circom";
include "commitment.circom";
include "fee.circom";
include "generated/constants.circom";
include "l1_operation.circom";
include "poseidon.circom";
include "rows.circom";
include "slot.circom";
include "transfer.circom";
include "withdrawal.circom";

// A batch moves the state from oldRoot to a new root that its published words determine. Statement and soundness:
// docs/circuits/batch.md.
//
// c commits to everything that the identities in alpha speak of; alpha = keccak256(c, published words), by the
// contract; y = sum word_k * alpha^k ties the published words to the proven ones.
//
// transfers is even (two share a word) and, like withdrawals, at least 1.
template Batch(transfers, accounts, l1Operations, withdrawals) {
    var HEADER_WORDS = 4;
    var L1_WORDS = 3;
    var WITHDRAWAL_WORDS = 2;
    var LEVELS = TREE_LEVELS();

    signal input alpha;
    signal output c;
    signal output y;

    // Header.
    signal input domain; // 232 bits, by the contract
    signal input oldRoot;
    signal input batchNumber; // u32
    signal input timestamp; // u40, seconds
    signal input token; // u16, of all transfers and withdrawals
    signal input feeAccount; // u32

    // L1 operations: the row, and the fields of the account at its index.
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
    signal input l1Children[l1Operations][LEVELS][8];

    // Withdrawals: the signed fields, the signature, and the rest of the account at `from`.
    signal input withdrawalFrom[withdrawals];
    signal input withdrawalAmount[withdrawals];
    signal input withdrawalFeeMantissa[withdrawals];
    signal input withdrawalFeeExponent[withdrawals];
    signal input withdrawalNonce[withdrawals];
    signal input withdrawalValidUntil[withdrawals];
    signal input withdrawalAx[withdrawals];
    signal input withdrawalAy[withdrawals];
    signal input withdrawalR8x[withdrawals];
    signal input withdrawalR8y[withdrawals];
    signal input withdrawalS[withdrawals];
    signal input withdrawalL1Address[withdrawals];
    signal input withdrawalBalance[withdrawals];
    signal input withdrawalChildren[withdrawals][LEVELS][8];

    // Transfers: the signed fields and the signature.
    signal input transferFrom[transfers];
    signal input transferTo[transfers];
    signal input transferAmountMantissa[transfers];
    signal input transferAmountExponent[transfers];
    signal input transferFeeMantissa[transfers];
    signal input transferFeeExponent[transfers];
    signal input transferNonce[transfers];
    signal input transferValidUntil[transfers];
    signal input transferAx[transfers];
    signal input transferAy[transfers];
    signal input transferR8x[transfers];
    signal input transferR8y[transfers];
    signal input transferS[transfers];

    // Account slots: each account before and after all transfers.
    signal input slotIndex[accounts];
    signal input slotPubKeyY[accounts];
    signal input slotL1Address[accounts];
    signal input slotNonce[accounts][2];
    signal input slotBalance[accounts][2];
    signal input slotExists[accounts];
    signal input slotChildren[accounts][LEVELS][8];

    // The account that is credited with the fees.
    signal input feePubKeyY;
    signal input feeL1Address;
    signal input feeNonce;
    signal input feeBalance;
    signal input feeExists;
    signal input feeChildren[LEVELS][8];

    // A second challenge: keys and indexes meet on the bus as index + nonce * 2^32 + beta * key.
    signal beta <== Poseidon(1)([alpha]);
    var fees = 0;

    // A. Header's ranges; feeAccount's is checked with its path, the counts are sums of flags.
    RangeCheck(BATCH_NUMBER_BITS())(batchNumber);
    RangeCheck(TIMESTAMP_BITS())(timestamp);
    RangeCheck(TOKEN_BITS())(token);

    // B. L1 operations.
    component l1[l1Operations];
    signal rootAfterL1[l1Operations + 1];
    rootAfterL1[0] <== oldRoot;
    component l1Rows = ActiveRows(l1Operations);
    for (var i = 0; i < l1Operations; i++) {
        l1[i] = L1Operation();
        l1[i].root <== rootAfterL1[i];
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
        rootAfterL1[i + 1] <== l1[i].newRoot;
    }

    // C. Withdrawals.
    component withdrawal[withdrawals];
    signal rootAfterWithdrawals[withdrawals + 1];
    rootAfterWithdrawals[0] <== rootAfterL1[l1Operations];
    component withdrawalRows = ActiveRows(withdrawals);
    for (var i = 0; i < withdrawals; i++) {
        withdrawal[i] = Withdrawal();
        withdrawal[i].root <== rootAfterWithdrawals[i];
        withdrawal[i].domain <== domain;
        withdrawal[i].token <== token;
        withdrawal[i].timestamp <== timestamp;
        withdrawal[i].from <== withdrawalFrom[i];
        withdrawal[i].amount <== withdrawalAmount[i];
        withdrawal[i].feeMantissa <== withdrawalFeeMantissa[i];
        withdrawal[i].feeExponent <== withdrawalFeeExponent[i];
        withdrawal[i].nonce <== withdrawalNonce[i];
        withdrawal[i].validUntil <== withdrawalValidUntil[i];
        withdrawal[i].Ax <== withdrawalAx[i];
        withdrawal[i].Ay <== withdrawalAy[i];
        withdrawal[i].R8x <== withdrawalR8x[i];
        withdrawal[i].R8y <== withdrawalR8y[i];
        withdrawal[i].S <== withdrawalS[i];
        withdrawal[i].l1Address <== withdrawalL1Address[i];
        withdrawal[i].balance <== withdrawalBalance[i];
        withdrawal[i].children <== withdrawalChildren[i];
        withdrawalRows.active[i] <== withdrawal[i].active;
        fees += withdrawal[i].fee;
        rootAfterWithdrawals[i + 1] <== withdrawal[i].newRoot;
    }

    // D. Transfers' rows.
    component transfer[transfers];
    component transferRows = ActiveRows(transfers);
    var transferChanges = 0;
    var transferNonces = 0;
    for (var i = 0; i < transfers; i++) {
        transfer[i] = Transfer();
        transfer[i].alpha <== alpha;
        transfer[i].beta <== beta;
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
        transfer[i].Ax <== transferAx[i];
        transfer[i].Ay <== transferAy[i];
        transfer[i].R8x <== transferR8x[i];
        transfer[i].R8y <== transferR8y[i];
        transfer[i].S <== transferS[i];
        transferRows.active[i] <== transfer[i].active;
        fees += transfer[i].fee;
        transferChanges += transfer[i].change;
        transferNonces += transfer[i].nonces;
    }

    // E. Account slots.
    component slot[accounts];
    signal rootAfterSlots[accounts + 1];
    rootAfterSlots[0] <== rootAfterWithdrawals[withdrawals];
    var slotChanges = 0;
    var slotNonces = 0;
    for (var i = 0; i < accounts; i++) {
        slot[i] = Slot();
        slot[i].alpha <== alpha;
        slot[i].beta <== beta;
        slot[i].root <== rootAfterSlots[i];
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
        rootAfterSlots[i + 1] <== slot[i].newRoot;
    }

    // F. The bus: each account changes by its transfers, and its nonces are used once each, under its own key.
    transferChanges === slotChanges;
    transferNonces === slotNonces;

    // G. Fees.
    component fee = FeeCredit();
    fee.root <== rootAfterSlots[accounts];
    fee.token <== token;
    fee.fees <== fees;
    fee.index <== feeAccount;
    fee.pubKeyY <== feePubKeyY;
    fee.l1Address <== feeL1Address;
    fee.nonce <== feeNonce;
    fee.balance <== feeBalance;
    fee.exists <== feeExists;
    fee.children <== feeChildren;

    // H. A batch without transfers and withdrawals names no token and no fee account.
    signal idle <== (1 - transfer[0].active) * (1 - withdrawal[0].active);
    idle * token === 0;
    idle * feeAccount === 0;

    // I. The published words.
    var committedWords = HEADER_WORDS + L1_WORDS * l1Operations + WITHDRAWAL_WORDS * withdrawals;
    var nWords = committedWords + transfers \ 2;
    signal words[nWords];
    words[0] <== domain;
    words[1] <== oldRoot;
    words[2] <== fee.newRoot;
    words[3] <== transferRows.count
        + withdrawalRows.count * 2 ** NUMBERS_WORD_WITHDRAWALS()
        + l1Rows.count * 2 ** NUMBERS_WORD_L1_OPERATIONS()
        + feeAccount * 2 ** NUMBERS_WORD_FEE_ACCOUNT()
        + token * 2 ** NUMBERS_WORD_TOKEN()
        + timestamp * 2 ** NUMBERS_WORD_TIMESTAMP()
        + batchNumber * 2 ** NUMBERS_WORD_BATCH_NUMBER();
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
    for (var i = 0; i < transfers; i += 2) {
        words[at] <== transfer[i + 1].packed + transfer[i].packed * 2 ** TRANSFERS_WORD_EVEN();
        at++;
    }
    y <== Evaluation(nWords)(words, alpha);

    // J. The commitment: the words but for the transfers', which their signature hashes fix, and the slots' leaves.
    var nElements = committedWords + transfers + 2 * accounts;
    component commitment = Commitment(nElements);
    var absorbed = 0;
    for (var k = 0; k < committedWords; k++) {
        commitment.elements[absorbed] <== words[k];
        absorbed++;
    }
    for (var i = 0; i < transfers; i++) {
        commitment.elements[absorbed] <== transfer[i].h;
        absorbed++;
    }
    for (var i = 0; i < accounts; i++) {
        for (var k = 0; k < 2; k++) {
            commitment.elements[absorbed] <== slot[i].leaf[k];
            absorbed++;
        }
    }
    c <== commitment.out;
}
