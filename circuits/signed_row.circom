pragma circom 2.2.0;

include "bits.circom";
include "eddsa.circom";
include "generated/constants.circom";
include "poseidon.circom";

// What every signed row proves: the signature over its payload, and that this is its time; and that it is in use, if `from`,
// which is a part of the fields, is not 0.
//
// validUntil is the last second at which the row is good or, where the signature says `late`, the first one.
//
// payload = fields + validUntil * 2^validUntilOffset, with 0 <= fields < 2^validUntilOffset by the caller's range
// checks. validUntil itself has none: it stands topmost and lies within 2^40 of the timestamp, so the payload still opens
// in one way. An unused row has an empty payload and is not late; its signature and its time are not asked for.
template SignedRow(validUntilOffset) {
    signal input from;
    signal input domain;
    signal input token;
    signal input timestamp;
    signal input fields;
    signal input validUntil;
    signal input late;
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

    // late is 0 or 1, and 0 if active is: so the factor is 1 for a row with a last second, -1 for one with a first, else 0.
    late * (active - late) === 0;
    RangeCheck(VALID_UNTIL_BITS())((active - 2 * late) * (validUntil - timestamp));

    signal message <== Poseidon(2)([
        domain + token * 2 ** SIGNING_DOMAIN_TOKEN() + late * 2 ** SIGNING_DOMAIN_LATE(),
        fields + validUntil * 2 ** validUntilOffset
    ]);
    h <== EdDSAPoseidonVerify()(active, Ax, Ay, S, R8x, R8y, message);
}
