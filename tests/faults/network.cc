#include "tests/faults/network.h"

#include <unistd.h>

#include <cstdlib>

namespace tripled::e2e {

static bool run(const std::string& command) {
  return std::system(("PATH=/usr/sbin:/usr/bin:/sbin:/bin; " + command + " >/dev/null 2>&1").c_str()) == 0;
}

// What a test run that was killed left: its namespaces with their programs. The kernel takes the cables.
static void remove_left_over() {
  run("for name in $(ip netns list | grep -o '^tripled-[0-9]*-[0-9]*'); do "
      "pid=${name#tripled-}; pid=${pid%-*}; [ -d /proc/$pid ] && continue; "
      "ip netns pids $name | xargs -r kill -9; ip netns del $name; ip link del trp${pid}x${name##*-}; done");
}

// Of its own for each process: tests of several builds may run at once. A range that nobody here routes.
static std::string address(int number, int host) {
  return "10." + std::to_string(200 + ::getpid() / 256 % 50) + "." + std::to_string(::getpid() % 256) + "." +
         std::to_string(number * 4 + host);
}

CabledNamespace::CabledNamespace(int number)
    : name_("tripled-" + std::to_string(::getpid()) + "-" + std::to_string(number)),
      device_("trp" + std::to_string(::getpid()) + "x" + std::to_string(number)),
      outer_(address(number, 1)),
      inner_(address(number, 2)) {
  if (::geteuid() != 0) {
    why_not_ = "network namespaces need root";
  } else if (!run("command -v ip")) {
    why_not_ = "ip(8) is not installed";
  } else if (remove_left_over(); !run("ip netns add " + name_)) {
    why_not_ = "ip netns add is refused";
  } else if (!run("ip link add " + device_ + " type veth peer name cable netns " + name_) ||
             !run("ip addr add " + outer_ + "/30 dev " + device_) || !run("ip link set " + device_ + " up") ||
             !run("ip -n " + name_ + " addr add " + inner_ + "/30 dev cable") ||
             !run("ip -n " + name_ + " link set lo up")) {
    why_not_ = "a veth pair is refused";
  } else {
    heal();
  }
}

CabledNamespace::~CabledNamespace() {
  run("ip link del " + device_);
  run("ip netns del " + name_);
}

void CabledNamespace::cut() const { run("ip -n " + name_ + " link set cable down"); }

// Its routes went with it.
void CabledNamespace::heal() const {
  run("ip -n " + name_ + " link set cable up");
  run("ip -n " + name_ + " route replace default via " + outer_);
}

bool CabledNamespace::drop() const {
  return run("ip netns exec " + name_ +
             " nft 'add table ip silence; add chain ip silence in { type filter hook input priority 0; }; "
             "add rule ip silence in iif cable drop'");
}

void CabledNamespace::let_through() const { run("ip netns exec " + name_ + " nft delete table ip silence"); }

}  // namespace tripled::e2e
