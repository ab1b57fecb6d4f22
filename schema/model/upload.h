// Sources that a person sends to a daemon: what is asked of the local worker that packs them, and what a
// submitted sweep says of them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/toolchain.h"

namespace tripled {

struct PackQuestion {
  std::string project_dir;  // absolute
  std::string archive;      // the file to write
};
BOOST_DESCRIBE_STRUCT(PackQuestion, (), (project_dir, archive))

struct PackAnswer {
  std::string directory;     // of the project, below the archive's root; empty: it is the root
  std::string snapshot;      // hash of what was packed
  std::string revision;      // as PrepareResult::revision
  std::string rust_version;  // what `msrv` is; empty: the manifest does not say
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(PackAnswer, (), (directory, snapshot, revision, rust_version, notes))

struct Upload {
  std::string hash;  // of the archive: it is stored already
  std::uint64_t size = 0;
  std::string directory, snapshot, revision, rust_version;
  std::string host;                                   // where it was packed
  std::optional<std::vector<PackageFacts>> packages;  // none: nothing asked for them
};
BOOST_DESCRIBE_STRUCT(Upload, (), (hash, size, directory, snapshot, revision, rust_version, host, packages))

}  // namespace tripled
