import { SheafError } from "../../protocol/errors.ts";
import { readText } from "../../prover/files/text-files.ts";
import { askHidden } from "./prompt.ts";

/**
 * The password of a wallet's file: from a file, $SHEAF_PASSWORD, or a prompt that shows nothing of it.
 *
 * @param isNew a new one: it is asked for twice
 * @throws SheafError PASSWORD_MISSING, PASSWORD_WRONG if the two differ, FILE_UNREADABLE
 */
export async function passwordFrom(file: string | undefined, isNew = false): Promise<string> {
  const given = file === undefined ? process.env["SHEAF_PASSWORD"] : (await readText(file)).replace(/\r?\n$/, "");
  if (given !== undefined) {
    if (given !== "") return given;
    throw new SheafError("PASSWORD_MISSING", "the password is empty");
  }
  const password = await askHidden("the wallet's password");
  if (password === "") throw new SheafError("PASSWORD_MISSING", "the password is empty");
  if (isNew && (await askHidden("the same password again")) !== password) {
    throw new SheafError("PASSWORD_WRONG", "the two passwords differ");
  }
  return password;
}
