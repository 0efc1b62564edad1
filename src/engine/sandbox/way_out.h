#pragma once
// A user-mode network for a worker's namespace: a helper process that makes the worker's connections to outside its own.

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/sandbox/network.h"

namespace leat::sandbox {

WayOut find_way_out();

// What the helper must not lead to: link-local addresses, those of the machine itself, and all that several hear. No
// route says so, since a socket that names its device goes by none.
std::vector<NetlinkMessage> closed_addresses();

// Makes an address, in the host's order, the namespace's own.
NetlinkMessage own_address(in_addr_t address);

// Opens the way of that process's namespace. The helper ends with the process, or with what is returned.
std::shared_ptr<void> open_way_out(boost::asio::io_context& context, WayOut way, pid_t pid);

}  // namespace leat::sandbox
