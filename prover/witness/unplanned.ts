import { SheafError } from "../../protocol/errors.ts";

/** Says what in a circuit a plan has no answer for. Its witnesses then come from circom's own generator. */
export function unplanned(what: string): SheafError {
  return new SheafError("CIRCUIT_UNPLANNED", `no plan for the circuit's witnesses: ${what}`);
}
