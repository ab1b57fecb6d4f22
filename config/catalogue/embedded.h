// The bytes of triples.yaml as they were when the program was built (embed.cmake writes the definition).
#pragma once
#include <string_view>

namespace tripled::config {

std::string_view embedded_catalogue();

}  // namespace tripled::config
