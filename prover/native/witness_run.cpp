#include "witness_run.hpp"
#include <algorithm>
#include <array>
#include <memory>
#include "parallel.hpp"
#include "wide.hpp"

namespace sheaf {
namespace {

/** Components that run the same program at the same time: they share the decoding and one inversion a division. */
constexpr size_t MOST_LANES = 16;

/** Where an operand's place counts from: constants, registers, signals. */
using Lane = std::array<Fr*, 3>;

class Runner {
 public:
  explicit Runner(const Plan& plan) : plan_(plan) {}

  /** Runs a program for `n` components at most MOST_LANES, given by their signals. */
  void run(size_t program, Fr* const* signals, size_t n, bool isMain = false) const;

 private:
  struct Task {
    u32 program;
    std::vector<Fr*> signals;
  };
  void call(u32 program, std::span<const u32> places, const Lane* lanes, size_t n) const;
  void gather(std::vector<Task>& tasks, u32 program, std::span<const u32> places, Fr* signals) const;

  const Plan& plan_;
};

Fr& at(const Lane& lane, u32 place) { return lane[place >> PLACE_SHIFT][place & PLACE_MASK]; }

Fr sum(const Lane& lane, Counts counts, const u32* operands) {
  Fr result = Fr::zero();
  if (counts.products + counts.negatives > 0) {
    WideSum wide;
    for (u32 i = 0; i < counts.products; i++, operands += 2) wide.add(at(lane, operands[0]), at(lane, operands[1]));
    for (u32 i = 0; i < counts.negatives; i++, operands += 2) wide.add(-at(lane, operands[0]), at(lane, operands[1]));
    result = wide.reduced();
  }
  for (u32 i = 0; i < counts.plus; i++) result += at(lane, *operands++);
  for (u32 i = 0; i < counts.minus; i++) result -= at(lane, *operands++);
  return result;
}

void divide(const Lane* lanes, size_t n, const u32* places) {
  std::array<Fr, MOST_LANES> inverses;
  for (size_t l = 0; l < n; l++) inverses[l] = at(lanes[l], places[2]);
  batchInverse(inverses.data(), n);
  for (size_t l = 0; l < n; l++) at(lanes[l], places[0]) = at(lanes[l], places[1]) * inverses[l];
}

Fr bitsOf(const Fr& value, u32 shift, u32 count) {
  const Limbs plain = value.toPlain();
  Limbs out{};
  for (u32 i = 0; i < 4; i++) {
    const u32 from = i + shift / 64;
    if (from < 4) out[i] = plain[from] >> (shift % 64);
    if (from < 3 && shift % 64 != 0) out[i] |= plain[from + 1] << (64 - shift % 64);
    if (count < 64 * (i + 1)) out[i] &= count > 64 * i ? (u64(1) << (count - 64 * i)) - 1 : 0;
  }
  if ((out[1] | out[2] | out[3]) == 0 && out[0] <= 1) return out[0] == 0 ? Fr::zero() : Fr::one();
  return Fr::fromPlain(out);
}

void Runner::run(size_t index, Fr* const* signals, size_t n, bool isMain) const {
  const Program& program = plan_.programs[index];
  const auto registers = std::make_unique_for_overwrite<Fr[]>(n * program.registers);
  std::array<Lane, MOST_LANES> lanes;
  for (size_t l = 0; l < n; l++) {
    lanes[l] = {const_cast<Fr*>(plan_.constants.data()), &registers[l * program.registers], signals[l]};
  }
  std::vector<Task> tasks;
  const u32* code = program.code.data();
  for (;;) {
    const auto opcode = Opcode(*code++);
    if (!tasks.empty() && opcode != Opcode::call) {
      parallelFor(tasks.size(), 1, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; i++) run(tasks[i].program, tasks[i].signals.data(), tasks[i].signals.size());
      });
      tasks.clear();
    }
    switch (opcode) {
      case Opcode::end:
        return;
      case Opcode::copy:
        for (size_t l = 0; l < n; l++) at(lanes[l], code[0]) = at(lanes[l], code[1]);
        code += 2;
        break;
      case Opcode::multiply:
        for (size_t l = 0; l < n; l++) at(lanes[l], code[0]) = at(lanes[l], code[1]) * at(lanes[l], code[2]);
        code += 3;
        break;
      case Opcode::sum: {
        const Counts counts(code[0]);
        for (size_t l = 0; l < n; l++) at(lanes[l], code[1]) = sum(lanes[l], counts, code + 2);
        code += 2 + counts.operands();
        break;
      }
      case Opcode::check: {
        const Counts counts(code[0]);
        for (size_t l = 0; l < n; l++) {
          if (!sum(lanes[l], counts, code + 1).isZero()) throw Error("WITNESS_FAILED", "the input does not satisfy the circuit");
        }
        code += 1 + counts.operands();
        break;
      }
      case Opcode::divide:
        divide(lanes.data(), n, code);
        code += 3;
        break;
      case Opcode::equal:
        for (size_t l = 0; l < n; l++) {
          at(lanes[l], code[0]) = at(lanes[l], code[1]) == at(lanes[l], code[2]) ? Fr::one() : Fr::zero();
        }
        code += 3;
        break;
      case Opcode::select:
        for (size_t l = 0; l < n; l++) {
          at(lanes[l], code[0]) = at(lanes[l], code[at(lanes[l], code[1]).isZero() ? 3 : 2]);
        }
        code += 4;
        break;
      case Opcode::bits:
        for (size_t l = 0; l < n; l++) at(lanes[l], code[2]) = bitsOf(at(lanes[l], code[3]), code[0], code[1]);
        code += 4;
        break;
      case Opcode::lookup:
        for (size_t l = 0; l < n; l++) {
          const u64 chosen = at(lanes[l], code[2]).toPlain()[0];
          if (chosen >= code[0]) throw Error("ARTIFACT_CORRUPT", "the plan looks up what it does not have");
          at(lanes[l], code[1]) = at(lanes[l], code[3 + chosen]);
        }
        code += 3 + code[0];
        break;
      case Opcode::call: {
        const std::span places(code + 2, code[1]);
        if (isMain) {
          gather(tasks, code[0], places, signals[0]);
        } else {
          call(code[0], places, lanes.data(), n);
        }
        code += 2 + places.size();
        break;
      }
    }
  }
}

