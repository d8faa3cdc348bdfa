// Included once by each kernels-*.cpp, which is compiled with the flags of its kind of processor.
#include "add-pairs.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

const Kernels* pathKernels() {
  static const Kernels table{
      SHEAF_PATH_NAME,
      [](const PairSums& work) { return PairAdder<Fq>{work}.run(); },
      [](const PairSums& work) { return PairAdder<Fq2>{work}.run(); },
  };
  return &table;
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
