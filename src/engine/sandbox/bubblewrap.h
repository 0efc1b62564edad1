#pragma once
// The command line of a sandbox. bubblewrap makes the namespaces and what can be seen in them.

#include <string>
#include <vector>

namespace leat::sandbox {

// A sandbox with the parts of the system that a program needs to run, and nothing of the users'.
std::vector<std::string> bubblewrap();

// Reads these variables of the worker from the descriptor, and has none of its own: what a function's owner sets would
// rule bubblewrap itself (LD_PRELOAD), outside of the sandbox. Each is NAME=value.
void append_environment(std::vector<std::string>& arguments, int descriptor);
std::string environment_file(const std::vector<std::string>& environment);

// Where a name's address is asked for, as the machine has it.
void append_machine_names(std::vector<std::string>& arguments);

}  // namespace leat::sandbox
