pragma circom 2.2.0;

include "bits.circom";
include "bus.circom";
include "float.circom";
include "generated/constants.circom";
include "signed_row.circom";

// A row that takes an exact amount out of the rollup, to the account's L1 address. Like a transfer it touches no account:
// change and nonces are its terms on the bus, and one account slot is wired to it, which has the L1 address.
//
// words = [from | fee | l1Address, amount] as published.
template Withdrawal() {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input domain;
    signal input token;
    signal input timestamp;
    signal input from;
    signal input amount;
    signal input feeMantissa;
    signal input feeExponent;
    signal input nonce;
    signal input validUntil;
    signal input late;
    signal input Ax;
    signal input Ay;
    signal input R8x;
    signal input R8y;
    signal input S;
    signal input slotIndex;
    signal input slotExists; // a bit by the slot
    signal input slotL1Address;
    signal output active;
    signal output fee;
    signal output words[2];
    signal output h;
    signal output change;
    signal output nonces;

    // A. The fields, in their ranges.
    RangeCheck(INDEX_BITS())(from);
    RangeCheck(BALANCE_BITS())(amount);
    RangeCheck(NONCE_BITS())(nonce);
    component feeFloat = DecimalFloat(FEE_MANTISSA_BITS(), FEE_EXPONENT_BITS());
    feeFloat.mantissa <== feeMantissa;
    feeFloat.exponent <== feeExponent;
    fee <== feeFloat.value;

    // B. The signature, over the fields. 1 in the domain keeps it apart from a transfer's.
    var fields = from
        + feeFloat.code * 2 ** WITHDRAWAL_PAYLOAD_FEE()
        + nonce * 2 ** WITHDRAWAL_PAYLOAD_NONCE()
        + amount * 2 ** WITHDRAWAL_PAYLOAD_AMOUNT();
    component signed = SignedRow(WITHDRAWAL_PAYLOAD_VALID_UNTIL());
    signed.from <== from;
    signed.domain <== domain + 1;
    signed.token <== token;
    signed.timestamp <== timestamp;
    signed.fields <== fields;
    signed.validUntil <== validUntil;
    signed.late <== late;
    signed.Ax <== Ax;
    signed.Ay <== Ay;
    signed.R8x <== R8x;
    signed.R8y <== R8y;
    signed.S <== S;
    active <== signed.active;
    h <== signed.h;

    // C. The account, which pays amount and fee and uses its nonce. Its L1 address is in the slot's leaf.
    active * (slotIndex - from) === 0;
    active * (1 - slotExists) === 0;
    signal l1Address <== active * slotL1Address;
    RangeCheck(L1_ADDRESS_BITS())(l1Address);
    signal lost <== Quotient()(amount + fee, alpha - from);
    change <== -lost;
    nonces <== NonceStep()(alpha, beta, gamma, active, from, nonce, Ay);

    // D. What is published.
    words[0] <== l1Address + feeFloat.code * 2 ** WITHDRAWAL_WORD_FEE() + from * 2 ** WITHDRAWAL_WORD_FROM();
    words[1] <== amount;
}
