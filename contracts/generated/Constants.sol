// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

// Generated from protocol/ by `npm run generate`. Do not edit.

// Order of BN254's scalar field: words, roots, keys and public inputs are below it.
uint256 constant FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
string constant PROTOCOL_NAME = "Sheaf";
uint256 constant PROTOCOL_VERSION = 2;
// A domain is below this.
uint256 constant DOMAIN_MODULUS = 6901746346790563787434755862277025452451108972170386555162524223799295;
// Root of the empty state tree.
uint256 constant GENESIS_ROOT = 7783449910559039813239314263877731317509797769315991917971488492529038907666;
// Width of the amount of a deposit or a withdrawal.
uint256 constant AMOUNT_BITS = 128;

// The state tree.
uint256 constant TREE_LEVELS = 11;
uint256 constant TREE_ARITY = 8;
uint256 constant TREE_ARITY_BITS = 3;
bytes32 constant HASHER_CREATION_CODE_HASH = 0x1c3d63e763ddfab9038f7d302f12c19dd6dfbe949be944e0cb549b4c94b94711;

uint256 constant KIND_NONE = 0;
uint256 constant KIND_DEPOSIT = 1;
uint256 constant KIND_CREATION = 2;
uint256 constant KIND_FORCED_WITHDRAWAL = 3;

// Published words: offsets and lengths in bytes.
uint256 constant DOMAIN_OFFSET = 0;
uint256 constant OLD_ROOT_OFFSET = 31;
uint256 constant NEW_ROOT_OFFSET = 63;
uint256 constant NUMBERS_OFFSET = 95;
uint256 constant L1_OPERATIONS_OFFSET = 126;
uint256 constant L1_OPERATION_BYTES = 94;
uint256 constant L1_OPERATION_WORDS = 3;
// Within an L1 operation's row.
uint256 constant L1_OPERATION_KEY_OFFSET = 31;
uint256 constant L1_OPERATION_AMOUNT_OFFSET = 63;
uint256 constant WITHDRAWAL_BYTES = 62;
uint256 constant WITHDRAWAL_WORDS = 2;
// Within a withdrawal's row.
uint256 constant WITHDRAWAL_AMOUNT_OFFSET = 31;
// Of a blob's value there are three in the circuit.
uint256 constant EVALUATION_WORD_BITS = 92;
// A word of two transfers.
uint256 constant TRANSFERS_BYTES = 31;
// Order of BLS12-381's scalar field: a blob is a polynomial over it.
uint256 constant BLOB_ORDER = 52435875175126190479447740508185965837690552500527637822603658699938581184513;

uint256 constant NUMBERS_WORD_BITS = 169;
uint256 constant NUMBERS_TRANSFERS_SHIFT = 0;
uint256 constant NUMBERS_WITHDRAWALS_SHIFT = 16;
uint256 constant NUMBERS_L1_OPERATIONS_SHIFT = 32;
uint256 constant NUMBERS_FEE_ACCOUNT_SHIFT = 48;
uint256 constant NUMBERS_TOKEN_SHIFT = 80;
uint256 constant NUMBERS_TIMESTAMP_SHIFT = 96;
uint256 constant NUMBERS_BATCH_NUMBER_SHIFT = 136;
uint256 constant NUMBERS_BLOB_SHIFT = 168;

uint256 constant L1_OPERATION_WORD_BITS = 216;
uint256 constant L1_OPERATION_L1_ADDRESS_SHIFT = 0;
uint256 constant L1_OPERATION_TOKEN_SHIFT = 160;
uint256 constant L1_OPERATION_INDEX_SHIFT = 176;
uint256 constant L1_OPERATION_KIND_SHIFT = 208;

uint256 constant WITHDRAWAL_WORD_BITS = 208;
uint256 constant WITHDRAWAL_L1_ADDRESS_SHIFT = 0;
uint256 constant WITHDRAWAL_FEE_SHIFT = 160;
uint256 constant WITHDRAWAL_FROM_SHIFT = 176;

uint256 constant EXIT_ACCOUNT_INDEX_SHIFT = 0;
uint256 constant EXIT_ACCOUNT_TOKEN_SHIFT = 32;
uint256 constant EXIT_ACCOUNT_L1_ADDRESS_SHIFT = 48;

uint256 constant LEAF_INDEX_SHIFT = 0;
uint256 constant LEAF_TOKEN_SHIFT = 32;
uint256 constant LEAF_NONCE_SHIFT = 48;
