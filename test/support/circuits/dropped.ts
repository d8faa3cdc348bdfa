import type { Patch } from "./circuit.ts";

const unconstrained = (line: string): Pick<Patch, "from" | "to"> => ({ from: line, to: line.replace("<==", "<--") });
const gone = (line: string): Pick<Patch, "from" | "to"> => ({ from: line, to: "" });

/** Lines of a batch's circuit without which it does, if nobody looks. */
export const DROPPED: readonly (Patch & { readonly name: string })[] = [
  // Of the batch itself.
  {
    ...{ name: "the fees' quotient", file: "batch.circom" },
    from: "signal feeChange <== Quotient()(fees, alpha - feeAccount);",
    to: "signal feeChange <-- fees / (alpha - feeAccount);",
  },
  {
    ...{ name: "a step of y", file: "commitment.circom" },
    from: "sum[k] <== sum[k + 1] * alpha + words[k];",
    to: "if (k == 2) { sum[k] <-- sum[k + 1] * alpha + words[k]; } else { sum[k] <== sum[k + 1] * alpha + words[k]; }",
  },
  {
    ...{ name: "transfers' published words", file: "batch.circom" },
    ...unconstrained("transfersWord[i \\ 2] <== transfer[i + 1].payment"),
  },
  { name: "that blob is a bit", file: "batch.circom", ...gone("blob * (blob - 1) === 0;") },
  { name: "the batch's square of beta", file: "batch.circom", ...unconstrained("signal gamma <== beta * beta;") },

  // What the buses compare.
  { name: "the bus of balances", file: "batch.circom", ...gone("changes + feeChange === slotChanges;") },
  { name: "the bus of nonces", file: "batch.circom", ...gone("nonces === slotNonces;") },
  { name: "the bus of the memory", file: "batch.circom", ...gone("memory === 0;") },
  { name: "the bus of the tree", file: "batch.circom", ...gone("tree === rootTaken;") },

  // Rows of each kind.
  {
    ...{ name: "whom a withdrawal is paid to", file: "withdrawal.circom" },
    ...unconstrained("signal l1Address <== active * slotL1Address;"),
  },
  {
    ...{ name: "what an L1 operation credits", file: "l1_operation.circom" },
    ...unconstrained("signal credited <== deposit * amount;"),
  },
  {
    ...{ name: "what a forced withdrawal takes", file: "l1_operation.circom" },
    ...unconstrained("signal taken <== matches * accountBalance;"),
  },
  { name: "that a creation finds nobody", file: "l1_operation.circom", ...gone("creation * accountExists === 0;") },
  {
    name: "that a credit makes an account",
    file: "l1_operation.circom",
    ...unconstrained("signal created <== credits * (1 - accountExists);"),
  },
  {
    name: "what makes a row forced",
    file: "l1_operation.circom",
    ...unconstrained("signal forced <== kindBits[0] * kindBits[1];"),
  },
  { name: "that late is a bit", file: "signed_row.circom", ...gone("late * (active - late) === 0;") },
  {
    ...{ name: "a signed row's time", file: "signed_row.circom" },
    ...gone("RangeCheck(VALID_UNTIL_BITS())((active - 2 * late) * (validUntil - timestamp));"),
  },
  { name: "a slot's new balance where nobody is", file: "slot.circom", ...gone("(1 - exists) * balance[1] === 0;") },

  // The tree.
  {
    name: "what a segment puts on the memory",
    file: "segment.circom",
    from: "signal put <== Quotient()(active, alpha - segment - old);",
    to: "signal put <-- active / (alpha - segment - old);",
  },
  {
    name: "a segment's place on the tree",
    file: "segment.circom",
    from: "tree <== Quotient()(active, alpha - (SEGMENT_LABELS() + segment) - roots);",
    to: "tree <-- active / (alpha - (SEGMENT_LABELS() + segment) - roots);",
  },
  { name: "an access's age", file: "segment.circom", ...gone("RangeCheck(ACCESS_TIME_BITS())(gap);") },
  {
    name: "that children that nobody touches stay",
    file: "tree_node.circom",
    ...gone("(1 - touched[j]) * (child[1][j] - child[0][j]) === 0;"),
  },
  {
    name: "that a node takes a child off",
    file: "tree_node.circom",
    ...gone("taken[j] * (alpha - (8 * label + 7 + j) - pair[j]) === touched[j];"),
  },
  { name: "that an unused node touches nothing", file: "tree_node.circom", ...gone("(1 - active) * count === 0;") },

  // A blob's polynomial.
  { name: "its equation modulo r", file: "blob.circom", ...gone("whole === 0;") },
  {
    name: "its equation modulo 2^124",
    file: "blob.circom",
    from: "lowCarry.in <== carry + least;",
    to: "lowCarry.in <== 0;",
  },
  {
    ...{ name: "its equation modulo 2^136 above", file: "blob.circom" },
    from: "highCarry.in <== (carry + over0 * 2 ** 12 + high - over1 * 2 ** 136) / 2 ** 136 + least;",
    to: "highCarry.in <== 0;",
  },
  { name: "a product's cut", file: "blob.circom", ...unconstrained("low <== A0 * B0;") },
  { name: "that the borrow is a bit", file: "blob.circom", ...gone("borrow * (borrow - 1) === 0;") },
];
