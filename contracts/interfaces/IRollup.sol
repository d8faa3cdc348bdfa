// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {TREE_ARITY, TREE_LEVELS} from "../generated/Constants.sol";
import {IBlobOpener} from "./IBlobOpener.sol";
import {IExitVerifier} from "./IExitVerifier.sol";
import {IJointVerifier} from "./IJointVerifier.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title Sheaf's rollup contract
/// @notice Holds the funds, queues what L1 asks of the rollup, and takes batches whose proof shows that every account
/// they touch agreed.
interface IRollup {
    /// @notice A batch size: its verifier, and how many rows of each kind its circuit has.
    /// @param circuitHash Hash of the circuit's R1CS file.
    /// @param keyHash Hash of the proving key file.
    struct BatchSize {
        IVerifier verifier;
        uint16 transfers;
        uint16 l1Operations;
        uint16 withdrawals;
        bytes32 circuitHash;
        bytes32 keyHash;
    }

    /// @notice The circuit that accounts leave a frozen rollup by: its verifier, and the hashes as in `BatchSize`.
    struct ExitCircuit {
        IExitVerifier verifier;
        bytes32 circuitHash;
        bytes32 keyHash;
    }

    /// @notice A batch's proof with what it shows; `submitBatch` explains the parts.
    struct ProvenBatch {
        uint256[8] proof;
        uint256 c;
        bytes words;
        address beneficiary;
    }

    /// @notice An EIP-2612 signature over the amount of a deposit.
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    event BatchSizeRegistered(uint256 indexed size, BatchSize batchSize);
    event TokenRegistered(uint16 indexed token, address indexed tokenAddress);
    event OperatorChanged(address indexed operator);
    event DepositsPaused(bool paused);

    /// @notice A deposit waits in the queue. `amount` is what arrived, in base units.
    /// @param queueIndex Place in the queue, counted from the first operation ever queued.
    /// @param deadline From this second on, anyone may submit batches.
    event DepositQueued(
        uint256 indexed queueIndex,
        address indexed l1Address,
        uint16 indexed token,
        uint256 pubKeyY,
        uint128 amount,
        address refundAddress,
        uint256 deadline
    );

    /// @notice A forced withdrawal waits in the queue.
    event WithdrawalRequested(
        uint256 indexed queueIndex,
        address indexed l1Address,
        uint16 indexed token,
        uint32 index,
        uint256 deadline
    );

    /// @notice A batch was accepted. Its published words are in the transaction's calldata, always at the top level.
    /// @param queueEnd Operations of the queue that are done, this batch's included.
    event BatchSubmitted(
        uint256 indexed batchNumber,
        address indexed beneficiary,
        uint256 newRoot,
        uint256 size,
        uint256 queueEnd
    );

