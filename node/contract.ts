import { Interface } from "ethers";

/**
 * What a node reads of `contracts/interfaces/IRollup.sol` and calls there. Written out, so that a node runs where
 * nothing was compiled; a test compares it with the compiled interface.
 */
export const ROLLUP_ABI = [
  "event BatchSizeRegistered(uint256 indexed size, tuple(address verifier, uint16 transfers, uint16 l1Operations, uint16 withdrawals, bytes32 circuitHash, bytes32 keyHash) batchSize)",
  "event TokenRegistered(uint16 indexed token, address indexed tokenAddress)",
  "event DepositQueued(uint256 indexed queueIndex, address indexed l1Address, uint16 indexed token, uint256 pubKeyY, uint128 amount, address refundAddress, uint256 deadline)",
  "event WithdrawalRequested(uint256 indexed queueIndex, address indexed l1Address, uint16 indexed token, uint32 index, uint256 deadline)",
  "event BatchSubmitted(uint256 indexed batchNumber, uint256 newRoot, uint256 size, uint256 queueEnd)",
  "event WithdrawalCredited(uint16 indexed token, address indexed account, uint256 amount)",
  "event Withdrawn(uint16 indexed token, address indexed account, uint256 amount)",
  "event Frozen(uint256 stateRoot)",
  "event Exited(uint32 indexed index, uint16 indexed token, address indexed l1Address, uint256 amount)",
  "event DepositRefunded(uint256 indexed queueIndex, uint16 indexed token, address indexed refundAddress, uint256 amount)",
  "function submitBatch(uint256 size, uint256[8] proof, uint256 c, bytes words, address[] refundAddresses)",
  "function batchNumber() view returns (uint256)",
  "function stateRoot() view returns (uint256)",
  "function batchChain() view returns (bytes32)",
  "function queueBounds() view returns (uint256 head, uint256 tail)",
  "function queueEntry(uint256 queueIndex) view returns (bytes27 cumulativeHash, uint256 deadline)",
  "function tokenCount() view returns (uint16)",
  "function tokenTotal(uint16 token) view returns (uint256)",
  "function isFrozen() view returns (bool)",
  "function freezeTime() view returns (uint256)",
  "function exitCircuit() view returns (tuple(address verifier, bytes32 circuitHash, bytes32 keyHash))",
  "function withdrawable(uint16 token, address account) view returns (uint256)",
  "function freeze()",
  "function exit(uint32 index, uint16 token, address l1Address, uint128 balance, uint256[8] proof)",
  "function refundDeposit(uint256 queueIndex, uint16 token, uint128 amount, uint256 pubKeyY, address l1Address, address refundAddress)",
  "function withdraw(uint16 token, address account)",
  "error NotOperator(address sender)",
  "error NotDirectCall(address sender)",
  "error RollupFrozen()",
  "error NotFrozen()",
  "error NotYetFreezable(uint256 freezeTime)",
  "error WrongOldRoot(uint256 expected, uint256 given)",
  "error WrongBatchNumber(uint256 expected, uint256 given)",
  "error TimestampOutOfRange(uint256 earliest, uint256 latest, uint256 given)",
  "error WrongQueuePrefix(uint256 queueEnd)",
  "error QueueNotServed(uint256 taken, uint256 waiting)",
  "error InvalidProof()",
  "error AlreadyExited(uint32 index)",
  "error AlreadyRefunded(uint256 queueIndex)",
  "error NothingToWithdraw(uint16 token, address account)",
] as const;

export const ROLLUP = new Interface(ROLLUP_ABI);
