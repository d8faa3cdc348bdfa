pragma circom 2.2.0;

include "generated/constants.circom";
include "poseidon.circom";

// The Poseidon sponge over n elements, padded with zeros to whole blocks; n is fixed, so no length is absorbed.
template Commitment(n) {
    signal input elements[n];
    signal output out;

    var blocks = (n + SPONGE_RATE() - 1) \ SPONGE_RATE();
    signal chaining[blocks + 1];
    chaining[0] <== 0;
    component step[blocks];
    for (var b = 0; b < blocks; b++) {
        step[b] = PoseidonChain(SPONGE_RATE());
        step[b].state <== chaining[b];
        for (var i = 0; i < SPONGE_RATE(); i++) {
            var at = b * SPONGE_RATE() + i;
            step[b].inputs[i] <== at < n ? elements[at < n ? at : 0] : 0;
        }
        chaining[b + 1] <== step[b].out;
    }
    out <== chaining[blocks];
}

// n integers below 2^width, as many to an element as it has room for, the first one lowest.
function packedElements(n, width) {
    var perElement = ELEMENT_BITS() \ width;
    return (n + perElement - 1) \ perElement;
}

template Packed(n, width) {
    var perElement = ELEMENT_BITS() \ width;
    var elements = packedElements(n, width);
    signal input parts[n];
    signal output out[elements];

    for (var e = 0; e < elements; e++) {
        var sum = 0;
        for (var i = 0; i < perElement && e * perElement + i < n; i++) {
            sum += parts[e * perElement + i] * 2 ** (i * width);
        }
        out[e] <== sum;
    }
}

// y = sum words[k] * alpha^k, by Horner's rule.
template Evaluation(n) {
    signal input words[n];
    signal input alpha;
    signal output y;

    signal sum[n];
    sum[n - 1] <== words[n - 1];
    for (var k = n - 2; k >= 0; k--) {
        sum[k] <== sum[k + 1] * alpha + words[k];
    }
    y <== sum[0];
}
