// The inner loops for one kind of processor: flags in targets.ts.
#define SHEAF_PATH_NAME "adx"
#include "kernels-body.hpp"
