pragma circom 2.2.0;

// As Batch, two outputs and public inputs called alpha and z, so that proofs have the same shape. About 2^7 constraints,
// among them linear ones and wires that are missing from A or from B.
template Chain(n) {
    signal input alpha;
    signal input z;
    signal input x[2];
    signal output c;
    signal output y;

    signal s[n + 1];
    signal sum <== 17 * x[0] - x[1];
    s[0] <== sum;
    for (var i = 0; i < n; i++) {
        s[i + 1] <== (s[i] + 3 * alpha) * (s[i] - 5 * x[1]) + i * sum;
    }
    c <== s[n];
    y <== s[n \ 2] * alpha + z;
    // For the tests of what a violated constraint is reported as.
    x[0] * (x[0] - 11) === 0;
}

component main {public [alpha, z]} = Chain(80);
