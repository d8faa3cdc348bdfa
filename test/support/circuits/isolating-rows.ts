import { SUBGROUP_ORDER } from "../../../protocol/constants.ts";
import { Fr } from "../../../protocol/field.ts";
import { poseidon } from "../../../protocol/poseidon.ts";
import { signatureHash } from "../../../protocol/signature.ts";
import { affine, BASE, fixedBaseChoice, times } from "./eddsa.ts";
import { SIZE } from "./forged-scenario.ts";
import { forgery, meet, prefixes, type Forgery, type Scene } from "./isolating.ts";

/** What a batch's rows may not have: the inputs of guards, and what makes up for a wire behind a signature. */
export function* otherRows(scene: Scene): Generator<Forgery> {
  const { circuit, prover } = scene;
  const get = (name: string): bigint => prover.get(circuit.wire(name));
  const named = (changes: Readonly<Record<string, bigint>>): Forgery =>
    forgery(scene, Object.keys(changes).join(" and "), changes);
  const more = (name: string, by = 1n): Record<string, bigint> => ({ [name]: get(name) + by });
  const inverseOf = (out: string): string =>
    circuit.nameOf(prover.inverses.find((wire) => meet(circuit, wire, circuit.wire(out)))!);

  yield named({ blob: 2n });
  if (get("idle") === 1n) for (const name of ["token", "feeAccount"]) yield named(more(name));

  for (let i = 0; i < SIZE.l1Operations; i++) {
    const at = (name: string): string => `l1${name}[${i}]`;
    const kind = get(at("Kind"));
    const isThere = get(at("AccountExists")) === 1n;
    yield named({ [at("AccountExists")]: 2n });
    if (kind === 2n) yield named({ [at("AccountExists")]: 1n });
    if (!isThere) for (const name of ["AccountBalance", "AccountNonce"]) yield named(more(at(name)));
    if (kind === 0n) {
      for (const name of ["Token", "Address", "Kind"]) yield named(more(at(name)));
      // Bits of a kind that are none.
      const [low, high] = [`l1[${i}].kindBits[0]`, `l1[${i}].kindBits[1]`];
      yield named({ [low]: -2n, [high]: 1n, [at("Index")]: 77n });
      yield named({ [low]: 1n, [high]: 7n, [at("Kind")]: 15n, [at("Index")]: 77n });
      // A row of no kind that credits twice, as a deposit and a creation: the account's new leaf is 2 times its hash.
      yield named({ [`l1[${i}].forced`]: -1n, [at("Index")]: 77n });
    }
    if (kind === 1n || kind === 2n) {
      for (const name of ["Token", "Address"]) yield named(more(at(name)));
      yield named({ [at("Index")]: 0n });
    }
    // The amount is what the row credits or takes, by its kind.
    if (kind !== 1n) {
      const [taken, credited] = [`l1[${i}].taken`, `l1[${i}].credited`];
      yield named({ ...more(at("Amount")), [taken]: get(taken) });
      yield named({ ...more(at("Amount")), [credited]: 1n, [taken]: get(taken) });
      yield named({ ...more(at("Amount"), -1n), [taken]: get(taken) - 1n });
      yield named({ ...more(at("Amount")), [taken]: get(taken) + 1n });
    }
    // Nothing but the comparison reads whose an empty leaf is.
    if (!isThere && kind === 0n) {
      for (const [field, out] of [
        ["AccountL1Address", "sameAddress"],
        ["AccountToken", "sameToken"],
      ] as const) {
        yield named({ ...more(at(field), 5n), [inverseOf(`l1[${i}].${out}`)]: 0n });
      }
    }
    if (i + 1 < SIZE.l1Operations && get(`l1Kind[${i + 1}]`) !== 0n) {
      const fields = [
        "Kind",
        "Index",
        "Token",
        "Address",
        "Amount",
        "AccountPubKeyY",
        "AccountL1Address",
        "AccountToken",
      ];
      const state = ["AccountNonce", "AccountBalance", "AccountExists"];
      yield named(Object.fromEntries([...fields, ...state].map((name) => [at(name), 0n])));
    }
  }

  for (let i = 0; i < SIZE.accounts; i++) {
    yield named({ [`slotExists[${i}]`]: 2n });
    if (get(`slotExists[${i}]`) === 1n) continue;
    for (const name of [
      `slotPubKeyY[${i}]`,
      ...["Balance", "Nonce"].flatMap((of) => [0, 1].map((k) => `slot${of}[${i}][${k}]`)),
    ]) {
      yield named(more(name));
    }
  }
  for (let j = 0; j < SIZE.segments; j++) yield named({ [`segmentActive[${j}]`]: 2n });
  for (let i = 0; i < SIZE.nodes; i++) {
    yield named({ [`nodeActive[${i}]`]: 2n });
    yield named({ [`nodeActive[${i}]`]: 0n });
    // A row in which nothing is touched, and nothing changes.
    const children = [0, 1, 2, 3, 4, 5, 6, 7];
    const unchanged = children.map((j) => [`nodeChild[${i}][1][${j}]`, get(`nodeChild[${i}][0][${j}]`)] as const);
    const untouched = children.map((j) => [`nodeTouched[${i}][${j}]`, 0n] as const);
    yield named({ [`nodeActive[${i}]`]: 2n, ...Object.fromEntries([...unchanged, ...untouched]) });
    for (const j of children) {
      yield named({ [`nodeTouched[${i}][${j}]`]: 2n, ...Object.fromEntries(unchanged) });
      // Where nothing changes a child may be left out: the root makes up for it here, and alpha forbids that elsewhere.
      const isMoved = get(`nodeChild[${i}][0][${j}]`) !== get(`nodeChild[${i}][1][${j}]`);
      if (isMoved) yield named({ [`nodeTouched[${i}][${j}]`]: 0n });
      yield named({ [`nodeTouched[${i}][${j}]`]: -1n, [`nodeTouched[${i}][${(j + 1) % 8}]`]: 1n });
    }
    for (const j of children) {
      const flag = `nodeTouched[${i}][${j}]`;
      yield named({ [flag]: 2n });
      if (get(flag) === 0n) yield named(more(`nodeChild[${i}][1][${j}]`));
      if (get(`nodeActive[${i}]`) === 0n) yield named({ [flag]: 1n });
    }
  }

  for (const [kind, count] of [
    ["transfer", SIZE.transfers],
    ["withdrawal", SIZE.withdrawals],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const at = (name: string): string => `${kind}${name}[${i}]`;
      const inner = (name: string): string => `${kind}[${i}].${name}`;
      const isTransfer = kind === "transfer";
      if (get(inner("active")) === 0n) {
        for (const name of [isTransfer ? "To" : "Amount", "ValidUntil", "Late"]) yield named(more(at(name)));
        // A row that would be in use, if there were a sender.
        const slot = isTransfer ? {} : { [`slotExists[${i}]`]: 1n, [`slotIndex[${i}]`]: 0n };
        yield named({ [inner("active")]: 1n, ...slot });
        continue;
      }
      const fields = isTransfer ? ["From", "To", "AmountMantissa", "AmountExponent"] : ["From", "Amount"];
      const rest = ["FeeMantissa", "FeeExponent", "Nonce", "ValidUntil"];
      if (i + 1 < count && get(`${kind}[${i + 1}].active`) === 1n) {
        yield named(Object.fromEntries([...fields, ...rest].map((name) => [at(name), 0n])));
      }
      // What is signed stays the same: another part of it makes up for the wire.
      yield named({
        ...more(inner("signed.fields"), isTransfer ? 2n ** 156n : 2n ** 208n),
        ...more(at("ValidUntil"), -1n),
      });
      if (isTransfer) {
        // Two transfers' parts are a word of the blob's polynomial.
        const part = (k: number): string => `polynomial.word[${i >> 1}][${2 * ((i + 1) % 2) + k}]`;
        yield named({ ...more(part(1), 2n ** 64n), ...more(at("Nonce"), -1n) });
        yield named({ ...more(part(0), 2n ** 60n), ...more(at("To"), -1n) });
        yield named({ ...more(inner("amountFloat.code"), 2n ** 44n), ...more(at("To"), -1n) });
        yield named({ ...more(inner("feeFloat.code"), 2n ** 16n), ...more(at("AmountMantissa"), -1n) });
      } else {
        yield named({ ...more(inner("feeFloat.code"), 2n ** 16n), ...more(at("Nonce"), -1n) });
        yield named(more(`slotIndex[${i}]`));
        const gone = ["Exists[I]", "PubKeyY[I]", "Balance[I][0]", "Balance[I][1]", "Nonce[I][0]", "Nonce[I][1]"];
        yield named(Object.fromEntries(gone.map((name) => [`slot${name.replace("I", String(i))}`, 0n])));
      }
      yield* mirrored(scene, kind, i);
    }
  }
}

