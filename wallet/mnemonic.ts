import { getBytes, HDNodeWallet, Mnemonic, sha256, toUtf8Bytes } from "ethers";
import { SheafError } from "../protocol/errors.ts";

/** What a mnemonic gives: an L1 account, and the secret of the rollup's key that belongs to it. */
export interface MnemonicKeys {
  readonly l1: HDNodeWallet;
  /** 32 bytes, for `PrivateKey`. */
  readonly secret: Uint8Array;
}

const LAYER = "sheaf";
const APPLICATION = "transfer";

/**
 * Keys from the words of BIP-39, by BIP-32. The L1 account is at BIP-44's `m/44'/60'/0'/0/<account>`, where every Ethereum
 * wallet has it; the rollup's secret is the private key at ERC-2645's path for that account.
 *
 * @param account which L1 account: a whole number from 0
 * @throws SheafError MNEMONIC_INVALID
 */
export function keysOfMnemonic(words: string, account = 0): MnemonicKeys {
  const mnemonic = parse(words);
  const l1 = HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${account}`);
  const { privateKey } = HDNodeWallet.fromMnemonic(mnemonic, rollupPath(l1.address));
  return { l1, secret: getBytes(privateKey) };
}

/** 12 new words, from the system's randomness. */
export const newMnemonic = (): string => HDNodeWallet.createRandom().mnemonic!.phrase;

/**
 * `m/2645'/layer'/application'/address'/address'/0` (ERC-2645): layer and application are the lowest 31 bits of the
 * SHA-256 of their names, the addresses the lowest 31 bits of the L1 address and the 31 above them.
 */
export function rollupPath(l1Address: string, layer = LAYER, application = APPLICATION): string {
  const address = BigInt(l1Address);
  const parts = [hashOf(layer), hashOf(application), address, address >> 31n];
  return `m/2645'/${parts.map((part) => `${part & MASK}'`).join("/")}/0`;
}

const MASK = (1n << 31n) - 1n;
const hashOf = (name: string): bigint => BigInt(sha256(toUtf8Bytes(name)));

function parse(words: string): Mnemonic {
  try {
    return Mnemonic.fromPhrase(words.trim().toLowerCase().split(/\s+/).join(" "));
  } catch (cause) {
    // Ethers' own message would show the words.
    throw new SheafError("MNEMONIC_INVALID", "the words are no mnemonic, or one of them is wrong", { cause });
  }
}
