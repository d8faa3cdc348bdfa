#define __STDC_WANT_LIB_EXT1__ 1  // memset_s
#include "setup/secrecy.hpp"
#include <cstdlib>
#include <new>
#include <sys/resource.h>
#ifdef __linux__
#include <malloc.h>
#include <string.h>
#include <sys/prctl.h>
#else
#include <malloc/malloc.h>
#include <string.h>
#endif

namespace sheaf {
namespace {

void wipe(void* memory) {
#ifdef __linux__
  explicit_bzero(memory, malloc_usable_size(memory));
#else
  memset_s(memory, malloc_size(memory), 0, malloc_size(memory));
#endif
}

}  // namespace

void keepMemorySecret() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace sheaf

void* operator new(std::size_t size) {
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) sheaf::wipe(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
