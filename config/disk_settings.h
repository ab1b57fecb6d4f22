// `disk:` of tripled.yaml: a ceiling for each class of files. Internal to config/.
#pragma once
#include "config/located.h"
#include "config/service_settings.h"

namespace tripled::config {

Status read_disk(const Entry& entry, DiskSettings& out);

}  // namespace tripled::config
