pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";

// The value at z of the polynomial over BLS12-381's scalar field whose coefficients are the transfers' words. That field's
// order p is larger than this field's r, so its elements are integers in limbs, and what holds modulo p is shown as an
// equation of integers: sum a_i b_i + rest = quotient * p. Statement and soundness: docs/circuits/blob.md.
//
// A left factor has limbs of 60, 64 and 60 bits and a top one: two transfers are one. A right factor has limbs of 76, 60 and
// 64 bits and a top one of 55. So a left factor is A0 + 2^124 A1, and a right one B0 + 2^136 B1.

// Four limbs in their ranges.
template Limbs(first, second, third, top) {
    signal input in[4];

    RangeCheck(first)(in[0]);
    RangeCheck(second)(in[1]);
    RangeCheck(third)(in[2]);
    RangeCheck(top)(in[3]);
}

// What Congruence adds up of one product of a left factor and a right one.
template LimbProduct() {
    signal input a[4];
    signal input b[4];
    signal output low; // A0 B0
    signal output both; // A0 B0 + A1 B0 + 2^12 A0 B1 + 2^12 A1 B1
    signal output whole; // a b
    signal output over[3]; // what reaches beyond the place that the product is cut at

    var A0 = a[0] + a[1] * 2 ** 60;
    var A1 = a[2] + a[3] * 2 ** 60;
    var B0 = b[0] + b[1] * 2 ** 76;
    var B1 = b[2] + b[3] * 2 ** 64;
    low <== A0 * B0;
    both <== (A0 + A1) * (B0 + B1 * 2 ** 12);
    whole <== (A0 + A1 * 2 ** 124) * (B0 + B1 * 2 ** 136);
    over[0] <== a[1] * b[1];
    over[1] <== a[3] * b[1];
    over[2] <== a[1] * b[3];
}

// The number of bits of an integer.
function bitsOf(value) {
    var bits = 0;
    while (value > 0) {
        bits++;
        value = value \ 2;
    }
    return bits;
}

// sum a_i * b_i + restLow + 2^124 restHigh = quotient * p over the integers, if all limbs are in their ranges (the
// quotient's are checked here) and the sum is below 2^511: shown modulo r and modulo 2^260.
//
// The top limb of a left factor has `top` bits, the quotient's has `quotientTop`. restLow is in (-2^184, 2^124), restHigh in
// (-2^131, 2^124).
template Congruence(terms, top, quotientTop) {
    signal input a[terms][4];
    signal input b[terms][4];
    signal input restLow;
    signal input restHigh;
    signal input quotient[4];

    // A. The quotient times p, which is a right factor of constants.
    Limbs(60, 64, 60, quotientTop)(quotient);
    var P0 = BLOB_ORDER_LOW();
    var P1 = BLOB_ORDER_HIGH();
    var Q0 = quotient[0] + quotient[1] * 2 ** 60;
    var Q1 = quotient[2] + quotient[3] * 2 ** 60;
    var low = restLow - Q0 * P0;
    var high = restHigh - Q1 * P0 - Q0 * P1 * 2 ** 12;
    var whole = restLow + restHigh * 2 ** 124 - (Q0 + Q1 * 2 ** 124) * (P0 + P1 * 2 ** 136);
    var over0 = -quotient[1] * (P0 \ 2 ** 76);
    var over1 = -quotient[3] * (P0 \ 2 ** 76) - quotient[1] * (P1 \ 2 ** 64);

    // B. The products. A1 B0 + 2^12 A0 B1 follows from both, whole and low by linear algebra.
    component product[terms];
    for (var i = 0; i < terms; i++) {
        product[i] = LimbProduct();
        product[i].a <== a[i];
        product[i].b <== b[i];
        low += product[i].low;
        high += (product[i].whole - product[i].low - (product[i].both - product[i].low) * 2 ** 248) / (2 ** 124 - 2 ** 248);
        whole += product[i].whole;
        over0 += product[i].over[0];
        over1 += product[i].over[1] + product[i].over[2];
    }

    // C. Modulo r.
    whole === 0;

    // D. Modulo 2^124: without what is a multiple of 2^136, the low part is small, so its quotient by 2^124 is.
    var largest = 2 ** 12 + 2 ** 76 + 2 ** 72;
    var least = largest + 2 ** 60;
    signal carry <== (low - over0 * 2 ** 136) / 2 ** 124;
    component lowCarry = RangeCheck(bitsOf(least + terms * largest + 2));
    lowCarry.in <== carry + least;

    // E. And so modulo 2^136 for the rest.
    largest = 3 + 2 ** 60 + 2 ** 64 + 2 ** 55;
    least = largest + 2 ** quotientTop + 2;
    component highCarry = RangeCheck(bitsOf(least + terms * (largest + 2 ** top) + 2));
    highCarry.in <== (carry + over0 * 2 ** 12 + high - over1 * 2 ** 136) / 2 ** 136 + least;
}

