// Generated from protocol/constants.ts and protocol/packing.ts by `npm run generate`.
pragma circom 2.2.0;

function TREE_LEVELS() { return 11; }
function SPONGE_RATE() { return 16; }
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

// Offsets in bits of the parts of packed elements.
function BUS_INDEX() { return 0; }
function BUS_NONCE() { return 32; }
function L1_WORD_L1_ADDRESS() { return 0; }
function L1_WORD_TOKEN() { return 160; }
function L1_WORD_INDEX() { return 176; }
function L1_WORD_KIND() { return 208; }
function LEAF_INDEX() { return 0; }
function LEAF_TOKEN() { return 32; }
function LEAF_NONCE() { return 48; }
function NUMBERS_WORD_TRANSFERS() { return 0; }
function NUMBERS_WORD_WITHDRAWALS() { return 16; }
function NUMBERS_WORD_L1_OPERATIONS() { return 32; }
function NUMBERS_WORD_FEE_ACCOUNT() { return 48; }
function NUMBERS_WORD_TOKEN() { return 80; }
function NUMBERS_WORD_TIMESTAMP() { return 96; }
function NUMBERS_WORD_BATCH_NUMBER() { return 136; }
function SIGNING_DOMAIN_DOMAIN() { return 0; }
function SIGNING_DOMAIN_TOKEN() { return 232; }
function TRANSFER_FEE() { return 0; }
function TRANSFER_AMOUNT() { return 16; }
function TRANSFER_TO() { return 60; }
function TRANSFER_FROM() { return 92; }
function TRANSFERS_WORD_ODD() { return 0; }
function TRANSFERS_WORD_EVEN() { return 124; }
function TRANSFER_PAYLOAD_TRANSFER() { return 0; }
function TRANSFER_PAYLOAD_NONCE() { return 124; }
function TRANSFER_PAYLOAD_VALID_UNTIL() { return 156; }
function WITHDRAWAL_PAYLOAD_FROM() { return 0; }
function WITHDRAWAL_PAYLOAD_FEE() { return 32; }
function WITHDRAWAL_PAYLOAD_NONCE() { return 48; }
function WITHDRAWAL_PAYLOAD_AMOUNT() { return 80; }
function WITHDRAWAL_PAYLOAD_VALID_UNTIL() { return 208; }
function WITHDRAWAL_WORD_L1_ADDRESS() { return 0; }
function WITHDRAWAL_WORD_FEE() { return 160; }
function WITHDRAWAL_WORD_FROM() { return 176; }
