pragma circom 2.2.0;

include "babyjub.circom";
include "generated/fixed_base.circom";

// Given any pair A: A is a point of the curve, 8 * A is not O, and out = -h' * 8 * A, where h' = h or the one of
// h - r, h + r, if any, that the scalar's bounds allow. docs/circuits/signature.md has the argument.
template VariableBaseMultiply() {
    signal input A[2];
    signal input h;
    signal output out[2];

    // A. A is on the curve, and A.x != 0: so not O or (0, -1).
    EdwardsOnCurve()(A);
    signal inverse <-- 1 / A[0];
    inverse * A[0] === 1;

    // B. -A in Montgomery form, and P = -8 * A, of order l: a low-order point fails in one of the doublings.
    signal base[2];
    base[0] <-- (1 + A[1]) / (1 - A[1]);
    base[0] * (1 - A[1]) === 1 + A[1];
    base[1] <== -base[0] * inverse;
    signal twice[2] <== MontgomeryDouble()(base);
    signal fourfold[2] <== MontgomeryDouble()(twice);
    signal P[2] <== MontgomeryDouble()(fourfold);

    // C. k = h + (11 + e) * l is odd for e = h mod 2, and 2^254 < k < 2^255. So k = 3 * 2^253 + sum of ±2^i,
    // i = 0 … 252, where bit i of (k - 2^254 - 1) / 2 is set if 2^i counts positive. k and 11 * l exceed r;
    // these terms do not.
    signal e <-- h % 2;
    e * (e - 1) === 0;
    var l = subgroupOrder();
    var signs = h \ 2 + (h % 2 == 0 ? 5 * l + l \ 2 : 6 * l) - 2 ** 253;

    // D. Q = 3 * P, then Q <- 2 * Q ± P = (Q ± P) + Q, without the y of Q ± P. q[i] is ±P.y.
    signal Q[254][2];
    Q[253] <== MontgomeryAdd()(P, MontgomeryDouble()(P));
    signal squareY <== P[1] * P[1];
    signal q[253];
    signal first[253];
    signal second[253];
    signal middle[253];
    var sum = 0;
    for (var i = 252; i >= 0; i--) {
        q[i] <-- (signs >> i) & 1 == 1 ? P[1] : -P[1];
        q[i] * q[i] === squareY;
        sum += q[i] * 2 ** i;

        first[i] <-- (q[i] - Q[i + 1][1]) / (P[0] - Q[i + 1][0]);
        first[i] * (P[0] - Q[i + 1][0]) === q[i] - Q[i + 1][1];
        middle[i] <== first[i] * first[i] - 168698 - Q[i + 1][0] - P[0];
        second[i] <-- 2 * Q[i + 1][1] / (Q[i + 1][0] - middle[i]) - first[i];
        (first[i] + second[i]) * (Q[i + 1][0] - middle[i]) === 2 * Q[i + 1][1];
        Q[i][0] <== second[i] * second[i] - 168698 - Q[i + 1][0] - middle[i];
        Q[i][1] <== second[i] * (Q[i + 1][0] - Q[i][0]) - Q[i + 1][1];
    }

    // E. The signs belong to h.
    P[1] * (h + (11 + e) * l - 3 * 2 ** 253) === sum;
    out <== MontgomeryToEdwards()(Q[0]);
}
