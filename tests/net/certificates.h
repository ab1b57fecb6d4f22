// Certificates made for a test: an authority of its own and what it vouches for, as PEM files.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace tripled::test {

class Authority {
 public:
  // Writes NAME.pem (its certificate) into the directory.
  Authority(std::filesystem::path directory, const std::string& name);
  ~Authority();
  const std::filesystem::path& certificate() const { return certificate_; }

  struct Files {
    std::filesystem::path certificate, key;
  };
  // For a host name or address as in `DNS:localhost` or `IP:127.0.0.1`; `days` below 0: it is over.
  Files issue(const std::string& name, const std::string& subject_alternative_name, int days = 30) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::filesystem::path directory_, certificate_;
};

}  // namespace tripled::test
