pragma circom 2.2.0;

// 0 <= in < 2^n, for n < 254. The top bit is a linear expression, not a signal: n constraints in all.
template RangeCheck(n) {
    signal input in;

    signal bit[n - 1];
    var rest = in;
    for (var i = 0; i < n - 1; i++) {
        bit[i] <-- (in >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        rest -= bit[i] * 2 ** i;
    }
    var top = rest / 2 ** (n - 1);
    top * (top - 1) === 0;
}

// The n bits of in, lowest first; in < 2^n, for n < 254.
template ToBits(n) {
    signal input in;
    signal output out[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * 2 ** i;
    }
    sum === in;
}

// 1 if in is 0, else 0.
template IsZero() {
    signal input in;
    signal output out;

    signal inverse <-- in == 0 ? 0 : 1 / in;
    out <== 1 - in * inverse;
    in * out === 0;
}

// numerator / denominator; a denominator of 0 is a hole that the caller rules out.
template Quotient() {
    signal input numerator;
    signal input denominator;
    signal output out;

    out <-- numerator / denominator;
    out * denominator === numerator;
}