// Words are taken in groups of so many, highest first: each group costs one reduction modulo p, and so does each power of z
// up to the group's size. This many to a group make the fewest.
function blobGroupSize(words) {
    var best = 1;
    for (var size = 1; size <= words; size++) {
        if (blobSteps(words, size) <= blobSteps(words, best)) {
            best = size;
        }
    }
    return best;
}

// The highest group has a word more than the others.
function blobGroups(words, size) {
    return words <= size ? 1 : (words - 2) \ size + 1;
}

function blobSteps(words, size) {
    return size - 1 + blobGroups(words, size);
}

// value = sum word_k z^k modulo p, below p, in limbs of 92, 32, 60 and 71 bits; and z is below 2^250.
//
// A step is a reduction modulo p: the powers z^2 … z^size first, then the groups. Its remainder is a power, as a right
// factor; what the words from a group on up come to, as a left one; or in the last step the value.
template BlobEvaluation(words) {
    var SIZE = blobGroupSize(words);
    var GROUPS = blobGroups(words, SIZE);
    var STEPS = blobSteps(words, SIZE);
    signal input z;
    signal input word[words][4]; // left factors by the caller, with a top limb of 64 bits
    signal input quotient[STEPS][4];
    signal input remainder[STEPS][4];
    signal output value[4];

    // A. z as a left factor and as a right one: cut where both are.
    var WIDTHS[7] = [60, 16, 48, 12, 48, 16, 50];
    signal piece[7];
    var at = 0;
    var sum = 0;
    for (var i = 0; i < 7; i++) {
        piece[i] <-- (z >> at) & (2 ** WIDTHS[i] - 1);
        RangeCheck(WIDTHS[i])(piece[i]);
        sum += piece[i] * 2 ** at;
        at += WIDTHS[i];
    }
    sum === z;
    signal left[4] <== [
        piece[0],
        piece[1] + piece[2] * 2 ** 16,
        piece[3] + piece[4] * 2 ** 12,
        piece[5] + piece[6] * 2 ** 16
    ];
    signal power[SIZE + 1][4];
    power[0] <== [1, 0, 0, 0];
    power[1] <== [
        piece[0] + piece[1] * 2 ** 60,
        piece[2] + piece[3] * 2 ** 48,
        piece[4] + piece[5] * 2 ** 48,
        piece[6]
    ];

    // B. The powers.
    component square[SIZE - 1];
    for (var i = 2; i <= SIZE; i++) {
        var step = i - 2;
        power[i] <== remainder[step];
        Limbs(76, 60, 64, 55)(power[i]);
        square[step] = Congruence(1, 66, 67);
        square[step].a[0] <== left;
        square[step].b[0] <== power[i - 1];
        square[step].restLow <== -power[i][0] - power[i][1] * 2 ** 76;
        square[step].restHigh <== -power[i][2] * 2 ** 12 - power[i][3] * 2 ** 76;
        square[step].quotient <== quotient[step];
    }

    // C. The groups. What is above a group, times z^SIZE, and each of its words times its power; the first has none.
    component group[GROUPS];
    for (var g = 0; g < GROUPS; g++) {
        var step = SIZE - 1 + g;
        var first = (GROUPS - 1 - g) * SIZE;
        var top = g == 0 ? 64 : 71;
        group[g] = Congruence(SIZE, top, 72);
        for (var i = 0; i < SIZE; i++) {
            var next = first + i + 1;
            for (var j = 0; j < 4; j++) {
                group[g].b[i][j] <== power[i + 1][j];
                if (i == SIZE - 1 && g > 0) {
                    group[g].a[i][j] <== remainder[step - 1][j];
                } else {
                    group[g].a[i][j] <== next < words ? word[next < words ? next : 0][j] : 0;
                }
            }
        }
        var rest[4] = remainder[step];
        if (g < GROUPS - 1) {
            Limbs(60, 64, 60, 71)(remainder[step]);
            group[g].restLow <== word[first][0] + word[first][1] * 2 ** 60 - rest[0] - rest[1] * 2 ** 60;
        } else {
            Limbs(92, 32, 60, 71)(remainder[step]);
            group[g].restLow <== word[first][0] + word[first][1] * 2 ** 60 - rest[0] - rest[1] * 2 ** 92;
        }
        group[g].restHigh <== word[first][2] + word[first][3] * 2 ** 60 - rest[2] - rest[3] * 2 ** 60;
        group[g].quotient <== quotient[step];
    }

    // D. The value is below p: p - 1 - value is not negative.
    value <== remainder[STEPS - 1];
    var below = value[0] + value[1] * 2 ** 92 + value[2] * 2 ** 124;
    var orderBelow = BLOB_ORDER_LOW() + (BLOB_ORDER_HIGH() % 2 ** 48) * 2 ** 136;
    signal borrow <-- (2 ** 184 + below - orderBelow) >> 184;
    borrow * (borrow - 1) === 0;
    component lowDifference = RangeCheck(184);
    lowDifference.in <== orderBelow - 1 - below + borrow * 2 ** 184;
    component highDifference = RangeCheck(71);
    highDifference.in <== BLOB_ORDER_HIGH() \ 2 ** 48 - value[3] - borrow;
}
