pragma circom 2.2.0;

include "account.circom";
include "bits.circom";
include "eddsa.circom";
include "float.circom";
include "generated/constants.circom";
include "signed_row.circom";

// A row that takes an exact amount out of the rollup, to the account's L1 address.
// words = [from | fee | l1Address, amount] as published.
template Withdrawal() {
    signal input root;
    signal input domain;
    signal input token;
    signal input timestamp;
    signal input from;
    signal input amount;
    signal input feeMantissa;
    signal input feeExponent;
    signal input nonce;
    signal input validUntil;
    signal input Ax;
    signal input Ay;
    signal input R8x;
    signal input R8y;
    signal input S;
    signal input l1Address;
    signal input balance;
    signal input children[TREE_LEVELS()][8];
    signal output active;
    signal output fee;
    signal output words[2];
    signal output newRoot;

    // A. The fields, in their ranges; from and nonce are checked with the account.
    RangeCheck(BALANCE_BITS())(amount);
    RangeCheck(L1_ADDRESS_BITS())(l1Address);
    component feeFloat = DecimalFloat(FEE_MANTISSA_BITS(), FEE_EXPONENT_BITS());
    feeFloat.mantissa <== feeMantissa;
    feeFloat.exponent <== feeExponent;
    fee <== feeFloat.value;

    // B. The signature, over the fields. 1 in the domain keeps it apart from a transfer's.
    signal unused <== IsZero()(from);
    active <== 1 - unused;
    var fields = from
        + feeFloat.code * 2 ** WITHDRAWAL_PAYLOAD_FEE()
        + nonce * 2 ** WITHDRAWAL_PAYLOAD_NONCE()
        + amount * 2 ** WITHDRAWAL_PAYLOAD_AMOUNT();
    component signed = SignedRow(WITHDRAWAL_PAYLOAD_VALID_UNTIL());
    signed.active <== active;
    signed.domain <== domain + 1;
    signed.token <== token;
    signed.timestamp <== timestamp;
    signed.fields <== fields;
    signed.validUntil <== validUntil;
    signed.Ax <== Ax;
    signed.Ay <== Ay;
    signed.R8x <== R8x;
    signed.R8y <== R8y;
    signed.S <== S;

    // C. The account pays. It must exist exactly if the row is used; an unused row stands at index 0.
    component update = AccountUpdate(1);
    update.root <== root;
    update.index <== from;
    update.pubKeyY <== Ay;
    update.l1Address <== l1Address;
    update.token <== token;
    update.nonce <== [nonce, nonce + 1];
    update.balance <== [balance, balance - amount - fee];
    update.exists <== [active, active];
    update.children <== children;
    newRoot <== update.newRoot;

    // D. What is published.
    words[0] <== l1Address + feeFloat.code * 2 ** WITHDRAWAL_WORD_FEE() + from * 2 ** WITHDRAWAL_WORD_FROM();
    words[1] <== amount;
    (1 - active) * l1Address === 0;
}
