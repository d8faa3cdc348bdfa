#include "prove.hpp"
#include <atomic>
#include "parallel.hpp"
#include "random.hpp"

namespace sheaf {
namespace {

/** Values of A·w and B·w for each row, in Montgomery form. */
void multiplyMatrices(const Key& key, const Witness& witness, u64* a, u64* b) {
  const size_t bytes = 32 * key.domain->size();
  parallelFor(bytes, size_t(1) << 20, [&](size_t begin, size_t end) {
    std::memset(reinterpret_cast<uint8_t*>(a) + begin, 0, end - begin);
    std::memset(reinterpret_cast<uint8_t*>(b) + begin, 0, end - begin);
  });
  parallelFor(key.chunks.size() - 1, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const uint8_t* from = key.entries + key.chunks[i] * SparseProduct::ENTRY_BYTES;
      const size_t count = key.chunks[i + 1] - key.chunks[i];
      kernels().addSparse({from, count, witness.values(), {a, b}});
      key.release({from, count * SparseProduct::ENTRY_BYTES});
    }
  });
}

/** The scalars of section H, split. */
std::unique_ptr<Buffer> quotientScalars(const Key& key, const Witness& witness, const OnPhase& onPhase) {
  const size_t n = key.domain->size();
  auto a = std::make_unique<Buffer>(32 * n);
  const Buffer b(32 * n), c(32 * n);
  onPhase("matrices");
  multiplyMatrices(key, witness, a->as<u64>(), b.as<u64>());
  onPhase("quotient");
  key.domain->quotient(a->as<u64>(), b.as<u64>(), c.as<u64>());
  splitScalars(a->as<u64>(), a->as<Halves>(), n);
  return a;
}

/** One after the other would leave cores without work at the end of each: the tasks of all sums make one queue. */
class Sums {
 public:
  explicit Sums(const Key& key) : key_(key), g1_(threadCount()), g2_(threadCount()) {}

  template <class F>
  const Msm<F>& add(const KeyPoints<F>& points, const Halves* scalars) {
    std::vector<MsmSpace<F>>* spaces;
    if constexpr (sizeof(F) == sizeof(Fq)) spaces = &g1_;
    else spaces = &g2_;
    auto msm = std::make_unique<Msm<F>>(points.points, scalars, points.items, *spaces);
    const Msm<F>& result = *msm;
    jobs_.push_back({std::move(msm), points.bytes, {}});
    return result;
  }

  void run() {
    std::vector<std::pair<Job*, size_t>> tasks;
    for (Job& job : jobs_) {
      job.left = job.msm->tasks();
      for (size_t task = 0; task < job.msm->tasks(); task++) tasks.emplace_back(&job, task);
    }
    parallelFor(tasks.size(), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) {
        auto& [job, task] = tasks[i];
        job->msm->run(task);
        if (--job->left == 0) key_.release(job->bytes);
      }
    });
  }

 private:
  struct Job {
    std::unique_ptr<MsmJob> msm;
    Bytes bytes;
    std::atomic<size_t> left;
    Job(std::unique_ptr<MsmJob> m, Bytes b, size_t l) : msm(std::move(m)), bytes(b), left(l) {}
    Job(Job&& other) : msm(std::move(other.msm)), bytes(other.bytes), left(other.left.load()) {}
  };
  const Key& key_;
  std::vector<MsmSpace<Fq>> g1_;
  std::vector<MsmSpace<Fq2>> g2_;
  std::vector<Job> jobs_;
};

}  // namespace

