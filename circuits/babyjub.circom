pragma circom 2.2.0;

// Baby Jubjub (ERC-2494), a cyclic group of order 8 * l with l prime, in two forms:
//   twisted Edwards  168700 * x^2 + y^2 = 1 + 168696 * x^2 * y^2
//   Montgomery       v^2 = u^3 + 168698 * u^2 + u,     u = (1 + y) / (1 - y),  v = u / x
// Montgomery's rational point of order 2 is (0, 0); u = -1 is on no rational point. Its additions are incomplete: each
// template names the points that it is for, and whoever uses it has to show that it meets no others.

// Given points a, b of the curve with a.u != b.u: out = a + b. (If a.u = b.u, the slope is free when a = b.)
template MontgomeryAdd() {
    signal input a[2];
    signal input b[2];
    signal output out[2];

    signal slope <-- (b[1] - a[1]) / (b[0] - a[0]);
    slope * (b[0] - a[0]) === b[1] - a[1];
    out[0] <== slope * slope - 168698 - a[0] - b[0];
    out[1] <== slope * (a[0] - out[0]) - a[1];
}

// Given a point of the curve: out = 2 * in. Unsatisfiable at (0, 0), where it demands slope * 0 = 1.
template MontgomeryDouble() {
    signal input in[2];
    signal output out[2];

    signal square <== in[0] * in[0];
    signal slope <-- (3 * square + 2 * 168698 * in[0] + 1) / (2 * in[1]);
    slope * (2 * in[1]) === 3 * square + 2 * 168698 * in[0] + 1;
    out[0] <== slope * slope - 168698 - 2 * in[0];
    out[1] <== slope * (in[0] - out[0]) - in[1];
}

// Given a point of the curve other than (0, 0): the same point in Edwards form. u = -1 does not occur.
template MontgomeryToEdwards() {
    signal input in[2];
    signal output out[2];

    out[0] <-- in[0] / in[1];
    out[0] * in[1] === in[0];
    out[1] <-- (in[0] - 1) / (in[0] + 1);
    out[1] * (in[0] + 1) === in[0] - 1;
}

// in is on the curve.
template EdwardsOnCurve() {
    signal input in[2];

    signal xx <== in[0] * in[0];
    signal yy <== in[1] * in[1];
    168696 * xx * yy === 168700 * xx + yy - 1;
}

// Given any two points of the curve: out = a + b. Complete (Bernstein and Lange, https://eprint.iacr.org/2007/286):
// 168700 is a square and 168696 is none, so that no denominator is 0.
template EdwardsAdd() {
    signal input a[2];
    signal input b[2];
    signal output out[2];

    signal beta <== a[0] * b[1];
    signal gamma <== a[1] * b[0];
    signal delta <== (a[1] - 168700 * a[0]) * (b[0] + b[1]);
    signal tau <== beta * gamma;
    out[0] <-- (beta + gamma) / (1 + 168696 * tau);
    out[0] * (1 + 168696 * tau) === beta + gamma;
    out[1] <-- (delta + 168700 * beta - gamma) / (1 - 168696 * tau);
    out[1] * (1 - 168696 * tau) === delta + 168700 * beta - gamma;
}
