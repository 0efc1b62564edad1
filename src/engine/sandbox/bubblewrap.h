#pragma once
// The command line of a sandbox. bubblewrap makes the namespaces and what can be seen in them.

#include <string>
#include <vector>

namespace leat::sandbox {

// A sandbox with the parts of the system that a program needs to run, and nothing of the users'.
std::vector<std::string> bubblewrap();

// Where a name's address is asked for, as the machine has it.
void append_machine_names(std::vector<std::string>& arguments);

}  // namespace leat::sandbox
