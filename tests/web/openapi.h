// schema/openapi.yaml as what answers are held against. Used by tests alone.
#pragma once
#include <boost/json/value.hpp>
#include <memory>
#include <set>
#include <string>

namespace tripled::test {

class OpenApi {
 public:
  OpenApi();  // a file that cannot be read is a failed test
  ~OpenApi();

  std::set<std::string> operations() const;  // "GET /api/v1/sweeps/{id}"
  // The one that a request belongs to; empty: none.
  std::string operation(const std::string& method, const std::string& target) const;
  // What is not as described in an answer, one a line; empty: nothing. An empty content type is not looked
  // at.
  std::string problems(const std::string& operation, unsigned status, const std::string& content_type,
                       const std::string& body) const;

 private:
  struct Schemas;
  boost::json::value document_;
  std::unique_ptr<Schemas> schemas_;
};

}  // namespace tripled::test
