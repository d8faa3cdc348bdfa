// Included once by each kernels-*.cpp, which is compiled with the flags of its kind of processor.
#include "add-pairs.hpp"
#include "fft-lanes.hpp"
#include "sparse-rows.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

template <void (*run)(const FftTables&, u64* const[3], size_t, void*)>
void pass(const void* tables, u64* const data[3], size_t block, void* scratch) {
  run(*static_cast<const FftTables*>(tables), data, block, scratch);
}

const Kernels* pathKernels() {
  static const Kernels table{
      SHEAF_PATH_NAME,
      [](const PairSums& work) { return PairAdder<Fq>{work}.run(); },
      [](const PairSums& work) { return PairAdder<Fq2>{work}.run(); },
      addSparse,
      fftTableBytes,
      fillFftTables,
      pass<columnsDown>,
      pass<rowsThrough>,
      pass<columnsUp>,
  };
  return &table;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