    event WithdrawalCredited(uint16 indexed token, address indexed account, uint256 amount);
    event Withdrawn(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice A payout was not of the whole credit, since the rollup has less of the token. Follows its `Withdrawn`.
    /// @param amount What stays credited.
    event StillCredited(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice The rollup ended. Exits are proven against this root.
    event Frozen(uint256 stateRoot);
    event Exited(uint32 indexed index, uint16 indexed token, address indexed l1Address, uint256 amount);
    event DepositRefunded(
        uint256 indexed queueIndex,
        uint16 indexed token,
        address indexed refundAddress,
        uint256 amount
    );

    error ZeroAddress();
    error ZeroAmount();
    error NotAContract(address account);
    error WrongNumberOfBatchSizes(uint256 count);
    error InvalidBatchSize(uint256 size);

    error UnknownToken(uint16 token);
    error TokenAlreadyRegistered(address tokenAddress);
    error TokenTotalTooLarge(uint16 token, uint256 total);
    error KeyNotInField(uint256 pubKeyY);
    error InsufficientValue(uint256 required, uint256 given);
    error NothingToWithdraw(uint16 token, address account);
    error BooksEmpty(uint16 token);

    error NotOperator(address sender);
    error NotDirectCall(address sender);
    error UnknownBatchSize(uint256 size);
    error NoBatches();
    error WrongLength(uint256 expected, uint256 given);
    error WrongDomain(uint256 expected, uint256 given);
    error WrongOldRoot(uint256 expected, uint256 given);
    error WrongBatchNumber(uint256 expected, uint256 given);
    error TimestampOutOfRange(uint256 earliest, uint256 latest, uint256 given);
    error TooManyRows(uint256 l1Operations, uint256 withdrawals, uint256 transfers);
    error RootNotInField(uint256 root);
    error PublicInputNotInField(uint256 input);
    error MalformedWord(uint256 offset);
    error UnknownKind(uint256 kind);
    error WrongNumberOfRefundAddresses(uint256 expected, uint256 given);
    error WrongQueuePrefix(uint256 queueEnd);
    error QueueNotServed(uint256 queueIndex, uint256 deadline);
    error InvalidProof();
    error NoBlobs();
    error BlobMissing();
    error BlobNotOpened();
    error EvaluationNotInField(uint256 value);

    error RollupFrozen();
    error NotFrozen();
    error DepositsArePaused();
    error NotYetFreezable(uint256 freezeTime);
    error NoContradiction();
    error AlreadyExited(uint32 index);
    error NodeNotInField(uint256 node);
    error WrongPath();
    error WrongHasher();
    error NotQueued(uint256 queueIndex);
    error AlreadyRefunded(uint256 queueIndex);
    error WrongDeposit(uint256 queueIndex);

    /// @notice Queues a deposit. Ether beyond the fee (and the amount, for ETH) is sent back to the sender.
    /// @param token Id of the token; 0 is ETH.
    /// @param amount Base units to take from the sender; what arrives is credited, less where the token takes a fee.
    /// @param pubKeyY y-coordinate of the owner's Baby Jubjub key.
    /// @param l1Address Where the account's withdrawals go, and who may force one.
    /// @param refundAddress Who gets the deposit back if the rollup ends before it is processed.
    function deposit(
        uint16 token,
        uint256 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress
    ) external payable;

    /// @notice `deposit` with an EIP-2612 permit, for tokens that have it. A permit that somebody else used first does
    /// no harm: the allowance it gave is there.
    function depositWithPermit(
        uint16 token,
        uint256 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress,
        Permit calldata permit
    ) external payable;

    /// @notice Queues the withdrawal of an account's whole balance. Nothing leaves if at the index there is no account
    /// of the sender in this token.
    function requestWithdrawal(uint32 index, uint16 token) external payable;

    /// @notice Sends an account what its withdrawals were credited with. Anyone may call; the account is paid. Where the rollup
    /// has less of a token than it owes (the token shrinks balances, or takes a fee on top of payouts), that is paid, or
    /// half of it if the token refuses to pay it whole; the rest stays credited, for another call.
    function withdraw(uint16 token, address account) external;

    /// @notice Moves the rollup on by one batch. Only by the operator, until an operation in the queue is overdue; then by
    /// anyone, and a batch must take as much of the queue as the size with most room for it, or all of it that is due within
    /// three days of the batch's timestamp. What is queued after that is not.
    /// @param size Id of the batch's size.
    /// @param proof Groth16 proof `[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]`, as snarkjs exports it.
    /// @param c The circuit's commitment to the batch.
    /// @param words The published words.
    /// @param refundAddresses Refund address of each operation that the batch takes from the queue, in order; zero for
    /// forced withdrawals.
    /// @param beneficiary Whom the proof was made for: who is credited with what L1 pays for a batch, which is nothing so far.
    /// The challenge contains it, so that a proof copied from a waiting transaction is worth nothing to the copier.
    function submitBatch(
        uint256 size,
        uint256[8] calldata proof,
        uint256 c,
        bytes calldata words,
        address[] calldata refundAddresses,
        address beneficiary
    ) external;

    /// @notice Moves the rollup on by several batches, each from where the one before it leads: by all of them, or by none.
    /// Their proofs are verified together, which is cheaper than `submitBatch` for two and more. Who may call is decided at
    /// the start, by the queue as it is then; what all the batches take of it together is what `submitBatch` asks of one,
    /// within three days of the last one's timestamp.
    /// @param batches What `submitBatch` takes of each, as `PackedBatches` lays it out.
    function submitBatches(bytes calldata batches) external;

    /// @notice `submitBatches` of batches whose transfers' words are in the transaction's first blob, those of the first batch
    /// first, as coefficients of its polynomial, the lowest first, and 0 behind them. Only of a rollup that takes blobs.
    /// @param batches As of `submitBatches`; their words are without those of the transfers.
    /// @param opening As `BlobOpener` lays it out.
    function submitBatchesInBlob(bytes calldata batches, bytes calldata opening) external;

    /// @notice Ends the rollup for good, because nobody serves its queue: the oldest deadline passed, and so did the time
    /// in which anyone might have submitted. By anyone, after `freezeTime`. No batch, deposit or request is taken from then
    /// on; credits are pulled as before.
    function freeze() external;

    /// @notice Ends the rollup for good, because its proofs prove nothing: two of them, for the same size, lead from the
    /// same published words to different roots. By anyone. Proofs of any state will do, not only of the present one.
    function freezeByContradiction(uint256 size, ProvenBatch calldata one, ProvenBatch calldata other) external;

    /// @notice `freezeByContradiction` by batches whose transfers' words are in a blob, and are the same.
    /// @param one The one that was submitted with the blob.
    /// @param other Of the same blob; its proof is for the point that `BlobOpener` gives it.
    /// @param evidence The blob's contents, as `BlobOpener` lays it out.
    function freezeByContradictionInBlob(
        uint256 size,
        ProvenBatch calldata one,
        ProvenBatch calldata other,
        bytes calldata evidence
    ) external;

    /// @notice Credits an account's balance to its L1 address, once a leaf, in a frozen rollup. Anyone may call; `withdraw`
    /// pays.
    /// @param proof Proof of the exit circuit that the last root's tree has such an account at the index.
    function exit(uint32 index, uint16 token, address l1Address, uint128 balance, uint256[8] calldata proof) external;

    /// @notice `exit` without a proof, for several times its gas: the last root's tree must have a leaf of just these parts at
    /// the index. Needs the hasher to be there.
    /// @param siblings The leaf's Merkle path: by level, the leaf's own first, the seven other nodes below the same one.
    function exitByPath(
        uint32 index,
        uint16 token,
        address l1Address,
        uint128 balance,
        uint256 pubKeyY,
        uint32 nonce,
        uint256[TREE_ARITY - 1][TREE_LEVELS] calldata siblings
    ) external;

    /// @notice Deploys the hasher of `exitByPath`, once. Anyone may call.
    /// @param creationCode The one whose hash the rollup knows.
    function deployHasher(bytes calldata creationCode) external;

    /// @notice Credits a deposit that no batch took to its refund address, once, in a frozen rollup. Anyone may call. The
    /// parts of the deposit are those of its event; forced withdrawals that wait need nothing: the account exits.
    function refundDeposit(
        uint256 queueIndex,
        uint16 token,
        uint128 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress
    ) external;

    /// @notice Gives a token the next id. Only by the owner.
    function registerToken(address tokenAddress) external returns (uint16 token);

    /// @notice Names who submits batches. Only by the owner.
    function setOperator(address newOperator) external;

    /// @notice Stops deposits, or takes them again. Only by the owner. Nothing else is ever paused.
    function setDepositsPaused(bool paused) external;

    function operator() external view returns (address);
    function depositsPaused() external view returns (bool);

    /// @notice Registered tokens, ETH (id 0) included.
    function tokenCount() external view returns (uint16);
    function tokenAddress(uint16 token) external view returns (address);

    /// @notice Base units of a token that the rollup owes: balances, queued deposits and credits not yet withdrawn.
    function tokenTotal(uint16 token) external view returns (uint256);

    /// @notice Base units that an account is credited with. `withdraw` sends them, or as many as the rollup has.
    function withdrawable(uint16 token, address account) external view returns (uint256);

    function stateRoot() external view returns (uint256);

    /// @notice `keccak256` chain over the batches' challenges: two rollups with the same value took the same batches.
    function batchChain() external view returns (bytes32);

    function batchNumber() external view returns (uint256);
    function lastTimestamp() external view returns (uint256);

    /// @notice Operations of the queue that are done, and that were ever queued.
    function queueBounds() external view returns (uint256 head, uint256 tail);

    /// @notice Chained hash of all operations up to this one, and this one's deadline: 0 for a deposit that was given back.
    function queueEntry(uint256 queueIndex) external view returns (bytes27 cumulativeHash, uint256 deadline);

    /// @notice Wei that the next operation in the queue costs. The fee is burned: nothing in the contract pays it out.
    function queueFee() external view returns (uint256);

    /// @notice Whether an operation in the queue is overdue, so that anyone may submit.
    function isOverdue() external view returns (bool);

    /// @notice `freeze` works after this second; the largest number while nothing is queued.
    function freezeTime() external view returns (uint256);

    function isFrozen() external view returns (bool);

    /// @notice Whether the account at an index left the frozen rollup.
    function hasExited(uint32 index) external view returns (bool);

    /// @notice Where `deployHasher` deploys the contract that hashes leaves and nodes of the state tree: Poseidon with 4 and
    /// 8 inputs. Its address says which code it has.
    function hasher() external view returns (address);

    /// @notice The base of all signatures' domains on this rollup and chain.
    function domain() external view returns (uint256);

    function batchSizeCount() external view returns (uint256);
    function batchSize(uint256 size) external view returns (BatchSize memory);

    /// @notice What verifies proofs together; a size's id is its key's there.
    function jointVerifier() external view returns (IJointVerifier);

    /// @notice What opens blobs; zero, if the rollup takes none. Whether it does was chosen when it was deployed.
    function blobOpener() external view returns (IBlobOpener);
    function exitCircuit() external view returns (ExitCircuit memory);
}
