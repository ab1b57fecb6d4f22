#include "tests/corpus/scoring/variant.h"

#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::corpus {
namespace {

namespace fs = std::filesystem;

// Frames of the zstd program do not say how large they are.
Result<std::string> decompressed(std::string_view bytes) {
  constexpr std::size_t largest = 64u << 20;
  std::string out, buffer(ZSTD_DStreamOutSize(), '\0');
  auto* stream = ZSTD_createDStream();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;
  while (left != 0 && !ZSTD_isError(left) && out.size() < largest) {
    ZSTD_outBuffer part{buffer.data(), buffer.size(), 0};
    left = ZSTD_decompressStream(stream, &part, &in);
    if (!ZSTD_isError(left)) out.append(buffer, 0, part.pos);
    if (part.pos == 0 && in.pos == in.size) break;
  }
  ZSTD_freeDStream(stream);
  if (left != 0) return Error(ErrorKind::protocol, "not one whole zstd frame");
  return out;
}

Result<json::value> read_json(const fs::path& path, bool compressed) {
  TRIPLED_ASSIGN(std::string text, read_file(path));
  if (compressed) {
    TRIPLED_ASSIGN(std::string plain, decompressed(text));
    text = std::move(plain);
  }
  return wire::parse(text);
}

// Causes stand with the underscores of the header.
Result<Cause> cause_of(std::string_view word) {
  auto cause = from_text<Cause>(replace_all(std::string(word), "_", "-"));
  if (!cause) return Error(ErrorKind::protocol, "`" + std::string(word) + "` is no cause");
  return *cause;
}

// As recorded in the truth's own words; the same in two languages and for ever, whatever std::hash does.
std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

struct TruthFile {
  std::string cause, fault, subject, package, test, stage;
  std::vector<std::string> also, failing, verdicts;
  std::map<std::string, std::vector<std::string>> cells;
};
BOOST_DESCRIBE_STRUCT(TruthFile, (),
                      (cause, fault, subject, package, test, stage, also, failing, verdicts, cells))

}  // namespace

bool Truth::accepts(Cause answer) const {
  return answer == cause || std::find(also.begin(), also.end(), answer) != also.end();
}

Result<Variant> variant_of(json::value document, const json::value& truth) {
  TruthFile file;
  TRIPLED_TRY(wire::from_json(truth, file, "truth"));
  Variant out;
  out.cause = file.cause;
  TRIPLED_ASSIGN(out.truth.cause, cause_of(file.cause));
  for (const auto& word : file.also) {
    TRIPLED_ASSIGN(Cause cause, cause_of(word));
    out.truth.also.push_back(cause);
  }
  out.truth.fault = from_text<Fault>(file.fault).value_or(Fault::unknown);
  out.truth.subject = file.subject;
  out.truth.package = file.package;
  out.truth.test = file.test;
  out.truth.stage = file.stage;
  out.truth.failing = file.cells["failing"].empty() ? file.failing : file.cells["failing"];
  out.truth.verdicts = file.verdicts;
  const auto* name = document.is_object() ? document.get_object().if_contains("variant") : nullptr;
  if (!name || !name->is_string()) return Error(ErrorKind::protocol, "a document without `variant`");
  out.name = std::string(std::string_view(name->get_string()));
  out.document = std::move(document);
  return out;
}

Result<std::vector<Variant>> read_recorded(const fs::path& directory, const std::string& only) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (at->path().string().ends_with(".json.zst") &&
        (only.empty() || at->path().parent_path().filename() == only))
      files.push_back(at->path());
  if (error) return Error(ErrorKind::io, directory.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  std::vector<Variant> out;
  for (const auto& file : files) {
    auto stem = file.string().substr(0, file.string().size() - std::string_view(".json.zst").size());
    TRIPLED_ASSIGN(json::value document, read_json(file, true));
    TRIPLED_ASSIGN(json::value truth, read_json(stem + ".truth.json", false));
    TRIPLED_ASSIGN(Variant variant, variant_of(std::move(document), truth));
    out.push_back(std::move(variant));
  }
  hold_out_half(out);
  return out;
}

void hold_out_half(std::vector<Variant>& variants) {
  std::map<std::string, std::vector<Variant*>> causes;
  for (auto& variant : variants) causes[variant.cause].push_back(&variant);
  for (auto& [cause, all] : causes) {
    std::sort(all.begin(), all.end(), [](const Variant* a, const Variant* b) {
      return fnv1a(a->full_name()) < fnv1a(b->full_name());
    });
    for (std::size_t i = 0; i < all.size(); ++i) all[i]->held_out = i % 2 == 1;
  }
}

}  // namespace tripled::corpus
