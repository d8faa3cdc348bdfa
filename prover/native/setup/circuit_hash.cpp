#include "setup/circuit_hash.hpp"
#include <algorithm>
#include "parallel.hpp"

namespace sheaf {
namespace {

uint8_t* put(uint8_t* at, const Fq& x) {
  const Limbs plain = x.toPlain();
  const auto bytes = reinterpret_cast<const uint8_t*>(plain.data());
  return std::reverse_copy(bytes, bytes + sizeof plain, at);
}

uint8_t* put(uint8_t* at, const Fq2& x) { return put(put(at, x.c1), x.c0); }

}  // namespace

void CircuitHash::number(uint32_t value) {
  const uint8_t bytes[4] = {uint8_t(value >> 24), uint8_t(value >> 16), uint8_t(value >> 8), uint8_t(value)};
  hash_.update(bytes, sizeof bytes);
}

template <class F>
void CircuitHash::points(const Affine<F>* points, size_t n) {
  constexpr size_t BLOCK = 1 << 16;
  std::vector<uint8_t> bytes(std::min(n, BLOCK) * sizeof *points);
  for (size_t first = 0; first < n; first += BLOCK) {
    const size_t count = std::min(n - first, BLOCK);
    parallelFor(count, 1024, [&](size_t begin, size_t end) {
      uint8_t* at = &bytes[begin * sizeof *points];
      for (size_t i = begin; i < end; i++) at = put(put(at, points[first + i].x), points[first + i].y);
    });
    hash_.update(bytes.data(), count * sizeof *points);
  }
}

template void CircuitHash::points(const G1*, size_t);
template void CircuitHash::points(const G2*, size_t);

}  // namespace sheaf
