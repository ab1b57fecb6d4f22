#include "daemon/app/sweep/shards.h"

#include <algorithm>
#include <tuple>

namespace tripled::app {

int shards_for(std::int64_t expected_ms, const ShardPolicy& policy) {
  const auto part = policy.longer_than.count();
  if (part <= 0 || expected_ms <= part) return 1;
  return static_cast<int>(std::min<std::int64_t>((expected_ms + part - 1) / part, policy.most));
}

namespace {

struct Piece {
  const Executable* binary = nullptr;
  std::int64_t ms = 0;
  int part = 0, parts = 1;
};

auto name_of(const Executable& e) { return std::tie(e.package, e.target, e.kind); }

std::int64_t known_ms(const Executable& binary, const std::vector<BinaryDuration>& durations) {
  const std::string kind = binary.libtest ? binary.kind : "custom";  // as its results call it
  for (const auto& d : durations)
    if (d.package == binary.package && d.target == binary.target && d.kind == kind)
      return std::max<std::int64_t>(d.ms, 1);
  return 0;
}

// Longest first, those of equal length by name.
std::vector<Piece> pieces_of(const std::vector<Executable>& executables,
                             const std::vector<BinaryDuration>& durations, int shards) {
  std::int64_t sum = 0, known = 0;
  for (const auto& binary : executables)
    if (auto ms = known_ms(binary, durations); ms > 0) sum += ms, ++known;
  const std::int64_t average = known > 0 ? std::max<std::int64_t>(sum / known, 1) : 1;
  sum += average * (static_cast<std::int64_t>(executables.size()) - known);
  const std::int64_t fair = std::max<std::int64_t>(sum / shards, 1);
  std::vector<Piece> out;
  for (const auto& binary : executables) {
    const auto measured = known_ms(binary, durations);
    const auto ms = measured > 0 ? measured : average;
    const auto parts =
        binary.libtest ? static_cast<int>(std::min<std::int64_t>((ms + fair - 1) / fair, shards)) : 1;
    for (int part = 0; part < std::max(parts, 1); ++part)
      out.push_back({&binary, ms / std::max(parts, 1), part, std::max(parts, 1)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Piece& a, const Piece& b) { return a.ms > b.ms; });
  return out;
}

}  // namespace

ShardWork work_of_shard(std::vector<Executable> executables, const std::vector<BinaryDuration>& durations,
                        int shard, int shards) {
  std::sort(executables.begin(), executables.end(),
            [](const Executable& a, const Executable& b) { return name_of(a) < name_of(b); });
  std::vector<std::int64_t> loads(static_cast<std::size_t>(shards), 0);
  ShardWork out;
  for (const auto& piece : pieces_of(executables, durations, shards)) {
    const auto least = std::min_element(loads.begin(), loads.end());
    *least += piece.ms;
    if (least - loads.begin() != shard) continue;
    const auto& b = *piece.binary;
    auto mine = std::find_if(out.parts.begin(), out.parts.end(), [&](const TestPart& p) {
      return std::tie(p.package, p.target, p.kind) == name_of(b);
    });
    if (mine != out.parts.end()) {
      mine->parts.push_back(piece.part);
      continue;
    }
    out.executables.push_back(b);
    if (piece.parts > 1) out.parts.push_back({b.package, b.target, b.kind, {piece.part}, piece.parts});
  }
  return out;
}

}  // namespace tripled::app
