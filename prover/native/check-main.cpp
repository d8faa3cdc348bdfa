// sheaf-check OPERATION [POWER]: for tests. Reads elements and points as they lie in memory (Montgomery form, scalars
// plain) from standard input until it ends, and writes the results to standard output.
#include <iostream>
#include <iterator>
#include "error.hpp"
#include "msm.hpp"
#include "parallel.hpp"
#include "quotient.hpp"

namespace sheaf {
namespace {

std::string input;

template <class T>
std::vector<T> readAll() {
  if (input.size() % sizeof(T) != 0) throw Error("USAGE", "the input ends within an element");
  std::vector<T> values(input.size() / sizeof(T));
  std::memcpy(values.data(), input.data(), input.size());
  return values;
}

template <class T>
void write(const T& value) {
  std::cout.write(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
struct Pair {
  T a, b;
};

/** For pairs: a + b, a - b, ab, a², -a, 1/a; then a - b, ab, a² again, computed in vectors. */
template <class F>
void field(CheckLanes lanes) {
  const auto pairs = readAll<Pair<F>>();
  for (size_t begin = 0; begin < pairs.size(); begin += 8) {
    F first[8], second[8], vector[3][8];
    for (size_t i = 0; i < 8; i++) {
      const auto& [a, b] = pairs[std::min(begin + i, pairs.size() - 1)];
      first[i] = a, second[i] = b;
    }
    lanes(first->words(), second->words(), vector[0]->words());
    for (size_t i = 0; i < 8 && begin + i < pairs.size(); i++) {
      const F &a = first[i], &b = second[i];
      for (const F& value : {a + b, a - b, a * b, a.square(), -a, a.inverse()}) write(value);
      for (int k = 0; k < 3; k++) {
        F value = vector[k][i].reducedOnce();
        for (int bit = 0; k > 0 && bit < kernels().shift; bit++) value = value.twice();
        write(value);
      }
    }
  }
}

template <class F>
struct CurveCase {
  Affine<F> p, q;
  Limbs k;
};

/** For cases: P + Q, 2P, -P, kP; then P + Q again, computed in vectors (infinity left out, as in keys). */
template <class F>
void curve() {
  const auto cases = readAll<CurveCase<F>>();
  std::vector<Affine<F>> points, sums(cases.size());
  std::vector<u32> items, starts{0};
  for (const auto& [p, q, k] : cases) {
    for (const auto& point : {p, q}) {
      points.push_back(point);
      if (!point.isInfinity()) items.push_back(u32(points.size() - 1));
    }
    starts.push_back(u32(items.size()));
  }
  Summer<F>().sum(points.data(), items.data(), starts.data(), cases.size(), sums.data());
  for (size_t i = 0; i < cases.size(); i++) {
    const auto& [p, q, k] = cases[i];
    const auto point = XYZZ<F>::fromAffine(p);
    write((point + XYZZ<F>::fromAffine(q)).toAffine());
    write(point.doubled().toAffine());
    write(-p);
    write(multiply(point, k).toAffine());
    write(Affine<F>{sums[i].x.reducedOnce(), sums[i].y.reducedOnce()});
  }
}

template <class F>
struct Term {
  Affine<F> p;
  Limbs k;
};

/** Σ kP. */
template <class F>
void msm() {
  const auto terms = readAll<Term<F>>();
  std::vector<Affine<F>> points;
  std::vector<Limbs> scalars;
  std::vector<u32> items;
  for (const auto& [p, k] : terms) {
    if (!p.isInfinity()) items.push_back(u32(points.size()));
    points.push_back(p);
    scalars.push_back(k);
  }
  std::vector<Halves> halves(terms.size());
  splitScalars(scalars.data()->data(), halves.data(), terms.size());
  std::vector<MsmSpace<F>> spaces(threadCount());
  Msm<F> sum(points.data(), halves.data(), items, spaces);
  parallelFor(sum.tasks(), 1, [&](size_t begin, size_t end) {
    for (size_t task = begin; task < end; task++) sum.run(task);
  });
  write(sum.result().toAffine());
}

/** Values of A, then of B, on a domain: plain values of A·B - C on its odd coset. */
void quotient() {
  const auto values = readAll<Fr>();
  const size_t n = values.size() / 2;
  const Buffer a(32 * n), b(32 * n), c(32 * n);
  std::memcpy(a.as<void>(), values.data(), 32 * n);
  std::memcpy(b.as<void>(), values.data() + n, 32 * n);
  Domain(__builtin_ctzll(n)).quotient(a.as<u64>(), b.as<u64>(), c.as<u64>());
  for (size_t i = 0; i < n; i++) write(a.as<Fr>()[i].reducedOnce());
}

void run(const std::string& operation) {
  input.assign(std::istreambuf_iterator<char>(std::cin), {});
  if (operation == "path") std::cout << kernels().name;
  else if (operation == "fr") field<Fr>(kernels().checkFr);
  else if (operation == "fq") field<Fq>(kernels().checkFq);
  else if (operation == "fq2") field<Fq2>(kernels().checkFq2);
  else if (operation == "g1") curve<Fq>();
  else if (operation == "g2") curve<Fq2>();
  else if (operation == "msm-g1") msm<Fq>();
  else if (operation == "msm-g2") msm<Fq2>();
  else if (operation == "quotient") quotient();
  else throw Error("USAGE", "there is no operation " + operation);
}

}  // namespace
}  // namespace sheaf

int main(int count, char** arguments) {
  try {
    sheaf::run(count == 2 ? arguments[1] : "");
    return 0;
  } catch (const sheaf::Error& error) {
    std::cerr << sheaf::toJson(error) << std::endl;
    return 1;
  }
}
