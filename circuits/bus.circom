pragma circom 2.2.0;

include "bits.circom";

// What a signed row does to nonces: takes (from, nonce, key) off the bus and puts (from, nonce + 1, key) on it, if it is
// active. An account stands there as index + beta * key + gamma * nonce (docs/circuits/batch.md).
template NonceStep() {
    signal input alpha;
    signal input beta;
    signal input gamma;
    signal input active;
    signal input from;
    signal input nonce;
    signal input pubKeyY;
    signal output nonces;

    signal key <== beta * pubKeyY;
    signal step <== gamma * nonce;
    signal takenTerm <== Quotient()(active, alpha - from - key - step);
    signal putTerm <== Quotient()(active, alpha - from - key - step - gamma);
    nonces <== takenTerm - putTerm;
}
