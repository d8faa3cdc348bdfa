pragma circom 2.2.0;

include "bits.circom";
include "eddsa.circom";
include "generated/constants.circom";
include "poseidon.circom";

// What every signed row proves: the signature over its payload, and that the payload has not expired; and that it is in use,
// if `from`, which is a part of the fields, is not 0.
//
// payload = fields + validUntil * 2^validUntilOffset, with 0 <= fields < 2^validUntilOffset by the caller's range
// checks. validUntil itself has none: it stands topmost and lies within 2^40 above the timestamp, so the payload
// still opens in one way. An unused row has an empty payload; its signature and its expiry are not asked for.
template SignedRow(validUntilOffset) {
    signal input from;
    signal input domain;
    signal input token;
    signal input timestamp;
    signal input fields;
    signal input validUntil;
    signal input Ax;
    signal input Ay;
    signal input R8x;
    signal input R8y;
    signal input S;
    signal output active;
    signal output h;

    // active is 1 or 0 as from is not or is 0: if it is not, fields is not either, and the next line asks for 1.
    signal inverse <-- from == 0 ? 0 : 1 / from;
    active <== from * inverse;

    // Two constraints, not one on the payload: with validUntil free, any fields could be completed to a payload of 0.
    (1 - active) * fields === 0;
    (1 - active) * validUntil === 0;
    RangeCheck(VALID_UNTIL_BITS())(active * (validUntil - timestamp));

    signal message <== Poseidon(2)([
        domain + token * 2 ** SIGNING_DOMAIN_TOKEN(),
        fields + validUntil * 2 ** validUntilOffset
    ]);
    h <== EdDSAPoseidonVerify()(active, Ax, Ay, S, R8x, R8y, message);
}
