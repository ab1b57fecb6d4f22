// From an expanded matrix to the rows of a sweep: one prepare, one setup per way to set a triple up, one
// compile and one execute batch per cell. Pure.
#pragma once
#include <string>
#include <vector>

#include "daemon/app/sweep/shards.h"
#include "daemon/store/rows.h"

namespace tripled::app {

struct PlannedBatch {
  store::BatchRow row;  // ids are given by the store; `after` is filled from `after_index`
  std::vector<std::size_t> after_index;
  std::vector<store::JobRow> jobs;
};

struct CellKeys {
  std::string cell, setup_key, plan_key;
};

struct PlannedRows {
  std::vector<PlannedBatch> batches;
  std::vector<CellKeys> keys;  // of every cell that is not excluded
  std::vector<store::SetupRow> setups;
};

// Which workers a sweep is for.
struct Placing {
  std::string pool;            // empty: any
  std::string prepare_worker;  // the one that sees the sources; empty: any
  int priority = 0;            // higher goes first
};

// `facts`: to see which toolchain names mean the same one; without them every name is another.
PlannedRows plan_rows(const Plan& plan, const std::vector<ToolchainFacts>& facts = {},
                      const Placing& placing = {});

// The labels that every worker has of itself.
std::string own_label(const std::string& worker);
std::string pool_label(const std::string& pool);

// What a batch row's definition_json holds beside its columns.
struct BatchDefinition {
  std::vector<std::string> locks;
  std::string about;      // for people: "setup of s390x-unknown-linux-gnu"
  std::string like_cell;  // setup: the cell whose settings it takes
  bool needs_link = false, needs_run = false;
  std::vector<std::string> labels;        // the worker has all of them
  std::vector<std::string> abilities;     // and is not known to lack one of these
  std::int64_t expected_ms = 0;           // by the last sweep of the matrix; 0: unknown
  int shard = 0, shards = 1;              // of an execute batch
  std::vector<BinaryDuration> durations;  // of the cell's binaries, where it is divided
};
BOOST_DESCRIBE_STRUCT(BatchDefinition, (),
                      (locks, about, like_cell, needs_link, needs_run, labels, abilities, expected_ms, shard,
                       shards, durations))

}  // namespace tripled::app
