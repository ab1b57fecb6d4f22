// The report as one HTML file: no script, nothing from elsewhere, well-formed XML too; reads on a phone, in
// print, in the dark and to a screen reader. Everything that comes from the project is escaped. Pure.
#pragma once
#include <string>
#include <string_view>

#include "daemon/report/report.h"

namespace tripled::report {

std::string to_html(const Report& report);

// Printable, and with & < > " ' as entities: for text and for quoted attributes.
std::string html_escape(std::string_view text);

}  // namespace tripled::report
