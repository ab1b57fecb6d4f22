// What the matrix says of cfgs that were found in the evidence. Internal to explain/.
#pragma once
#include <optional>
#include <vector>

#include "daemon/diagnosis/explain/search.h"

namespace tripled::diagnosis {

struct JudgedCfg {
  CfgJudgement judgement;
  std::optional<Truth> truth;  // of the predicate that fails; only when confirmed
};

std::vector<JudgedCfg> judge_cfgs(const Universe& universe, const std::vector<CfgInEvidence>& evidence);

}  // namespace tripled::diagnosis
