#include "setup/progress.hpp"
#include <algorithm>
#include <cstdio>
#include "error.hpp"

namespace sheaf {

void Progress::begin(const std::string& phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  print();
}

void Progress::add(uint64_t done) {
  const std::lock_guard lock(mutex_);
  done_ = std::min(work_, done_ + done);
  if ((done_ - printed_) * 100 >= work_) print();
}

void Progress::print() {
  printed_ = done_;
  std::printf("{\"progress\":%.4f,\"phase\":%s}\n", double(done_) / double(work_), toJson(phase_).c_str());
  if (std::fflush(stdout) != 0) throw Error("FILE_UNWRITABLE", "nobody takes the progress from standard output");
}

}  // namespace sheaf
