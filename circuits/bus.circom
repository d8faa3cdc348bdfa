pragma circom 2.2.0;

include "bits.circom";
include "generated/constants.circom";

// What a signed row does to nonces: takes (from, nonce, key) off the bus and puts (from, nonce + 1, key) on it, if it is
// active. An account stands there as index + nonce * 2^32 + beta * key (docs/circuits/batch.md).
template NonceStep() {
    signal input alpha;
    signal input beta;
    signal input active;
    signal input from;
    signal input nonce;
    signal input pubKeyY;
    signal output nonces;

    signal key <== beta * pubKeyY;
    var taken = from + nonce * 2 ** BUS_NONCE() + key;
    signal takenTerm <== Quotient()(active, alpha - taken);
    signal putTerm <== Quotient()(active, alpha - taken - 2 ** BUS_NONCE());
    nonces <== takenTerm - putTerm;
}
