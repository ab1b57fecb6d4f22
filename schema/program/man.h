// Man pages: of a command line, and of the settings from their JSON Schema. Pure.
#pragma once
#include <string>

#include "schema/base/result.h"
#include "schema/program/command.h"
#include "schema/program/roff.h"
#include "schema/wire/json.h"

namespace tripled::program {

// `see_also`: `tripled.yaml(5)`, …
std::string man_page(const Command& root, const ManHeader& header, const std::vector<std::string>& see_also);

// A page about the file that `schema` describes: every key with its type, description, choices and default.
// config error: it is not the schema of an object.
Result<std::string> settings_man_page(const wire::json::value& schema, const ManHeader& header,
                                      const std::vector<std::string>& see_also);

std::string see_also_section(const std::vector<std::string>& pages);

}  // namespace tripled::program
