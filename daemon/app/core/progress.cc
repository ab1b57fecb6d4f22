#include "daemon/app/core/progress.h"

namespace tripled::app {

bool gets_on(const Progress& before, const Progress& now) {
  if (now.failed) return false;
  if (now.disk_full || before.waiting == 0 || now.waiting == 0) return true;
  return now.commits != before.commits;
}

}  // namespace tripled::app
