#include "daemon/cli/plan_source.h"

#include <filesystem>

#include "schema/base/file.h"

namespace tripled::cli {

namespace fs = std::filesystem;

Result<app::MatrixRequest> load(const PlanArgs& args) {
  app::MatrixRequest out;
  out.narrowing = args.narrowing;
  out.cell_limit = args.cell_limit;
  if (args.matrix.empty()) {
    if (args.narrowing.triples.empty())
      return usage_error("name a matrix file, or say which triples with --triple");
    auto toolchain =
        config::path_from(fs::current_path().string(), args.toolchain.empty() ? "stable" : args.toolchain);
    TRIPLED_ASSIGN(out.matrix, config::default_matrix(args.narrowing.triples, toolchain));
    out.narrowing.triples.clear();  // they are the matrix
  } else {
    auto text = read_file(args.matrix, 1 << 20);
    if (!text) return config_error(text.error().message());
    out.text = std::move(text).value();
    out.file = fs::absolute(args.matrix).lexically_normal().string();
    TRIPLED_ASSIGN(out.matrix, config::load_matrix(args.matrix));
    TRIPLED_TRY(config::add_triples(out.matrix, args.narrowing.added));
  }
  TRIPLED_TRY(app::complete(out));
  return out;
}

}  // namespace tripled::cli
