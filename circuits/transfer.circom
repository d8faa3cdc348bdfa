pragma circom 2.2.0;

include "bits.circom";
include "bus.circom";
include "float.circom";
include "generated/constants.circom";
include "signed_row.circom";

// A row that moves an amount between two accounts. It touches no account: what it changes goes on the bus, and the
// account slots take it off (docs/circuits/batch.md).
//
// parties = from | to and payment = amount | fee, as published one above the other; change and nonces are the row's terms in the sums over
// 1 / (alpha - account) and 1 / (alpha - (account, nonce, key)).
template Transfer() {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input domain;
    signal input token;
    signal input timestamp;
    signal input from;
    signal input to;
    signal input amountMantissa;
    signal input amountExponent;
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
    signal output active;
    signal output fee;
    signal output parties;
    signal output payment;
    signal output h;
    signal output change;
    signal output nonces;

    // A. The fields, in their ranges.
    RangeCheck(INDEX_BITS())(from);
    RangeCheck(INDEX_BITS())(to);
    RangeCheck(NONCE_BITS())(nonce);
    component amountFloat = DecimalFloat(AMOUNT_MANTISSA_BITS(), AMOUNT_EXPONENT_BITS());
    amountFloat.mantissa <== amountMantissa;
    amountFloat.exponent <== amountExponent;
    component feeFloat = DecimalFloat(FEE_MANTISSA_BITS(), FEE_EXPONENT_BITS());
    feeFloat.mantissa <== feeMantissa;
    feeFloat.exponent <== feeExponent;
    fee <== feeFloat.value;
    payment <== feeFloat.code + amountFloat.code * 2 ** TRANSFER_AMOUNT();
    parties <== to + from * 2 ** (TRANSFER_FROM() - TRANSFER_TO());

    // B. The signature, over the fields.
    component signed = SignedRow(TRANSFER_PAYLOAD_VALID_UNTIL());
    signed.from <== from;
    signed.domain <== domain;
    signed.token <== token;
    signed.timestamp <== timestamp;
    signed.fields <== payment + parties * 2 ** TRANSFER_TO() + nonce * 2 ** TRANSFER_PAYLOAD_NONCE();
    signed.validUntil <== validUntil;
    signed.late <== late;
    signed.Ax <== Ax;
    signed.Ay <== Ay;
    signed.R8x <== R8x;
    signed.R8y <== R8y;
    signed.S <== S;
    active <== signed.active;
    h <== signed.h;

    // C. Balances: the receiver gains the amount, the sender loses amount and fee.
    signal gained <== Quotient()(amountFloat.value, alpha - to);
    signal lost <== Quotient()(amountFloat.value + fee, alpha - from);
    change <== gained - lost;

    // D. Nonces.
    nonces <== NonceStep()(alpha, beta, gamma, active, from, nonce, Ay);
}
