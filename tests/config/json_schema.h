// A JSON Schema of schema/json and what it says of a YAML text, read as an editor reads it.
#pragma once
#include <boost/json/value.hpp>
#include <memory>
#include <string>

namespace tripled::config::testing {

class JsonSchema {
 public:
  // `path` below the repository's root; a file that is no schema is a failed test.
  explicit JsonSchema(const std::string& path);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;

  // One line each; empty: valid.
  std::string problems(const std::string& yaml) const;
  const boost::json::value& document() const { return document_; }

 private:
  struct Compiled;
  boost::json::value document_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace tripled::config::testing
