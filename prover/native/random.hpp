// Random numbers from the system.
#pragma once
#include <sys/random.h>
#include <unistd.h>
#include "error.hpp"
#include "field.hpp"

namespace sheaf {
inline namespace SHEAF_PATH {

/** A number below r, each equally likely. */
inline Fr randomElement() {
  for (;;) {
    Limbs k;
    if (getentropy(&k, sizeof k) != 0) throw Error("UNEXPECTED", "the system gives no random numbers");
    k[3] >>= 2;
    if (lessLimbs(k, Fr::MODULUS)) return Fr::fromPlain(k);
  }
}

}  // namespace SHEAF_PATH
}  // namespace sheaf
