pragma circom 2.2.0;

include "poseidon.circom";
include "babyjub.circom";
include "fixed_base.circom";
include "variable_base.circom";

// EdDSA-Poseidon, as circomlibjs' eddsa.signPoseidon signs.
//
// Given any inputs: h = Poseidon(R8x, R8y, Ax, Ay, M); (Ax, Ay) = A is on the curve and 8 * A is not O; and if enabled
// is not 0, the prover knows an s with s * B8 = R8 + h' * 8 * A, where h' = h or one of h ± r.
//
// `S` is there for the prover; no constraint has it. Only the last comparison depends on `enabled`: a row that is not
// enabled carries a valid A, such as B8, and any R8, S, M. There is no witness if 8 * A = O, and none for 54 values of
// h. docs/circuits/signature.md has the argument for each.
template EdDSAPoseidonVerify() {
    signal input enabled;
    signal input Ax;
    signal input Ay;
    signal input S;
    signal input R8x;
    signal input R8y;
    signal input M;
    signal output h;

    h <== Poseidon(5)([R8x, R8y, Ax, Ay, M]);
    component fixed = FixedBaseMultiply();
    fixed.scalar <== S;
    component variable = VariableBaseMultiply();
    variable.A <== [Ax, Ay];
    variable.h <== h;
    signal commitment[2] <== EdwardsAdd()(fixed.out, variable.out);
    enabled * (commitment[0] - R8x) === 0;
    enabled * (commitment[1] - R8y) === 0;
}
