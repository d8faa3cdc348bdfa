// The inner loops for one kind of processor: flags in targets.ts.
#define SHEAF_IFMA
#define SHEAF_PATH_NAME "ifma"
#include "kernels-body.hpp"
