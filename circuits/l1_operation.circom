pragma circom 2.2.0;

include "account.circom";
include "bits.circom";
include "generated/constants.circom";
include "segment.circom";

// A row for what came from L1: 0 unused, 1 deposit, 2 creation, 3 forced withdrawal.
//
// words = [kind | index | token | l1Address, pubKeyY, amount] as published. account* are the fields of the leaf at the
// index; for a deposit or a creation they are the operation's own, so an index owned by another has no proof.
// It accesses its segment at the given time.
template L1Operation(time) {
    signal input alpha;
    signal input beta;
    signal input age;
    signal input kind;
    signal input index;
    signal input token;
    signal input l1Address;
    signal input amount;
    signal input accountPubKeyY;
    signal input accountL1Address;
    signal input accountToken;
    signal input accountNonce;
    signal input accountBalance;
    signal input accountExists;
    signal input children[SEGMENT_LEVELS()][8];
    signal output active;
    signal output words[3];
    signal output position;
    signal output node[2];
    signal output memory;

    // A. What kind of row this is.
    signal kindBits[2] <== ToBits(2)(kind);
    signal forced <== kindBits[0] * kindBits[1];
    var deposit = kindBits[0] - forced;
    var creation = kindBits[1] - forced;
    var credits = deposit + creation;
    active <== credits + forced;

    // B. Ranges of what is packed; the index's is checked with the path.
    RangeCheck(TOKEN_BITS())(token);
    RangeCheck(L1_ADDRESS_BITS())(l1Address);
    RangeCheck(TOKEN_BITS())(accountToken);

    // C. Does the account at the index belong to the operation? Whole committed elements are compared.
    signal sameAddress <== IsZero()(accountL1Address - l1Address);
    signal sameToken <== IsZero()(accountToken - token);
    signal same <== sameAddress * sameToken;
    credits * (1 - same) === 0;
    creation * accountExists === 0;
    signal atIndexZero <== IsZero()(index);
    credits * atIndexZero === 0;

    // D. How the balance moves. A forced withdrawal that matches takes all, one that does not takes nothing; the
    // amount of every row but a deposit's follows. A deposit's is below 2^128 by the L1 queue.
    signal forcedSame <== forced * same;
    signal matches <== forcedSame * accountExists;
    signal credited <== deposit * amount;
    signal taken <== matches * accountBalance;
    amount === credited + taken;

    // E. The account. A credit makes it exist; an unused row stands at index 0, which no credit can fill.
    signal created <== credits * (1 - accountExists);
    component update = AccountUpdate(0);
    update.index <== index;
    update.pubKeyY <== accountPubKeyY;
    update.l1Address <== accountL1Address;
    update.token <== accountToken;
    update.nonce <== [accountNonce, accountNonce];
    update.balance <== [accountBalance, accountBalance + credited - taken];
    update.exists <== [accountExists, accountExists + created];
    update.children <== children;
    node <== update.node;

    component access = SegmentAccess(time);
    access.alpha <== alpha;
    access.beta <== beta;
    access.index <== index;
    access.segment <== update.segment;
    access.age <== age;
    access.node <== node;
    position <== access.position;
    memory <== access.memory;

    // F. What is published. Only a credit publishes the key; an unused row publishes zeros.
    words[0] <== l1Address + token * 2 ** L1_WORD_TOKEN() + index * 2 ** L1_WORD_INDEX() + kind * 2 ** L1_WORD_KIND();
    words[1] <== credits * accountPubKeyY;
    words[2] <== amount;
    (1 - active) * words[0] === 0;
}
