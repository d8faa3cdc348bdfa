// Runs a plan.
#pragma once
#include <vector>
#include "witness_plan.hpp"

namespace sheaf {

/**
 * The circuit's signals for the given inputs, in Montgomery form. Throws WITNESS_FAILED if one of circom's assertions
 * does not hold.
 */
std::vector<Fr> runPlan(const Plan& plan, std::span<const Fr> inputs);

}  // namespace sheaf
