// The report of one sweep as an answer, for API and pages. Internal to daemon/web.
#pragma once
#include <string>

#include "daemon/web/api.h"

namespace tripled::web {

// `format`: json, html, junit or text. 404: no such sweep.
void answer_report(Api& api, Api::Call call, store::SweepId id, const std::string& format);

}  // namespace tripled::web
