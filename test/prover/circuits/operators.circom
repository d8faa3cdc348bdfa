pragma circom 2.2.0;

// Each way in which circom's program for a witness can go, for the tests of plans.

function powersOf(base, n) {
    var powers[6];
    powers[0] = 1;
    var i = 1;
    while (i < n) {
        powers[i] = powers[i - 1] * base;
        i++;
    }
    return powers;
}

function sign(x, negative) {
    var result = x;
    if (negative == 1) {
        result = -x;
    }
    return result;
}

template Part(k) {
    signal input in[2][2];
    signal output out[2];

    out[0] <== in[0][0] * in[1][1] + k;
    out[1] <== k * (in[0][1] - in[1][0]);
}

template Same() {
    signal input a;
    signal input b;

    signal difference <== a - b;
    difference * difference === 0;
}

// No output depends on `wanted`.
template Compared(k) {
    signal input value;
    signal input wanted;
    signal output out;

    out <== (value + k) * value;
    Same()(out, wanted);
}

template Inverse() {
    signal input in;
    signal output out;
    signal output isZero;

    out <-- in == 0 ? 0 : 1 / in;
    isZero <== 1 - in * out;
    in * isZero === 0;
}

template Operators() {
    signal input a;
    signal input b;
    signal input small; // below 2^8
    signal input matrix[3][2];
    signal input wanted;
    signal output bits[8];
    signal output parts[3][2];
    signal output sums[3];
    signal output inverse[2];
    signal output last;

    // A. Bits, and what they choose: from constants, from signals, the branch of a variable.
    var rest = small;
    for (var i = 0; i < 8; i++) {
        bits[i] <-- (small >> i) & 1;
        bits[i] * (bits[i] - 1) === 0;
        rest -= bits[i] * 2 ** i;
    }
    rest === 0;
    var table[3][4] = [[11, 13, 17, 19], [23, 29, 31, 37], [41, 43, 47, 53]];
    signal chosen[3];
    signal signed[3];
    for (var i = 0; i < 3; i++) {
        var three = (small >> (2 * i)) & 7;
        var magnitude = three >= 4 ? three - 4 : 3 - three;
        chosen[i] <-- table[i][magnitude];
        (chosen[i] - table[i][0]) * (chosen[i] - table[i][1]) * 0 === 0;
        var which;
        if (three == 5) {
            which = a;
        } else {
            which = three > 5 ? b + 1 : sign(a + i, three % 2);
        }
        signed[i] <-- which;
    }

    // B. Numbers behind field elements.
    signal whole[7];
    whole[0] <-- a % 2;
    whole[1] <-- (a + b) \ 8;
    whole[2] <-- b % 2 ** 70;
    whole[3] <-- (b >> 100) & (2 ** 90 - 1);
    whole[4] <-- (a >> 3) >> 200;
    whole[5] <-- a % 2 == 1 ? (a + 2 ** 251 - 1) \ 2 : (a - 5) \ 2;
    whole[6] <-- (a != b && 1) + (a == b);

    // C. Divisions, also by 0 and by constants.
    signal quotient <-- a / b;
    signal third <-- (a - b) / 3;
    (inverse[0], inverse[1]) <== Inverse()(a - b);

    // D. Sums of many products and of many terms; powers.
    var powers[6] = powersOf(a, 6);
    signal power[4];
    signal products[40];
    var sum = 0;
    var terms = 0;
    for (var i = 0; i < 4; i++) {
        power[i] <-- powers[i + 2] - b ** 5;
    }
    for (var i = 0; i < 40; i++) {
        products[i] <== (a + i) * (b - i);
        sum += (i % 3 == 0 ? -i : i * i) * products[i] - 7;
    }
    sums[0] <== sum;
    signal many[300];
    for (var i = 0; i < 300; i++) {
        many[i] <-- i % 2 == 0 ? a + i : b - i;
        terms += i % 5 == 0 ? -many[i] : many[i];
    }
    sums[1] <== terms;
    signal difference <-- (a * b - power[0] * power[1]) - (power[2] * b - (a - power[3]));
    sums[2] <== difference * 5 - 2 * third;

    // E. Components: of one template and of several in an array, one in another, with an input that waits.
    component part[3];
    for (var i = 0; i < 3; i++) {
        part[i] = Part(i);
        for (var j = 0; j < 2; j++) {
            for (var k = 0; k < 2; k++) {
                part[i].in[j][k] <== matrix[i][j] + k;
            }
        }
        parts[i] <== part[i].out;
    }
    component compared[2];
    compared[0] = Compared(1);
    compared[0].value <== a;
    compared[0].wanted <== a * a + a;
    compared[1] = Compared(2);
    compared[1].value <== compared[0].out;
    compared[1].wanted <== wanted;
    last <== compared[1].out;
    Same()(last, wanted);
}

component main = Operators();
