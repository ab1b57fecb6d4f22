// Whether the disk of the cache has room for another batch. What runs ends as it can; a worker without room
// takes nothing more, and goes on by itself. One thread at a time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace tripled::agent {

class Room {
 public:
  // `least` bytes have to be free; 0: it is not looked at.
  Room(std::filesystem::path cache, std::uint64_t least) : cache_(std::move(cache)), least_(least) {}

  // Looks: empty where there is room, else what is missing, for people. Once it was missing there has to be
  // an eighth more than `least`, so that a worker at the edge does not come and go.
  std::string missing();

 private:
  const std::filesystem::path cache_;
  const std::uint64_t least_;
  bool low_ = false;
};

}  // namespace tripled::agent
