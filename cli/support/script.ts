import { join } from "node:path";
import { ROOT } from "../../lib/root.ts";

/**
 * Goes on as a program of scripts/, which takes this process' place: its output, its signals and its exit status are the
 * command's.
 *
 * @param path under scripts/
 * @param argument what the program finds, as JSON, in its first argument
 */
export function becomeScript(path: string, argument: object = {}): void {
  const program = [...process.execArgv, join(ROOT, "scripts", path), JSON.stringify(argument)];
  process.execve!(process.execPath, [process.execPath, ...program], process.env);
}
