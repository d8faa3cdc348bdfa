#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <cstdlib>
#include <string>
#include "error.hpp"
#include "kernels.hpp"

namespace sheaf {
namespace portable {
const Kernels* pathKernels();
}
#if defined(__x86_64__)
namespace adx {
const Kernels* pathKernels();
}
namespace ifma {
const Kernels* pathKernels();
}
#endif

namespace {

const Kernels* choose() {
  const char* forced = std::getenv("SHEAF_NATIVE_PATH");
  const std::string wanted = forced ? forced : "";
#if defined(__x86_64__)
  // The compiler's library asks the operating system too whether it saves the wide registers.
  const bool hasIfma = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma") &&
                       __builtin_cpu_supports("avx512vbmi2");
  unsigned eax, ebx = 0, ecx, edx;
  const bool hasAdx = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_ADX) && (ebx & bit_BMI2);
  if (hasIfma && hasAdx && (wanted.empty() || wanted == "ifma")) return ifma::pathKernels();
  if (hasAdx && (wanted.empty() || wanted == "adx")) return adx::pathKernels();
#endif
  if (wanted.empty() || wanted == "portable") return portable::pathKernels();
  throw Error("NATIVE_UNAVAILABLE", "this processor has no path " + wanted + ", which SHEAF_NATIVE_PATH asks for");
}

}  // namespace

const Kernels& kernels() {
  static const Kernels* const chosen = choose();
  return *chosen;
}

}  // namespace sheaf
