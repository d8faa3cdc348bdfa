// sheaf-witness PLAN: computes one witness. Standard input: the circuit's inputs in their order, 32 bytes little-endian
// each, below r. Standard output: the witness, as a .wtns file. A failure is one line of JSON on standard error.
#include <cerrno>
#include <unistd.h>
#include "parallel.hpp"
#include "witness_plan.hpp"
#include "witness_run.hpp"

namespace sheaf {
namespace {

constexpr size_t ELEMENT_BYTES = sizeof(Limbs);
constexpr size_t GRAIN = 1 << 14;

std::vector<Fr> readInputs(size_t count) {
  std::vector<Limbs> plain(count + 1);  // one more: so that too long an input is seen
  auto* const data = reinterpret_cast<char*>(plain.data());
  size_t size = 0;
  while (size < plain.size() * ELEMENT_BYTES) {
    const ssize_t n = read(STDIN_FILENO, data + size, plain.size() * ELEMENT_BYTES - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error("FILE_UNREADABLE", std::string("standard input: ") + std::strerror(errno));
    if (n == 0) break;
    size += size_t(n);
  }
  if (size != count * ELEMENT_BYTES) {
    const std::string wanted = std::to_string(count) + " inputs of 32 bytes";
    throw Error("WITNESS_FAILED", "the circuit takes " + wanted + ", and got " + std::to_string(size) + " bytes");
  }
  std::vector<Fr> inputs(count);
  for (size_t i = 0; i < count; i++) {
    if (!lessLimbs(plain[i], Fr::MODULUS)) {
      throw Error("WITNESS_FAILED", "input " + std::to_string(i) + " is no field element");
    }
    inputs[i] = Fr::fromPlain(plain[i]);
  }
  return inputs;
}

/** A .wtns file of version 2: size of an element, prime and number of wires; then their values. */
std::vector<char> toFile(const Plan& plan, const std::vector<Fr>& signals) {
  std::vector<char> file;
  const auto append = [&file](const void* data, size_t size) {
    file.insert(file.end(), static_cast<const char*>(data), static_cast<const char*>(data) + size);
  };
  const auto number = [&append](auto value) { append(&value, sizeof value); };
  append("wtns", 4);
  number(u32(2));
  number(u32(2));
  number(u32(1));
  number(u64(2 * sizeof(u32) + ELEMENT_BYTES));
  number(u32(ELEMENT_BYTES));
  append(Fr::MODULUS.data(), ELEMENT_BYTES);
  number(u32(plan.witness.size()));
  number(u32(2));
  number(u64(plan.witness.size() * ELEMENT_BYTES));
  const size_t start = file.size();
  file.resize(start + plan.witness.size() * ELEMENT_BYTES);
  parallelFor(plan.witness.size(), GRAIN, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const Limbs plain = signals[plan.witness[i]].toPlain();
      std::memcpy(&file[start + i * ELEMENT_BYTES], plain.data(), ELEMENT_BYTES);
    }
  });
  return file;
}

void writeOut(const std::vector<char>& data) {
  for (size_t done = 0; done < data.size();) {
    const ssize_t n = write(STDOUT_FILENO, data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw Error("FILE_UNWRITABLE", std::string("the witness cannot be written: ") + std::strerror(errno));
    done += size_t(n);
  }
}

}  // namespace
}  // namespace sheaf

int main(int count, char** arguments) {
  using namespace sheaf;
  return runProgram([&] {
    if (count != 2) throw Error("USAGE", "sheaf-witness takes the path of a plan");
    const Plan plan(arguments[1]);
    const std::vector<Fr> inputs = readInputs(plan.inputs);
    writeOut(toFile(plan, runPlan(plan, inputs)));
  });
}
