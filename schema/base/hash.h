// SHA-256 as lower-case hex: the name of every blob, snapshot, std and key.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tripled {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  // A field with its length before it, so that ("ab","c") and ("a","bc") differ.
  void field(std::string_view bytes);
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string sha256_hex(std::string_view bytes);
Result<std::string> sha256_file(const std::filesystem::path& path);
// 128 random bits as hex, from the operating system.
std::string random_hex();

}  // namespace tripled
