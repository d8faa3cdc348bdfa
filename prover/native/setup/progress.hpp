// How far a setup has come, told on stdout.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>

namespace sheaf {

/** Prints lines {"progress": 0..1, "phase": "..."}: when a phase begins, and each time another hundredth is done. */
class Progress {
 public:
  /** @param work what all the phases count up to together */
  explicit Progress(uint64_t work) : work_(work) {}
  void begin(const std::string& phase);
  /** Any thread may call it. */
  void add(uint64_t done);

 private:
  void print();

  std::mutex mutex_;
  const uint64_t work_;
  uint64_t done_ = 0, printed_ = 0;
  std::string phase_;
};

}  // namespace sheaf
