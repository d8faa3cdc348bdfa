/** What is known of another rollup for payments; a field that is not there was not found. */
export interface Peer {
  readonly name: string;
  readonly constraintsPerTransfer?: number;
  readonly bytesPerTransfer?: number;
  readonly gasPerTransfer?: number;
  /** Where the numbers come from, and what they are of. */
  readonly source: string;
}

export const PEERS: readonly Peer[] = [
  {
    name: "Hermez, 32 levels",
    constraintsPerTransfer: 52_100,
    bytesPerTransfer: 14,
    source:
      "constraints counted with circom 2.2.3; bytes (two indexes of 4, amount 5, fee 1): " +
      "https://docs.hermez.io/Hermez_1.0/developers/protocol/hermez-protocol/protocol/",
  },
  {
    name: "Loopring 3.6",
    constraintsPerTransfer: 130_000,
    bytesPerTransfer: 22,
    gasPerTransfer: 450,
    source:
      "constraints and gas of a trade, not of a transfer, with seven batches of 2,048 in an Ethereum block of 2021: " +
      "https://github.com/Loopring/protocols/blob/master/packages/loopring_v3/DESIGN.md",
  },
  {
    name: "zkSync Lite",
    bytesPerTransfer: 20,
    source: "two chunks of ten bytes a transfer: https://github.com/matter-labs/zksync/blob/master/docs/protocol.md",
  },
];
