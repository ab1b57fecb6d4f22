// Network namespaces with one cable each to this one, so that a test may cut and heal it (ip-netns(8),
// veth(4)). Needs root; everything is removed with the object, or by the next one
// where a test was killed.
#pragma once
#include <string>
#include <vector>

namespace tripled::e2e {

class CabledNamespace {
 public:
  // number: 1 to 60, one each in this process.
  explicit CabledNamespace(int number);
  ~CabledNamespace();
  CabledNamespace(const CabledNamespace&) = delete;

  // Empty: it could be made; else why not.
  const std::string& why_not() const { return why_not_; }
  // Of this end, which programs inside reach.
  const std::string& outer_address() const { return outer_; }
  // What executes a program inside.
  std::vector<std::string> through() const { return {"/usr/sbin/ip", "netns", "exec", name_}; }

  // The cable is pulled out inside, and plugged in again.
  void cut() const;
  void heal() const;
  // Both sides stay up, and nothing arrives inside. False: nft(8) cannot.
  bool drop() const;
  void let_through() const;

 private:
  std::string name_, device_, outer_, inner_, why_not_;
};

}  // namespace tripled::e2e
