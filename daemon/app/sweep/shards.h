// Execute jobs that took long are divided: every shard runs a part of the cell's tests, on whichever worker
// has a slot, and the job keeps one verdict. Pure; the same arguments give the same division, so that it
// survives a restart of the daemon.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/duration.h"
#include "schema/model/batch.h"

namespace tripled::app {

struct ShardPolicy {
  Millis longer_than{0};  // jobs that took longer are divided into parts of about this length; 0: none
  int most = 8;           // parts of one job
};

// How long the tests of one binary took last time.
struct BinaryDuration {
  std::string package, target, kind;
  std::int64_t ms = 0;
};
BOOST_DESCRIBE_STRUCT(BinaryDuration, (), (package, target, kind, ms))

// 1: it stays whole.
int shards_for(std::int64_t expected_ms, const ShardPolicy& policy);

struct ShardWork {
  std::vector<Executable> executables;
  std::vector<TestPart> parts;  // of those of them that were cut
};

// What shard number `shard` (from 0) of `shards` runs. Binaries that take longer than a shard should are cut
// by the hashes of their tests' names; those that nothing is known of count as an average one.
ShardWork work_of_shard(std::vector<Executable> executables, const std::vector<BinaryDuration>& durations,
                        int shard, int shards);

}  // namespace tripled::app
