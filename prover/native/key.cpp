#include "key.hpp"
#include <algorithm>
#include <atomic>
#include "parallel.hpp"

namespace sheaf {
namespace {

constexpr u32 GROTH16 = 1;
enum Section : u32 { PROTOCOL = 1, HEADER = 2, COEFFICIENTS = 4, A = 5, B1 = 6, B2 = 7, C = 8, H = 9 };

constexpr u32 MAX_POWER = 27;
/** Entries of a chunk, about. */
constexpr size_t CHUNK = size_t(1) << 15;
/** A file larger than this does not stay in memory between uses. */
constexpr size_t LARGE = size_t(128) << 20;

template <class T>
T read(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

bool isReduced(const Fq& x) { return lessLimbs(x.v, Fq::MODULUS); }
bool isReduced(const Fq2& x) { return isReduced(x.c0) && isReduced(x.c1); }

template <class F>
bool isValid(const Affine<F>& p, const F& b) {
  return isReduced(p.x) && isReduced(p.y) && p.isOnCurve(b);
}

}  // namespace

Key::Key(const std::string& path) : file_(path, "zkey", 1, "KEY_MALFORMED") {
  readHeader();
  readEntries();
  a = readPoints<Fq>(A, signals);
  b1 = readPoints<Fq>(B1, signals);
  b2 = readPoints<Fq2>(B2, signals);
  c = readPoints<Fq>(C, signals - publicSignals - 1);
  h = readPoints<Fq>(H, domain->size());
}

void Key::readHeader() {
  if (file_.cursor(PROTOCOL).u32() != GROTH16) file_.fail("is no key for Groth16");
  Cursor header = file_.cursor(HEADER);
  const auto isModulus = [&](const Limbs& modulus) {
    return header.u32() == 32 && std::memcmp(header.take(32).data(), modulus.data(), 32) == 0;
  };
  if (!isModulus(Fq::MODULUS) || !isModulus(Fr::MODULUS)) file_.fail("is a key for another curve than BN254");
  signals = header.u32();
  publicSignals = header.u32();
  const u32 size = header.u32();
  if (size == 0 || (size & (size - 1)) != 0 || size > (u32(1) << MAX_POWER)) {
    file_.fail("has a domain of " + std::to_string(size) + " elements, which is no power of 2 up to 2^27");
  }
  if (signals == 0 || publicSignals >= signals) file_.fail("has more public signals than signals");
  const auto point = [&]<class F>(Affine<F>& p) {
    p = read<Affine<F>>(header.take(sizeof p).data());
    if (!isValid(p, curveB<F>()) || p.isInfinity()) file_.fail("has a point in its header that is not on the curve");
  };
  G2 gamma2;
  point(alpha1);
  point(beta1);
  point(beta2);
  point(gamma2);
  point(delta1);
  point(delta2);
  domain = std::make_unique<Domain>(__builtin_ctz(size));
}

void Key::readEntries() {
  const Bytes section = file_.section(COEFFICIENTS);
  const u64 count = file_.cursor(COEFFICIENTS).u32();
  if (section.size() != 4 + count * SparseProduct::ENTRY_BYTES) file_.fail("has coefficients of the wrong length");
  entryBytes = section.subspan(4);
  entries = entryBytes.data();
  const auto row = [&](size_t i) { return read<u32>(entries + i * SparseProduct::ENTRY_BYTES + 4); };
  std::atomic<bool> valid = true, sorted = true;
  parallelFor(count, CHUNK, [&](size_t begin, size_t end) {
    bool good = true, inOrder = true;
    for (size_t i = begin; i < end; i++) {
      const uint8_t* entry = entries + i * SparseProduct::ENTRY_BYTES;
      good = good && read<u32>(entry) <= 1 && row(i) < domain->size() && read<u32>(entry + 8) < signals &&
             lessLimbs(read<Limbs>(entry + 12), Fr::MODULUS);
      inOrder = inOrder && (i == 0 || row(i - 1) <= row(i));
    }
    if (!good) valid = false;
    if (!inOrder) sorted = false;
  });
  if (!valid) file_.fail("has a coefficient out of range");
  // Threads may add to different rows only. Files whose entries are not in the order of their rows are one chunk.
  chunks.push_back(0);
  for (size_t at = CHUNK; sorted && at < count; at += CHUNK) {
    at = std::max(at, chunks.back() + 1);
    while (at < count && row(at) == row(at - 1)) at++;
    if (at < count) chunks.push_back(at);
  }
  chunks.push_back(count);
  release(entryBytes);
}

template <class F>
KeyPoints<F> Key::readPoints(u32 section, size_t count) {
  KeyPoints<F> out{nullptr, {}, file_.section(section)};
  if (out.bytes.size() != count * sizeof(Affine<F>)) {
    file_.fail("has a section " + std::to_string(section) + " of the wrong length");
  }
  out.points = reinterpret_cast<const Affine<F>*>(out.bytes.data());
  constexpr size_t GRAIN = 8192;
  std::vector<std::vector<u32>> found((count + GRAIN - 1) / GRAIN);
  const F b = curveB<F>();
  parallelFor(count, GRAIN, [&](size_t begin, size_t end) {
    auto& items = found[begin / GRAIN];
    for (size_t i = begin; i < end; i++) {
      const auto p = read<Affine<F>>(out.bytes.data() + i * sizeof(Affine<F>));
      if (p.isInfinity()) continue;
      if (!isValid(p, b)) file_.fail("has a point that is not on the curve in section " + std::to_string(section));
      items.push_back(u32(i));
    }
  });
  for (const auto& items : found) out.items.insert(out.items.end(), items.begin(), items.end());
  release(out.bytes);
  return out;
}

void Key::release(Bytes bytes) const {
  if (file_.size() > LARGE) releasePages(bytes);
}

}  // namespace sheaf
