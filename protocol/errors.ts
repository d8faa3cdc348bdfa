/**
 * Every error that Sheaf raises on purpose: a stable code, and what to do about it.
 * The message of each error says what happened and why; tests check codes, never messages.
 */
export const ERRORS = {
  // Values and operations
  FIELD_OUT_OF_RANGE: "Give a whole number within the range that the message names.",
  AMOUNT_NOT_REPRESENTABLE: "Use one of the nearest representable amounts that the message names.",

  // State machine
  ACCOUNT_NOT_FOUND:
    "Deposit to it, or have the node open it: `transfer --open`, or `openAccount` in a program. Check the token, too.",
  ACCOUNT_EXISTS: "Choose an empty index.",
  ACCOUNT_MISMATCH: "Name an index whose account has this key, L1 address and token, or an empty one.",
  INDEX_RESERVED: "Index 0 stands for L1; use a withdrawal to move funds there.",
  BALANCE_INSUFFICIENT: "Lower the amount or the fee, or fund the account first.",
  BALANCE_OVERFLOW: "Lower the amount: a balance has 128 bits.",
  NONCE_WRONG: "Sign again with the nonce that the message names.",
  NONCE_EXHAUSTED: "Move the funds to another account: this one has used all its nonces.",
  OPERATION_EXPIRED: "Sign again with a later validUntil.",
  OPERATION_EARLY: "Put it into a batch whose time is not before its validFrom.",
  TOKEN_WRONG: "A batch moves one token: put operations of other tokens in another batch.",
  SIGNATURE_INVALID: "Sign the operation again, with the account's key, for this rollup and chain.",
  KEY_INVALID: "Use a key as circomlibjs makes them: of 32 secret bytes, in Baby Jubjub's prime subgroup.",
  FEE_ACCOUNT_INVALID: "Name a fee account that exists and holds the batch's token.",
  BATCH_FULL: "Use a larger batch size, or put the rest in the next batch.",
  BATCH_SCATTERED: "Put operations of accounts whose indexes are far apart in another batch, or use a larger size.",
  WORDS_MALFORMED: "The published words are damaged or belong to another batch size; fetch them again.",
  ROOT_MISMATCH: "Replay every batch in its order from the first; fetch the published words again from another node.",
  STATE_CHANGED: "Repeat the change on a new fork of the state.",

  // Circuits
  CIRCUIT_COMPILE_FAILED: "Correct the circuit where circom's message points; it needs circom 2.2.",
  CIRCUIT_UNPLANNED: "Nothing is wrong: circom's own generator makes the witnesses, in more time.",
  R1CS_MALFORMED: "Delete the file and compile the circuit again.",

  // Keys and proofs
  ARTIFACT_CORRUPT: "Delete the folder that the message names and run the command again: it is built anew.",
  ARTIFACT_MISMATCH: "Build the key for this circuit: ./sheaf setup.",
  KEY_MISSING: "Make the key first: ./sheaf setup for development, ./sheaf setup --ptau FILE for production.",
  KEY_EXISTS: "Delete the folder that the message names if the key shall be replaced.",
  KEY_MALFORMED: "Fetch or make the key file again.",
  KEY_INSECURE: "Use a key from a phase 2 ceremony; see docs/setup.md.",
  PTAU_MALFORMED: "Fetch the powers of tau again; it is a file named powersOfTau28_hez_final_*.ptau.",
  PTAU_HASH_MISMATCH: "Fetch the file again, or give the hash of another ceremony with --ptau-hash.",
  PTAU_TOO_SMALL: "Fetch the file for the power of 2 that the message names, or a larger one.",
  CEREMONY_INVALID: "Do not use the key: take the last one that verifies and repeat the steps after it.",
  BEACON_INVALID: "Give a hash of up to 255 bytes in hexadecimal, and 10 to 63 as the exponent of iterations.",
  WITNESS_FAILED: "Compare the input with the circuit's inputs; a batch from the state machine always has a witness.",
  PROOF_INVALID: "Check that proof, public signals and verification key belong together.",

  WITNESS_MALFORMED: "Make the witness again; it must be a .wtns file of the circuit that the key is for.",
  WITNESS_UNSATISFIED: "Make the witness again, with the generator of the circuit that the key is for.",

  // Native executables
  NATIVE_UNAVAILABLE: "Install a C++20 compiler (g++ 11 or clang 14, or later), or use --backend snarkjs.",
  NATIVE_BUILD_FAILED: "Read the compiler's message; --backend snarkjs works without the native prover.",
  NATIVE_CRASHED: "Run the command again; if it happens again use --backend snarkjs, and report it.",

  // Prover service
  QUEUE_URL_INVALID: "Give sqlite:FILE, redis://HOST:PORT or postgres://USER@HOST/DATABASE.",
  QUEUE_UNREACHABLE: "Check the queue's URL and that its server runs and has space; jobs in it are not lost.",
  PORT_TAKEN: "End the program that listens there, or name another port.",
  ADDRESS_UNAVAILABLE: "Give a --host that is an address of this machine, and a --port that its user may listen on.",
  SERVICE_UNREACHABLE: "Check the service's URL, that it runs, and that this machine can reach it.",
  SERVICE_BUSY: "Ask again later; nothing was taken in. More workers help a prover service.",
  UNAUTHORIZED: "Send the token that the service was started with: Authorization: Bearer TOKEN.",
  ROUTE_UNKNOWN: "Use one of the routes that /openapi.json lists.",
  METHOD_NOT_ALLOWED: "Use one of the methods that the message, and the answer's Allow header, name.",
  MEDIA_TYPE_UNSUPPORTED: "Send application/json, and witnesses for the prover service as application/octet-stream.",
  BODY_TOO_LARGE: "Send less, or have the service started with a higher limit.",
  PROGRAM_UNKNOWN: "Name one of /programs, or make the key first: ./sheaf setup.",
  JOB_UNKNOWN: "Check the id, or submit again: finished jobs are forgotten after a while.",
  JOB_UNFINISHED: "Wait until the job is proven; if it failed or was cancelled, submit it again.",
  JOB_FAILED: "Read the reason in the message; submit the job again when it is gone.",
  ARTIFACT_UNKNOWN:
    "Submit the job again if it has failed. If a worker says it when it starts, start it again: it asks for today's files.",
  PROOF_TIMEOUT:
    "A node tries again by itself; start a worker again. If it happens again, give a worker a longer --deadline, or use a faster machine.",
  WORKER_LOST: "Look at the workers' logs, their memory above all; then submit the job again.",

  // The node over HTTP
  TRANSACTION_UNKNOWN: "Check the id; what this node was not given and L1 does not hold, it does not know.",
  BATCH_UNKNOWN: "Name one of /batches.",
  BLOB_UNKNOWN: "Ask somebody else who has read this rollup, or L1's beacon node if the blob is younger than 18 days.",
  RATE_LIMITED: "Ask again after the seconds that the message names, and less often.",

  // Deployment
  NETWORK_UNREACHABLE: "Check the RPC URL and that the node runs; for a local one: npx hardhat node.",
  DEPLOYER_KEY_MISSING: "Set DEPLOYER_PRIVATE_KEY in Hardhat's keystore (npx hardhat keystore set) or the environment.",
  DEPLOY_KEY_INSECURE:
    "Deploy with production keys (./sheaf setup --ptau FILE), or to a local chain; see docs/security.md.",
  DEPLOY_VERIFIER_UNSAFE: "Delete build/verifiers and deploy again; never deploy a verifier that accepts everything.",
  DEPLOY_VERIFIER_MISMATCH: "Do not use this deployment: its verifier is not the one of the key file. Deploy again.",
  DEPLOYMENT_MISMATCH: "Pay nothing into this rollup before its deployer has explained each difference.",
  PUBLISH_EXISTS: "Delete the folder that the message names, or name another one with --publish.",
  DEPLOY_CHAIN_TOO_OLD: "Deploy to a chain that has had Ethereum's fork Cancun (March 2024), or a later one.",
  DEPLOY_GAS_CAPPED: "Deploy through a node that does not cap the gas of new state, as EIP-8037 has it.",
  DEPLOY_TOKEN_INVALID: "Give addresses of ERC-20 tokens on this chain, each once; ETH needs none.",
  DEPLOY_FUNDS_MISSING: "Send the deployer as much ether as the message names, or wait until gas is cheaper.",
  DEPLOY_FAILED: "Read the reason in the message, then run the command again: it resumes where it stopped.",

  // Following L1
  CHAIN_WRONG: "Give the RPC URL of a node of the rollup's chain, or another store.",
  ROLLUP_NOT_FOUND: "Check the rollup's address, and that the RPC URL is of its chain.",
  DEPLOYMENT_BLOCK_UNKNOWN: "Name the block of the rollup's deployment with --from-block, or use an archive node.",
  RPC_RATE_LIMITED: "Run the command again later, it resumes where it stopped; or use another node.",
  RPC_REFUSED: "Use a node that answers the method that the message names.",
  RPC_MALFORMED: "Check that the URL is of an Ethereum node's JSON-RPC; use another node.",
  RPC_LOGS_MISSING: "Use another node: this one leaves out logs. Nothing wrong was stored.",
  RPC_INCONSISTENT: "Use another node: this one's answers contradict each other. Nothing wrong was stored.",
  SNAPSHOT_MALFORMED: "Fetch or write the snapshot again: this file is damaged, or is not one.",
  SNAPSHOT_MISMATCH:
    "Use a snapshot of this rollup, of a batch that is on L1; whoever made this one may not be believed.",
  STATE_UNKNOWN:
    "Restore to a new store: with blobs from --archive it has every state, with --snapshot those since the snapshot's batch.",
  BLOB_UNAVAILABLE:
    "Name who has it: another Sheaf node with --archive, or L1's beacon node with --beacon for one that is younger than 18 days. Or begin from a snapshot, see docs/operations.md.",
  BLOB_MALFORMED: "Fetch the blob again, from another source: this is not one that a batch of this rollup is in.",
  RPC_BEHIND: "Wait until the node has caught up with L1, or use another one.",
  REORG_TOO_DEEP: "Check the RPC URL; if L1 did take back final blocks, delete the store and restore it.",
  QUEUE_NOT_OVERDUE:
    "There is nothing to do now: before a deadline passes, which the message names if there is one, only the operator submits.",
  ROLLUP_FROZEN: "No batch is taken any more: leave with ./sheaf exit.",
  ROLLUP_NOT_FROZEN: "Withdraw as usual, or force a withdrawal on L1; exits begin when the rollup is frozen.",
  PROTOCOL_VERSION_WRONG:
    "Use the release that the message names: check its tag out, or install it. Rollups cannot change their version.",
  SIZE_NOT_KNOWN: "Use the version of Sheaf that the rollup was deployed with.",
  CONTRADICTION_IMPOSSIBLE:
    "Do not rely on the rollup: withdraw what L1 owes you, ask its owner to pause deposits, and tell its users what was found.",
  L1_KEY_MISSING: "Set SHEAF_PRIVATE_KEY, or the variable that --key names, in Hardhat's keystore or the environment.",
  L1_FUNDS_MISSING: "Fund the L1 account that the message names, or pay with another one: --key NAME.",
  L1_UNCONFIRMED:
    "Try the same again: the earlier transaction is looked for first, and waited for. By other means, look for it on L1 before.",
  DEPOSITS_PAUSED: "Wait until the rollup's owner takes deposits again; what is in the rollup is not affected.",
  ACCOUNT_HAS_CODE:
    "Use an account that is neither a contract nor delegates to one; a delegation ends by one to the zero address (EIP-7702).",
  NOTHING_TO_PULL:
    "Withdraw first, and wait until L1 has the withdrawal's batch: ./sheaf status shows what can be pulled.",
  NOTHING_TO_LEAVE:
    "Name whose the account is, or who gets the deposit back: --key, --wallet or --account; ./sheaf status shows what they have.",
  L1_REVERTED: "Read the reason in the message; if another transaction came first, run the command again.",
  L1_FAILED: "Read the reason in the message: the node, the fee, the account's other transactions; then run it again.",
  WEBHOOK_FAILED: "Check the webhook's URL and that its receiver answers POST with a status of 200 to 299.",
  DOWNLOAD_FAILED: "Run the command again, what has arrived is kept; or use another mirror of the published files.",
  STORE_MISMATCH: "Name the store of this rollup with --store, or a new file.",
  STORE_BUSY: "Let one process at a time follow L1 into a store; run the command again when the other one ended.",
  STORE_CORRUPT:
    "Run the command again: everything in it is on L1, and is read from there; a node does so by itself. Look after the disk.",

  // Node
  EARLY_TOO_LONG: "Keep the signed operation, and submit it when its time is nearer.",
  EARLY_FULL: "Keep the signed operation, and submit it when its time is nearer, or when others are done.",
  OPERATION_OVERDUE:
    "Sign another operation with its nonce: until that is on L1, another node can do this one, whoever hands it in there.",
  MEMPOOL_FULL: "Submit the operation again later; nothing was taken in.",
  FEE_TOO_LOW: "Sign again with the fee that /fees suggests for what is asked.",
  TOKEN_UNPRICED:
    "Have the node's operator name a price (--price), or take the token out by L1's order: ./sheaf withdraw --force.",
  OPENING_UNPAID:
    "Hand in a transfer with it that pays for the opening, as ./sheaf transfer --open does; or deposit from L1, which opens the account.",
  ACCOUNT_BUSY: "Wait until operations of the account are in a batch, then submit the next ones.",
  DELIVERY_TOO_LARGE: "Send fewer batches in one transaction.",
  BATCH_SUPERSEDED: "Run one node as the operator. What its batch held goes into the next one.",
  NODE_DATA_MISMATCH:
    "Name the folder of this rollup's node with --data, or a new one. Tables of a later version need that version of Sheaf.",
  NODE_DATA_INCOMPLETE:
    "Put the newest node.db back, with its -wal and -head. To go on without what is missing or altered, delete node.db-head; it must be submitted again.",
  NODE_DATA_CORRUPT:
    "Restore node.db from a copy, or delete it and node.db-head: what no batch on L1 holds must be submitted again.",

  // Wallet
  MNEMONIC_INVALID: "Give the words in their order, as they were written down: 12 to 24 of BIP-39's English list.",
  SIGNER_UNSUITABLE: "Use a mnemonic, or a signer with one key of its own that signs deterministically (RFC 6979).",
  SIGNER_MISSING: "Connect the wallet with a signer for L1, which pays for transactions there.",
  RECEIVER_INVALID: "Ask the receiver for the address again, and copy it whole: ./sheaf wallet show prints it.",
  NODE_MISMATCH:
    "Connect to a node of the wallet's rollup and chain: check the URLs, the chain id and the rollup's address.",
  NODE_INCONSISTENT: "Use another node: what this one says cannot be. Nothing was signed.",
  ACCOUNT_NOT_FINAL: "Wait until L1 has the batch with the account, for good; then send again.",
  ACCOUNT_UNPROVEN: "Use another node: what this one says of the account is not what L1 has. Nothing was signed.",
  FEE_TOO_HIGH:
    "Use another node: this one asks for several times what L1 costs. If it is worth it, say how much: --max-fee, or `maxFee`.",
  RECEIVER_UNCONFIRMED:
    "Compare the address with the receiver's own; then name it in place of the index, or say --yes.",
  FEE_UNCONFIRMED:
    "If it is worth it, say how much: --fee or --max-fee, `fee` or `maxFee` in a program. With --rpc, L1's price speaks for it.",
  OPERATION_KNOWN: "Look at the operation that the message names, and pay again if two payments are meant.",
  OPERATION_REJECTED:
    "Read the reason in the message, then sign a new operation: no batch of this node's has this one.",
  WAIT_TIMEOUT: "Wait again, or longer: what was sent is not lost; ./sheaf status ID tells how far it is.",
  WALLET_EXISTS: "Name another file with --wallet; a wallet's file is never replaced.",
  WALLET_MALFORMED: "Restore the file from a copy, or make it again from the words: ./sheaf wallet import.",
  PASSWORD_MISSING:
    "Run the command on a terminal, or give --password-file FILE or SHEAF_PASSWORD; words by --words-file.",
  PASSWORD_WRONG: "Give the password that the wallet's file was made with.",

  // Launcher (raised by the shell script `sheaf`)
  NODE_MISSING: "Install Node.js 20.19 or later, with npm.",
  NODE_TOO_OLD: "Install Node.js 20.19 or later, with npm.",
  NPM_MISSING: "Install npm 10 or later; it comes with Node.js.",
  NPM_TOO_OLD: "Run: npm install --global npm@10",
  INSTALL_FAILED: "Read npm's reason, check the network and the disk, then run the command again.",
  PLATFORM_UNSUPPORTED: "Use Linux with glibc, or macOS, on x64 or arm64; or install Node.js 24.9 or later.",

  // Command line
  USAGE: "Run the command with --help.",
  FILE_UNREADABLE: "Check the path; relative paths start at the folder that the command is run from.",
  FILE_UNWRITABLE: "Choose a file or folder that can be written to, on a disk with space left.",
  JSON_MALFORMED: "Correct the JSON where the message points.",
  CSV_MALFORMED: "Give a header line from,to,token,amount,fee, and a line with as many columns for each transfer.",
  FIELD_INVALID: "Correct the field that the message names.",
  SIZE_UNKNOWN: "Name one of the sizes that `./sheaf circuit info --help` lists.",
  CONTRACTS_BUILD_FAILED: "Read Hardhat's message; if it names a cache, delete build/hardhat and build/contracts.",
  TOKEN_UNKNOWN: "Name a token of the rollup by its id or address, as the message or ./sheaf status lists them.",
  ANVIL_UNAVAILABLE: "Run `npm ci` in the repository: @foundry-rs/anvil is one of its development packages.",
  DEV_STATE_BROKEN:
    "Delete the folder that --state names: another version of Sheaf or Hardhat made it, or it is damaged.",
  CHAIN_START_FAILED: "Read the messages above; `./sheaf --debug demo` shows more.",
  DEMO_DIFFERS: "This is a bug: report it with the command's output.",
  UNEXPECTED: "Run the command again with --debug before its name, and report what it prints.",
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code from `ERRORS`; `fix` says what to do. */
export class SheafError extends Error {
  override readonly name = "SheafError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get fix(): string {
    return ERRORS[this.code];
  }
}
