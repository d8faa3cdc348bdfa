import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";

/** Networks that have a name: of this machine, of its link, and private ones. */
const NAMED = ["loopback", "linklocal", "uniquelocal"];
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** For commander: addresses and networks of proxies, one after the other. */
export function proxyNetwork(text: string, before: readonly string[] = []): readonly string[] {
  const [address, length, ...rest] = text.split("/");
  const bits = BITS[isIP(address!)];
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) > 0 && Number(length) <= bits!);
  if (NAMED.includes(text) || (bits !== undefined && isLength && rest.length === 0)) return [...before, text];
  throw new InvalidArgumentError(`It must be an IP address, a network such as 10.0.0.0/8, or ${NAMED.join(", ")}.`);
}
