// A set of small numbers: cells of the evidence, or points of the universe. Operations want equal sizes.
// Internal to explain/.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tripled::diagnosis {

class Bits {
 public:
  Bits() = default;
  explicit Bits(std::size_t size, bool full = false)
      : size_(size), words_((size + 63) / 64, full ? ~0ULL : 0) {
    trim();
  }

  std::size_t size() const { return size_; }
  bool at(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void add(std::size_t i) { words_[i / 64] |= 1ULL << (i % 64); }

  Bits& operator&=(const Bits& o) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= o.words_[i];
    return *this;
  }
  Bits& operator|=(const Bits& o) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= o.words_[i];
    return *this;
  }
  Bits operator~() const {
    Bits out = *this;
    for (auto& w : out.words_) w = ~w;
    out.trim();
    return out;
  }
  friend Bits operator&(Bits a, const Bits& b) { return a &= b; }
  friend Bits operator|(Bits a, const Bits& b) { return a |= b; }
  friend bool operator==(const Bits&, const Bits&) = default;
  friend auto operator<=>(const Bits&, const Bits&) = default;

  bool none() const {
    for (auto w : words_)
      if (w != 0) return false;
    return true;
  }
  bool meets(const Bits& o) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if ((words_[i] & o.words_[i]) != 0) return true;
    return false;
  }
  // a & b & c is empty, without making it.
  static bool disjoint(const Bits& a, const Bits& b, const Bits& c) {
    for (std::size_t i = 0; i < a.words_.size(); ++i)
      if ((a.words_[i] & b.words_[i] & c.words_[i]) != 0) return false;
    return true;
  }
  // How many are in just one of a & b and c.
  static int differing(const Bits& a, const Bits& b, const Bits& c) {
    int n = 0;
    for (std::size_t i = 0; i < a.words_.size(); ++i)
      n += std::popcount((a.words_[i] & b.words_[i]) ^ c.words_[i]);
    return n;
  }
  bool covers(const Bits& o) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if ((o.words_[i] & ~words_[i]) != 0) return false;
    return true;
  }
  int count() const {
    int n = 0;
    for (auto w : words_) n += std::popcount(w);
    return n;
  }

 private:
  void trim() {
    if (size_ % 64 != 0) words_.back() &= (1ULL << (size_ % 64)) - 1;
  }
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace tripled::diagnosis
