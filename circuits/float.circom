pragma circom 2.2.0;

include "bits.circom";

// value = mantissa * 10^exponent, and code = mantissa + exponent * 2^mantissaBits; both parts are range-checked.
template DecimalFloat(mantissaBits, exponentBits) {
    signal input mantissa;
    signal input exponent;
    signal output value;
    signal output code;

    RangeCheck(mantissaBits)(mantissa);
    signal bits[exponentBits] <== ToBits(exponentBits)(exponent);

    // Square and multiply: each set bit i multiplies by 10^(2^i).
    signal power[exponentBits + 1];
    power[0] <== mantissa;
    for (var i = 0; i < exponentBits; i++) {
        power[i + 1] <== power[i] * (1 + (10 ** (2 ** i) - 1) * bits[i]);
    }
    value <== power[exponentBits];
    code <== mantissa + exponent * 2 ** mantissaBits;
}
