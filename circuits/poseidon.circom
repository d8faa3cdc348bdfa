pragma circom 2.2.0;

include "circomlib/circuits/poseidon_constants.circom";

// Poseidon (https://eprint.iacr.org/2019/458) over BN254 with x^5, in circomlib's optimised form and with its
// constants, hence with its values. The linear layers are `var`s: they cost no constraint at --O1, where circomlib's
// cost one a signal. docs/circuits/poseidon.md has the statement and the counts.

// Partial rounds of a state of t = 2 … 17 elements. There are 8 full rounds, 4 on either side.
function partialRounds(t) {
    var rounds[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    return rounds[t - 2];
}

// What is added to lane j of a hash of n inputs before its first S-box; lane 0 is the capacity, input j is lane j + 1.
function firstRoundConstant(n, j) {
    var constants[204] = POSEIDON_C(n + 1); // 17 * 8 + 68, the longest; a function's array has a constant length
    return constants[j];
}

// (in + constant)^5, a bijection of the field: gcd(5, r - 1) = 1.
template Sbox(constant) {
    signal input in;
    signal output out;

    signal square <== (in + constant) * (in + constant);
    signal fourth <== square * square;
    out <== fourth * (in + constant);
}

// The permutation from the first S-boxes' outputs on; out is lane 0 of the last state.
//
// An S-box's input is a linear combination that grows by one term a partial round. Half-way the lanes become signals:
// t - 1 constraints more, and three of ten coefficients less. (Lane 0 feeds a single S-box: not worth a constraint.)
template PermutationAfterFirstSbox(t) {
    signal input in[t];
    signal output out;

    var nPartial = partialRounds(t);
    var C[t * 8 + nPartial] = POSEIDON_C(t);
    var S[nPartial * (t * 2 - 1)] = POSEIDON_S(t);
    var M[t][t] = POSEIDON_M(t);
    var P[t][t] = POSEIDON_P(t);

    // The state between layers, and the new one while it is built.
    var state[t];
    var next[t];
    for (var j = 0; j < t; j++) {
        state[j] = in[j];
    }

    signal full[7][t][3];
    for (var round = 0; round < 4; round++) {
        if (round > 0) {
            for (var j = 0; j < t; j++) {
                full[round - 1][j][0] <== state[j] * state[j];
                full[round - 1][j][1] <== full[round - 1][j][0] * full[round - 1][j][0];
                full[round - 1][j][2] <== full[round - 1][j][1] * state[j];
                state[j] = full[round - 1][j][2];
            }
        }
        for (var i = 0; i < t; i++) {
            next[i] = 0;
            for (var j = 0; j < t; j++) {
                next[i] += (round < 3 ? M[j][i] : P[j][i]) * (state[j] + C[(round + 1) * t + j]);
            }
        }
        for (var i = 0; i < t; i++) {
            state[i] = next[i];
        }
    }

    signal partial[nPartial][3];
    signal halfway[t - 1];
    for (var round = 0; round < nPartial; round++) {
        partial[round][0] <== state[0] * state[0];
        partial[round][1] <== partial[round][0] * partial[round][0];
        partial[round][2] <== partial[round][1] * state[0];
        state[0] = partial[round][2] + C[5 * t + round];

        var at = round * (2 * t - 1);
        var sum = 0;
        for (var j = 0; j < t; j++) {
            sum += S[at + j] * state[j];
        }
        for (var j = 1; j < t; j++) {
            state[j] += S[at + t + j - 1] * state[0];
        }
        state[0] = sum;

        if (round == nPartial \ 2) {
            for (var j = 1; j < t; j++) {
                halfway[j - 1] <== state[j];
                state[j] = halfway[j - 1];
            }
        }
    }

    for (var round = 0; round < 4; round++) {
        for (var j = 0; j < t; j++) {
            full[3 + round][j][0] <== state[j] * state[j];
            full[3 + round][j][1] <== full[3 + round][j][0] * full[3 + round][j][0];
            full[3 + round][j][2] <== full[3 + round][j][1] * state[j];
            state[j] = full[3 + round][j][2];
            if (round < 3) {
                state[j] += C[5 * t + nPartial + round * t + j];
            }
        }
        for (var i = 0; i < t; i++) {
            next[i] = 0;
            for (var j = 0; j < t; j++) {
                next[i] += M[j][i] * state[j];
            }
        }
        for (var i = 0; i < t; i++) {
            state[i] = next[i];
        }
    }
    out <== state[0];
}

// Poseidon of n inputs from the outputs of their S-boxes in the first round:
// in[j] = (inputs[j] + firstRoundConstant(n, j + 1))^5. Lane 0 starts as the constant 0.
template PoseidonAfterFirstSbox(n) {
    signal input in[n];
    signal output out;

    var capacity = firstRoundConstant(n, 0);
    component permutation = PermutationAfterFirstSbox(n + 1);
    permutation.in[0] <== capacity ** 5;
    for (var j = 0; j < n; j++) {
        permutation.in[j + 1] <== in[j];
    }
    out <== permutation.out;
}

// Poseidon of n = 1 … 16 inputs: circomlib's Poseidon(n), circomlibjs' poseidon(inputs).
template Poseidon(n) {
    signal input inputs[n];
    signal output out;

    component hash = PoseidonAfterFirstSbox(n);
    for (var j = 0; j < n; j++) {
        hash.in[j] <== Sbox(firstRoundConstant(n, j + 1))(inputs[j]);
    }
    out <== hash.out;
}

// A sponge's step: absorbs n inputs into the chaining value. circomlib's PoseidonEx(n, 1), circomlibjs'
// poseidon(inputs, state).
template PoseidonChain(n) {
    signal input state;
    signal input inputs[n];
    signal output out;

    component permutation = PermutationAfterFirstSbox(n + 1);
    permutation.in[0] <== Sbox(firstRoundConstant(n, 0))(state);
    for (var j = 0; j < n; j++) {
        permutation.in[j + 1] <== Sbox(firstRoundConstant(n, j + 1))(inputs[j]);
    }
    out <== permutation.out;
}