void Runner::call(u32 program, std::span<const u32> places, const Lane* lanes, size_t n) const {
  std::array<Fr*, MOST_LANES> signals;
  size_t count = 0;
  for (size_t l = 0; l < n; l++) {
    for (const u32 place : places) {
      signals[count++] = &at(lanes[l], place);
      if (count < MOST_LANES) continue;
      run(program, signals.data(), count);
      count = 0;
    }
  }
  if (count > 0) run(program, signals.data(), count);
}

/** Shares out main's components that run the same program. */
void Runner::gather(std::vector<Task>& tasks, u32 program, std::span<const u32> places, Fr* signals) const {
  const size_t share = (places.size() + threadCount() - 1) / threadCount();
  const size_t lanes = std::clamp<size_t>(share, 1, MOST_LANES);
  for (size_t i = 0; i < places.size(); i++) {
    if (i % lanes == 0) tasks.push_back({program, {}});
    tasks.back().signals.push_back(signals + (places[i] & PLACE_MASK));
  }
}

}  // namespace

std::vector<Fr> runPlan(const Plan& plan, std::span<const Fr> inputs) {
  std::vector<Fr> signals(plan.signals, Fr::zero());
  signals[0] = Fr::one();
  Fr* main = signals.data() + 1;
  std::copy(inputs.begin(), inputs.end(), main + plan.outputs);
  Runner(plan).run(plan.programs.size() - 1, &main, 1, true);
  return signals;
}

}  // namespace sheaf
