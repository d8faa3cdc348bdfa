#include "witness_plan.hpp"

namespace sheaf {
namespace {

enum Section : u32 { HEADER = 1, CONSTANTS, PROGRAMS, CODE, WITNESS };

/** 4 GB, a hundred times what a batch of 64 has. */
constexpr u32 MOST_SIGNALS = 1 << 27;
constexpr u32 MOST_REGISTERS = 1 << 20;

std::span<const u32> words(const BinFile& file, u32 kind) {
  const Bytes bytes = file.section(kind);
  if (bytes.size() % 4 != 0 || reinterpret_cast<uintptr_t>(bytes.data()) % 4 != 0) file.fail("has a section of odd size");
  return {reinterpret_cast<const u32*>(bytes.data()), bytes.size() / 4};
}

/** Goes through the words of one program's code. */
class Checker {
 public:
  Checker(const BinFile& file, const Program& program, size_t constants) : file_(file), program_(program), constants_(constants) {}

  u32 word() {
    require(at_ < program_.code.size());
    return program_.code[at_++];
  }
  void operands(size_t count) {
    for (size_t i = 0; i < count; i++) operand();
  }
  void target() {
    const u32 place = word();
    require(place >> PLACE_SHIFT != CONSTANT);
    checkPlace(place);
  }
  void operand() { checkPlace(word()); }
  void require(bool holds) const {
    if (!holds) file_.fail("holds code that is damaged");
  }
  bool atEnd() const { return at_ == program_.code.size(); }

 private:
  void checkPlace(u32 place) const {
    const u32 at = place & PLACE_MASK;
    switch (place >> PLACE_SHIFT) {
      case CONSTANT: return require(at < constants_);
      case REGISTER: return require(at < program_.registers);
      case SIGNAL: return require(at < program_.size);
      default: require(false);
    }
  }

  const BinFile& file_;
  const Program& program_;
  const size_t constants_;
  size_t at_ = 0;
};

}  // namespace

Plan::Plan(const std::string& path) : file_(path, "plan", 1, "ARTIFACT_CORRUPT") {
  Cursor header = file_.cursor(HEADER);
  const u32 count = header.u32();
  signals = header.u32();
  outputs = header.u32();
  inputs = header.u32();
  const u32 constantCount = header.u32();
  const u32 wires = header.u32();

  const Bytes values = file_.section(CONSTANTS);
  if (values.size() != size_t(constantCount) * sizeof(Fr)) file_.fail("has a wrong number of constants");
  constants.resize(constantCount);
  std::memcpy(constants.data(), values.data(), values.size());

  witness = words(file_, WITNESS);
  if (witness.size() != wires) file_.fail("has a wrong number of wires");
  for (const u32 signal : witness) {
    if (signal >= signals) file_.fail("has a wire that is no signal");
  }

  const auto code = words(file_, CODE);
  const auto table = words(file_, PROGRAMS);
  if (count == 0 || table.size() != size_t(count) * 4) file_.fail("has a wrong number of programs");
  for (size_t i = 0; i < count; i++) {
    const auto entry = table.subspan(4 * i, 4);
    if (entry[0] > code.size() || entry[1] > code.size() - entry[0]) file_.fail("has a program without its code");
    if (entry[2] > MOST_REGISTERS) file_.fail("has a program with too many registers");
    programs.push_back({code.subspan(entry[0], entry[1]), entry[2], entry[3]});
  }
  for (size_t i = 0; i < count; i++) check(i);
  const u64 used = u64(programs.back().size) + 1;
  if (signals > MOST_SIGNALS) file_.fail("has more signals than memory");
  if (used > signals || u64(outputs) + inputs + 1 > used) file_.fail("has fewer signals than it uses");
}

void Plan::check(size_t index) const {
  const Program& program = programs[index];
  Checker code(file_, program, constants.size());
  for (;;) {
    const u32 opcode = code.word();
    switch (Opcode(opcode)) {
      case Opcode::end:
        return code.require(code.atEnd());
      case Opcode::copy:
        code.target();
        code.operand();
        break;
      case Opcode::multiply:
      case Opcode::divide:
      case Opcode::equal:
        code.target();
        code.operands(2);
        break;
      case Opcode::sum:
      case Opcode::check: {
        const Counts counts(code.word());
        code.require(counts.products + counts.negatives <= MOST_PRODUCTS);
        if (Opcode(opcode) == Opcode::sum) code.target();
        code.operands(counts.operands());
        break;
      }
      case Opcode::select:
        code.target();
        code.operands(3);
        break;
      case Opcode::bits: {
        const u32 shift = code.word(), count = code.word();
        code.require(count > 0 && count <= 254 && shift <= 254 - count);
        code.target();
        code.operand();
        break;
      }
      case Opcode::lookup: {
        const u32 count = code.word();
        code.require(count > 0 && count <= MOST_VALUES);
        code.target();
        code.operands(count + 1);
        break;
      }
      case Opcode::call: {
        const u32 called = code.word(), count = code.word();
        code.require(called < index);  // so that no program calls itself
        for (u32 i = 0; i < count; i++) {
          const u32 place = code.word();
          code.require(place >> PLACE_SHIFT == SIGNAL);
          code.require(u64(place & PLACE_MASK) + programs[called].size <= program.size);
        }
        break;
      }
      default:
        code.require(false);
    }
  }
}

}  // namespace sheaf
