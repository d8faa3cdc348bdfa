// Keeps a process' secrets in its memory.
#pragma once

namespace sheaf {

/**
 * Forbids core dumps and other processes of the same user to read this one's memory. Linking secrecy.cpp besides makes all
 * memory from the heap be overwritten when it is freed: every buffer that holds something derived from a secret.
 */
void keepMemorySecret();

}  // namespace sheaf
