import { isIPv6 } from "node:net";

/** Groups of an IPv6 address that name its network: whoever has one address of a /64 has all (RFC 4291, 2.5.4). */
const NETWORK_GROUPS = 4;

/** What a client is counted by: its IPv4 address, or its IPv6 network. */
export function clientKey(ip: string): string {
  const address = ip.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => "0");
  return [...groups, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(":");
}
