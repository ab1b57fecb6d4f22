// A failed test as rules see it, and the tables of rules by what it said. Internal to
// daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "daemon/diagnosis/causes/evidence.h"
#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

struct TestCase {
  const Evidence& evidence;
  const TestResult& test;
  const std::string& text;  // what it printed
};
using TestRule = std::optional<Diagnosis> (*)(const TestCase&);

// With the panic's words and place, and the emulator's version, as evidence.
Diagnosis of_test(const TestCase& of, Cause cause, Confidence confidence, Fault fault, std::string title);
// What the panic said: the lines behind its place.
std::string panic_message(const std::string& text);
std::string first_line(const std::string& text);

std::span<const TestRule> surroundings_rules();  // network, rights, threads, programs that a test starts
std::span<const TestRule> value_rules();         // byte order, sizes, page size, atomics, time

}  // namespace tripled::diagnosis