Witness::Witness(BinFile file, const Key& key) : file_(std::move(file)) {
  Cursor header = file_.cursor(1);
  if (header.u32() != 32 || std::memcmp(header.take(32).data(), Fr::MODULUS.data(), 32) != 0) {
    file_.fail("is a witness for another curve than BN254");
  }
  const u32 count = header.u32();
  if (count != key.signals) {
    file_.fail("has " + std::to_string(count) + " values, but the key's circuit has " + std::to_string(key.signals));
  }
  const Bytes values = file_.section(2);
  if (values.size() != size_t(count) * 32) file_.fail("has values of the wrong length");
  values_ = reinterpret_cast<const u64*>(values.data());
  std::atomic<bool> reduced = true;
  parallelFor(count, 1 << 16, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      Limbs value;
      std::memcpy(&value, values.data() + 32 * i, 32);
      if (!lessLimbs(value, Fr::MODULUS)) reduced = false;
    }
  });
  const Limbs one{1, 0, 0, 0};
  if (!reduced || std::memcmp(values.data(), &one, 32) != 0) file_.fail("has a value that no signal can have");
}

Proof prove(const Key& key, const Witness& witness, const OnPhase& onPhase) {
  const std::unique_ptr<Buffer> quotient = quotientScalars(key, witness, onPhase);
  onPhase("sums");
  const Buffer scalars(size_t(32) * key.signals);
  const auto* signals = scalars.as<Halves>();
  splitScalars(witness.values(), scalars.as<Halves>(), key.signals);

  Sums sums(key);
  const auto& h = sums.add(key.h, quotient->as<Halves>());
  const auto& b2 = sums.add(key.b2, signals);
  const auto& c = sums.add(key.c, signals + key.publicSignals + 1);
  const auto& a = sums.add(key.a, signals);
  const auto& b1 = sums.add(key.b1, signals);
  sums.run();

  const Fr r = randomElement(), s = randomElement();
  const auto times = []<class F>(const Affine<F>& p, const Fr& k) { return multiply(XYZZ<F>::fromAffine(p), k.toPlain()); };
  XYZZ<Fq> proofA = a.result() + times(key.delta1, r);
  proofA += key.alpha1;
  XYZZ<Fq2> proofB = b2.result() + times(key.delta2, s);
  proofB += key.beta2;
  XYZZ<Fq> proofB1 = b1.result() + times(key.delta1, s);
  proofB1 += key.beta1;
  XYZZ<Fq> proofC = c.result() + h.result() + times(key.delta1, -(r * s));
  proofC += multiply(proofA, s.toPlain());
  proofC += multiply(proofB1, r.toPlain());

  Proof proof{proofA.toAffine(), proofC.toAffine(), proofB.toAffine(), std::vector<Limbs>(key.publicSignals)};
  std::memcpy(proof.publicSignals.data(), witness.values() + 4, size_t(32) * key.publicSignals);
  return proof;
}

namespace {

std::string decimal(Limbs x) {
  std::string digits;
  do {
    u64 rest = 0;
    for (int i = 3; i >= 0; i--) {
      const u128 value = u128(rest) << 64 | x[size_t(i)];
      x[size_t(i)] = u64(value / 10);
      rest = u64(value % 10);
    }
    digits.insert(digits.begin(), char('0' + rest));
  } while ((x[0] | x[1] | x[2] | x[3]) != 0);
  return "\"" + digits + "\"";
}
std::string coordinate(const Fq& x) { return decimal(x.toPlain()); }
std::string coordinate(const Fq2& x) { return "[" + coordinate(x.c0) + "," + coordinate(x.c1) + "]"; }
template <class F>
std::string point(const Affine<F>& p) {
  const bool infinity = p.isInfinity();
  return "[" + coordinate(infinity ? F::zero() : p.x) + "," + coordinate(infinity ? F::one() : p.y) + "," +
         coordinate(infinity ? F::zero() : F::one()) + "]";
}

}  // namespace

std::string proofJson(const Proof& proof) {
  return "{\"pi_a\":" + point(proof.a) + ",\"pi_b\":" + point(proof.b) + ",\"pi_c\":" + point(proof.c) +
         ",\"protocol\":\"groth16\",\"curve\":\"bn128\"}";
}

std::string publicJson(const Proof& proof) {
  std::string out = "[";
  for (const Limbs& value : proof.publicSignals) out += (out.size() > 1 ? "," : "") + decimal(value);
  return out + "]";
}

}  // namespace sheaf