/** A row signed by a key of the prover's, with an R8 of which one coordinate is another than the equation's. */
function* mirrored(scene: Scene, kind: string, row: number): Generator<Forgery> {
  const { circuit, prover } = scene;
  const [secret, nonce] = [31_337n, 8_191n];
  const [key, point] = [affine(times(BASE, secret)), affine(times(BASE, nonce))];
  const fixed = prefixes(circuit, new RegExp(`^${kind}\\[${row}\\]\\..*fixed\\.x\\[0\\]$`))[0]!;
  const get = (name: string): bigint => prover.get(circuit.wire(name));
  const isTransfer = kind === "transfer";
  const message = poseidon([
    Fr.create(
      get("domain") + (isTransfer ? 0n : 1n) + get("token") * 2n ** 232n + get(`${kind}Late[${row}]`) * 2n ** 248n,
    ),
    Fr.create(
      get(`${kind}[${row}].signed.fields`) + get(`${kind}ValidUntil[${row}]`) * 2n ** (isTransfer ? 156n : 208n),
    ),
  ]);
  for (const [name, r8] of [
    ["x", { x: Fr.neg(point.x), y: point.y }],
    ["y", { x: point.x, y: Fr.neg(point.y) }],
  ] as const) {
    const s = (nonce + signatureHash(r8, key, message) * 8n * secret) % SUBGROUP_ORDER;
    const digits = fixedBaseChoice(fixed, s % 2n === 1n ? s : s - SUBGROUP_ORDER);
    const at = (signal: string): string => `${kind}${signal}[${row}]`;
    yield forgery(scene, `${kind} ${row}: R8's ${name} is not the equation's`, {
      ...{ ...digits, [at("Ax")]: key.x, [at("Ay")]: key.y, [at("R8x")]: r8.x, [at("R8y")]: r8.y },
    });
  }
}
