// Work on all cores.
#pragma once
#include <cstddef>
#include <functional>

namespace sheaf {

/** Threads that `parallelFor` uses, the caller among them: the hardware's, or the environment's SHEAF_THREADS. */
size_t threadCount();

/**
 * Calls f(begin, end) for consecutive ranges of at most `grain` that make up [0, n), handed out in order to whichever
 * thread is free, and returns when all are done. Inside of f it works in the calling thread alone. An exception of f
 * ends the call: it is thrown again here, once the ranges already begun are done.
 */
void parallelFor(size_t n, size_t grain, const std::function<void(size_t begin, size_t end)>& f);

/** Number of the calling thread within the current `parallelFor`, below threadCount(); 0 outside of one. */
size_t threadIndex();

}  // namespace sheaf
