// Three polynomials go from values to coefficients and to values on the coset. The 2^n values are a matrix with 2^⌈n/2⌉
// rows (Bailey, "FFTs in External or Hierarchical Memory", 1990): transforms over the columns, twiddle factors,
// transforms over the rows. The way back is the mirror image, so that rows go both ways while they are in the cache, and
// no order has to be reversed: three passes through the memory in all.
#include "quotient.hpp"
#include "parallel.hpp"

namespace sheaf {
namespace {

constexpr int SMALLEST = 6;

}  // namespace

Domain::Domain(int power) : power_(power), tables_(power < SMALLEST ? 0 : kernels().fftTableBytes(power)) {
  if (power >= SMALLEST) kernels().fillFftTables(power, tables_.as<void>());
}

void Domain::quotient(u64* a, u64* b, u64* c) const {
  if (power_ < SMALLEST) return quotientByDefinition(a, b);
  u64* const data[3] = {a, b, c};
  const auto pass = [&](size_t lines, auto kernel) {
    parallelFor(lines / 8, 1, [&](size_t begin, size_t end) {
      thread_local std::unique_ptr<Buffer> scratch;
      const size_t bytes = fftScratchBytes(power_);
      if (!scratch || scratch->size() < bytes) scratch = std::make_unique<Buffer>(bytes);
      for (size_t block = begin; block < end; block++) kernel(tables_.as<void>(), data, block, scratch->as<void>());
    });
  };
  pass(fftColumns(power_), kernels().columnsDown);
  pass(fftRows(power_), kernels().rowsThrough);
  pass(fftColumns(power_), kernels().columnsUp);
}

/** For domains too small for a matrix of vectors: coefficients and values by their definition. */
void Domain::quotientByDefinition(u64* a, u64* b) const {
  const size_t n = size();
  const Fr root = rootOfUnity(power_), coset = rootOfUnity(power_ + 1), scale = Fr::fromU64(u64(n)).inverse();
  std::vector<Fr> values[3];
  for (auto& v : values) v.resize(n);
  std::memcpy(values[0].data(), a, 32 * n);
  std::memcpy(values[1].data(), b, 32 * n);
  for (size_t i = 0; i < n; i++) values[2][i] = values[0][i] * values[1][i];
  const auto evaluate = [&](const std::vector<Fr>& coefficients, const Fr& x) {
    Fr sum = Fr::zero();
    for (size_t i = n; i-- > 0;) sum = sum * x + coefficients[i];
    return sum;
  };
  for (auto& v : values) {
    std::vector<Fr> coefficients(n);
    const Fr inverse = root.inverse();
    for (size_t i = 0; i < n; i++) coefficients[i] = evaluate(v, inverse.power(u64(i))) * scale;
    for (size_t i = 0; i < n; i++) v[i] = evaluate(coefficients, coset * root.power(u64(i)));
  }
  for (size_t i = 0; i < n; i++) {
    const Limbs plain = (values[0][i] * values[1][i] - values[2][i]).toPlain();
    std::memcpy(a + 4 * i, &plain, 32);
  }
}

}  // namespace sheaf
