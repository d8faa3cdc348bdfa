pragma circom 2.2.0;

include "account.circom";
include "generated/constants.circom";

// Credits the sum of a batch's fees to one account of the batch's token. Nothing happens when there are none: then
// the account may be empty, and stays so.
template FeeCredit() {
    signal input root;
    signal input token;
    signal input fees;
    signal input index;
    signal input pubKeyY;
    signal input l1Address;
    signal input nonce;
    signal input balance;
    signal input exists;
    signal input children[TREE_LEVELS()][8];
    signal output newRoot;

    (1 - exists) * fees === 0;

    component update = AccountUpdate(0);
    update.root <== root;
    update.index <== index;
    update.pubKeyY <== pubKeyY;
    update.l1Address <== l1Address;
    update.token <== token;
    update.nonce <== [nonce, nonce];
    update.balance <== [balance, balance + fees];
    update.exists <== [exists, exists];
    update.children <== children;
    newRoot <== update.newRoot;
}
