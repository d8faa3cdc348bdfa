pragma circom 2.2.0;

include "babyjub.circom";
include "generated/fixed_base.circom";

// out = k * B8 for an odd integer k in (-2^251, 2^251) of the prover's choice: scalar, or scalar - l if that is odd.
// `scalar`, below l, is there for the prover; no constraint has it.
//
// k = sum of d_i * 8^i, i = 0 … 83, with digits ±1, ±3, ±5, ±7, and ±1, ±3 for the last. With p_d = d * 8^i * B8, digit
// i stands for the point ±p_d = (x[i], y[i]). docs/circuits/signature.md has the argument.
template FixedBaseMultiply() {
    signal input scalar;
    signal output out[2];

    var X[83][4] = fixedBaseX();
    var Y[83][4] = fixedBaseY();
    var slope[83][4] = fixedBaseSlope();
    var intercept[83][4] = fixedBaseIntercept();
    var last[2][2] = fixedBaseLast();

    // k = sum of ±2^j, j = 0 … 250; bit j is set if 2^j counts positive.
    var signs = scalar % 2 == 1 ? (scalar + 2 ** 251 - 1) \ 2 : (scalar + 2 ** 251 - 1 - subgroupOrder()) \ 2;

    // A. Digits 0 … 82. Three bits make ±4 ± 2 ± 1: the top one is the digit's sign.
    signal x[83];
    signal w[83];
    signal y[83];
    for (var i = 0; i < 83; i++) {
        var bits = (signs >> (3 * i)) & 7;
        var magnitude = bits >= 4 ? bits - 4 : 3 - bits;
        x[i] <-- X[i][magnitude];
        w[i] <-- Y[i][magnitude];
        y[i] <-- bits >= 4 ? w[i] : -w[i];

        // (x, w) is on the line through p_1 and p_3 or p_5 and p_7, and on that through p_1 and p_5 or p_3 and p_7.
        (w[i] - slope[i][0] * x[i] - intercept[i][0]) * (w[i] - slope[i][1] * x[i] - intercept[i][1]) === 0;
        (w[i] - slope[i][2] * x[i] - intercept[i][2]) * (w[i] - slope[i][3] * x[i] - intercept[i][3]) === 0;
        (y[i] - w[i]) * (y[i] + w[i]) === 0;
    }

    // B. Their sum, lowest first, so that what is added is always larger than the sum so far
    component sum[83];
    for (var i = 1; i < 83; i++) {
        sum[i] = MontgomeryAdd();
        if (i == 1) {
            sum[i].a <== [x[0], y[0]];
        } else {
            sum[i].a <== sum[i - 1].out;
        }
        sum[i].b <== [x[i], y[i]];
    }
    signal low[2] <== MontgomeryToEdwards()(sum[82].out);

    // C. The last digit, in Edwards form, where -(X, Y) is (-X, Y); E_d = d * 8^83 * B8 = last[(d - 1) / 2]
    var lastBits = (signs >> 249) & 3;
    var lastMagnitude = lastBits >= 2 ? lastBits - 2 : 1 - lastBits;
    signal high[2];
    high[1] <-- last[lastMagnitude][1];
    high[0] <-- lastBits >= 2 ? last[lastMagnitude][0] : -last[lastMagnitude][0];
    (high[1] - last[0][1]) * (high[1] - last[1][1]) === 0;
    var rise = (last[1][0] - last[0][0]) / (last[1][1] - last[0][1]);
    var positive = last[0][0] + rise * (high[1] - last[0][1]);
    (high[0] - positive) * (high[0] + positive) === 0;

    // D. The low digits' sum can be ± the high one modulo l: this addition has to be complete.
    out <== EdwardsAdd()(low, high);
}
