#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sheaf {

/** BLAKE2b with 64 bytes of output and no key (RFC 7693): what snarkjs hashes a ceremony's circuit with. */
class Blake2b {
 public:
  Blake2b() : state(IV) { state[0] ^= 0x01010040; }

  void update(const void* data, size_t size) {
    auto from = static_cast<const uint8_t*>(data);
    while (size > 0) {
      // The last block is compressed by digest(), so a full one stays until more comes.
      if (filled == BLOCK) compress(false);
      const size_t taken = size < BLOCK - filled ? size : BLOCK - filled;
      std::memcpy(block.data() + filled, from, taken);
      filled += taken;
      from += taken;
      size -= taken;
    }
  }

  std::array<uint8_t, 64> digest() {
    std::memset(block.data() + filled, 0, BLOCK - filled);
    compress(true);
    std::array<uint8_t, 64> out;
    std::memcpy(out.data(), state.data(), out.size());
    return out;
  }

 private:
  static constexpr size_t BLOCK = 128;
  static constexpr std::array<uint64_t, 8> IV = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  static constexpr uint8_t SIGMA[10][16] = {
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

  static uint64_t rotate(uint64_t x, int by) { return x >> by | x << (64 - by); }

  void compress(bool last) {
    length += filled;
    filled = 0;
    std::array<uint64_t, 16> m, v;
    std::memcpy(m.data(), block.data(), BLOCK);
    for (int i = 0; i < 8; i++) v[i] = state[i], v[i + 8] = IV[i];
    v[12] ^= length;
    if (last) v[14] = ~v[14];
    const auto mix = [&](int a, int b, int c, int d, uint64_t x, uint64_t y) {
      v[a] += v[b] + x, v[d] = rotate(v[d] ^ v[a], 32);
      v[c] += v[d], v[b] = rotate(v[b] ^ v[c], 24);
      v[a] += v[b] + y, v[d] = rotate(v[d] ^ v[a], 16);
      v[c] += v[d], v[b] = rotate(v[b] ^ v[c], 63);
    };
    for (int round = 0; round < 12; round++) {
      const uint8_t* s = SIGMA[round % 10];
      for (int i = 0; i < 4; i++) mix(i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
      for (int i = 0; i < 4; i++) {
        mix(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12, m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
      }
    }
    for (int i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
  }

  std::array<uint64_t, 8> state;
  std::array<uint8_t, BLOCK> block{};
  size_t filled = 0;
  /** Bytes hashed so far; files are shorter than 2^64. */
  uint64_t length = 0;
};

}  // namespace sheaf
