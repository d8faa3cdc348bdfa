import { domainOf } from "./challenge.ts";
import { PROTOCOL_VERSION } from "./constants.ts";
import { SheafError } from "./errors.ts";

/** The last release of Sheaf for each earlier version of the protocol. Its tag is `v` and the release. */
const RELEASES: Readonly<Record<number, string>> = { 1: "0.1" };

/** Throws `PROTOCOL_VERSION_WRONG` if something is of another version of the protocol than this release is. */
export function requireVersion(what: string, version: number): void {
  if (version === PROTOCOL_VERSION) return;
  const release = RELEASES[version];
  const use = release === undefined ? "a release that knows it" : `release ${release}, which has the tag v${release}`;
  throw new SheafError(
    "PROTOCOL_VERSION_WRONG",
    `${what} is of version ${version} of the protocol, this release of version ${PROTOCOL_VERSION}: use ${use}`,
  );
}

/** As `requireVersion`, of a rollup whose domain its contract or its node names. */
export function requireVersionOf(domain: bigint, chainId: bigint, rollup: bigint): void {
  const version = Object.keys(RELEASES)
    .map(Number)
    .find((version) => domainOf(chainId, rollup, version) === domain);
  if (version !== undefined) requireVersion("the rollup", version);
}
