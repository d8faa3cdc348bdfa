// Generated from protocol/constants.ts and protocol/packing.ts by `npm run generate`.
pragma circom 2.2.0;

function TREE_LEVELS() { return 11; }
function SEGMENT_LEVELS() { return 3; }
function SPONGE_RATE() { return 16; }
function ELEMENT_BITS() { return 253; }
function EVALUATION_WORDS() { return 3; }
function INDEX_BITS() { return 32; }
function TOKEN_BITS() { return 16; }
function NONCE_BITS() { return 32; }
function BALANCE_BITS() { return 128; }
function L1_ADDRESS_BITS() { return 160; }
function VALID_UNTIL_BITS() { return 40; }
function TIMESTAMP_BITS() { return 40; }
function BATCH_NUMBER_BITS() { return 32; }
function COUNT_BITS() { return 16; }
function KIND_BITS() { return 8; }
function AMOUNT_MANTISSA_BITS() { return 39; }
function AMOUNT_EXPONENT_BITS() { return 5; }
function FEE_MANTISSA_BITS() { return 11; }
function FEE_EXPONENT_BITS() { return 5; }
function DOMAIN_BITS() { return 232; }
function SEGMENT_BITS() { return 23; }
function ACCESS_TIME_BITS() { return 10; }
function NODE_LABEL_BITS() { return 22; }

// Order of BLS12-381's scalar field, which is above this field's: its lowest 136 bits, and the others.
function BLOB_ORDER_LOW() { return 1812722428913960920194054277769180741633; }
function BLOB_ORDER_HIGH() { return 601934326648276001675086541120709080; }

// Offsets in bits of the parts of packed elements.
function ACCESS_INDEX() { return 0; }
function ACCESS_GAP() { return 32; }
function EXIT_ACCOUNT_INDEX() { return 0; }
function EXIT_ACCOUNT_TOKEN() { return 32; }
function EXIT_ACCOUNT_L1_ADDRESS() { return 48; }
function L1_WORD_L1_ADDRESS() { return 0; }
function L1_WORD_TOKEN() { return 160; }
function L1_WORD_INDEX() { return 176; }
function L1_WORD_KIND() { return 208; }
function LEAF_INDEX() { return 0; }
function LEAF_TOKEN() { return 32; }
function LEAF_NONCE() { return 48; }
function MEMORY_SEGMENT() { return 0; }
function MEMORY_TIME() { return 23; }
function NUMBERS_WORD_TRANSFERS() { return 0; }
function NUMBERS_WORD_WITHDRAWALS() { return 16; }
function NUMBERS_WORD_L1_OPERATIONS() { return 32; }
function NUMBERS_WORD_FEE_ACCOUNT() { return 48; }
function NUMBERS_WORD_TOKEN() { return 80; }
function NUMBERS_WORD_TIMESTAMP() { return 96; }
function NUMBERS_WORD_BATCH_NUMBER() { return 136; }
function NUMBERS_WORD_BLOB() { return 168; }
function SIGNING_DOMAIN_DOMAIN() { return 0; }
function SIGNING_DOMAIN_TOKEN() { return 232; }
function SIGNING_DOMAIN_LATE() { return 248; }
function TOUCHED_SEGMENT_SEGMENT() { return 0; }
function TOUCHED_SEGMENT_LAST() { return 23; }
function TOUCHED_SEGMENT_ACTIVE() { return 33; }
function TRANSFER_FEE() { return 0; }
function TRANSFER_AMOUNT() { return 16; }
function TRANSFER_TO() { return 60; }
function TRANSFER_FROM() { return 92; }
function TRANSFERS_WORD_ODD() { return 0; }
function TRANSFERS_WORD_EVEN() { return 124; }
function TRANSFER_PAYLOAD_TRANSFER() { return 0; }
function TRANSFER_PAYLOAD_NONCE() { return 124; }
function TRANSFER_PAYLOAD_VALID_UNTIL() { return 156; }
function TREE_NODE_LABEL() { return 0; }
function TREE_NODE_FLAGS() { return 22; }
function TREE_NODE_ACTIVE() { return 30; }
function WITHDRAWAL_PAYLOAD_FROM() { return 0; }
function WITHDRAWAL_PAYLOAD_FEE() { return 32; }
function WITHDRAWAL_PAYLOAD_NONCE() { return 48; }
function WITHDRAWAL_PAYLOAD_AMOUNT() { return 80; }
function WITHDRAWAL_PAYLOAD_VALID_UNTIL() { return 208; }
function WITHDRAWAL_WORD_L1_ADDRESS() { return 0; }
function WITHDRAWAL_WORD_FEE() { return 160; }
function WITHDRAWAL_WORD_FROM() { return 176; }

// Widths in bits of packed elements.
function ACCESS_WIDTH() { return 42; }
function EXIT_ACCOUNT_WIDTH() { return 208; }
function L1_WORD_WIDTH() { return 216; }
function LEAF_WIDTH() { return 80; }
function MEMORY_WIDTH() { return 33; }
function NUMBERS_WORD_WIDTH() { return 169; }
function SIGNING_DOMAIN_WIDTH() { return 249; }
function TOUCHED_SEGMENT_WIDTH() { return 34; }
function TRANSFER_WIDTH() { return 124; }
function TRANSFERS_WORD_WIDTH() { return 248; }
function TRANSFER_PAYLOAD_WIDTH() { return 196; }
function TREE_NODE_WIDTH() { return 31; }
function WITHDRAWAL_PAYLOAD_WIDTH() { return 248; }
function WITHDRAWAL_WORD_WIDTH() { return 208; }
