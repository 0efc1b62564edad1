#pragma once
// The system calls that a worker has no use for, and a way out of its limits might be made of.

namespace leat::sandbox {

// A descriptor, above those that a worker is given, from which bubblewrap reads the filter to its end. The caller
// closes it. -1 where it cannot be made.
int seccomp_filter();

}  // namespace leat::sandbox
