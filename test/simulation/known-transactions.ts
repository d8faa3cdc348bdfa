import { Transaction } from "ethers";

/** Transactions that were read, by their bytes. */
const known = new Map<string, Transaction>();
const MOST = 2_000;

const read = Transaction.from.bind(Transaction);

/**
 * Reads each signed transaction once. A node looks at its journal every few seconds, and to find out who signed takes
 * milliseconds: of hours of virtual time that would be the most.
 */
Transaction.from = function (transaction): Transaction {
  if (typeof transaction !== "string") return read(transaction);
  const before = known.get(transaction);
  if (before !== undefined) return before;
  if (known.size >= MOST) known.clear();
  const parsed = read(transaction);
  for (const [name, value] of Object.entries({ hash: parsed.hash, from: parsed.from, serialized: transaction })) {
    Object.defineProperty(parsed, name, { value });
  }
  known.set(transaction, parsed);
  return parsed;
};
