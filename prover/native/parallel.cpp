#include "parallel.hpp"
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sheaf {
namespace {

thread_local size_t currentIndex = 0;
thread_local bool inside = false;

struct Job {
  Job(const std::function<void(size_t, size_t)>& work, size_t size, size_t step) : f(work), n(size), grain(step) {}
  const std::function<void(size_t, size_t)>& f;
  size_t n, grain;
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failureMutex;

  void work() {
    inside = true;
    for (;;) {
      const size_t begin = next.fetch_add(grain);
      if (begin >= n) break;
      try {
        f(begin, std::min(n, begin + grain));
      } catch (...) {
        const std::lock_guard lock(failureMutex);
        if (!failure) failure = std::current_exception();
        next = n;
      }
    }
    inside = false;
  }
};

/** Threads that live as long as the process: starting one costs more than many a job. */
class Pool {
 public:
  Pool() {
    for (size_t i = 1; i < threadCount(); i++) threads_.emplace_back([this, i] { serve(i); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void run(Job& job) {
    const std::lock_guard oneAtATime(callers_);
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      round_++;
      busy_ = threads_.size();
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    job_ = nullptr;
  }

 private:
  void serve(size_t index) {
    currentIndex = index;
    size_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      seen = round_;
      Job* job = job_;
      lock.unlock();
      job->work();
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_, callers_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  size_t round_ = 0, busy_ = 0;
  bool stopping_ = false;
};

}  // namespace

size_t threadCount() {
  static const size_t count = [] {
    const char* wanted = std::getenv("SHEAF_THREADS");
    const long n = wanted ? std::strtol(wanted, nullptr, 10) : long(std::thread::hardware_concurrency());
    return size_t(std::clamp(n, 1L, 1024L));
  }();
  return count;
}

size_t threadIndex() { return currentIndex; }

void parallelFor(size_t n, size_t grain, const std::function<void(size_t, size_t)>& f) {
  if (n == 0) return;
  grain = std::max<size_t>(grain, 1);
  if (inside || threadCount() == 1 || n <= grain) {
    for (size_t begin = 0; begin < n; begin += grain) f(begin, std::min(n, begin + grain));
    return;
  }
  static Pool pool;
  Job job(f, n, grain);
  pool.run(job);
  if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace sheaf
