#include "schema/model/enums.h"

namespace tripled {

static int severity(Verdict v) {
  switch (v) {
    case Verdict::excluded:
      return 0;
    case Verdict::pass:
      return 1;
    case Verdict::flaky:
      return 2;
    case Verdict::cancelled:
      return 3;
    case Verdict::blocked:
      return 4;
    case Verdict::broken:
      return 5;
    case Verdict::suspect:
      return 6;
    case Verdict::timeout:
      return 7;
    case Verdict::fail:
      return 8;
  }
  return 8;
}

Verdict worse_of(Verdict a, Verdict b) { return severity(a) >= severity(b) ? a : b; }

}  // namespace tripled
