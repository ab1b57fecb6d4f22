// Whether the evidence settles what every predicate of the language says of a point. Internal to explain/.
//
// Sound for sets of any size, and independent of the search:
//  * A literal can hold on one point and not on another only if they differ in its attribute. A predicate
//    that holds on point t has a term of up to three literals that holds on t and on no passing cell; so
//    there are up to three attributes such that every passing cell differs from t in one of them. Where no
//    such attributes exist, t passes under every predicate that agrees with the evidence.
//  * A predicate that does not hold on t holds on every failing cell by one of up to two terms, each with a
//    literal that is off on t: so there are two attributes such that every failing cell differs from t in one
//    of them. Where there are none, t fails under every predicate that agrees.
#pragma once
#include <optional>
#include <vector>

#include "daemon/diagnosis/explain/search.h"

namespace tripled::diagnosis {

// The first point (known triple * contexts + context) that is not settled to be what `truth` says;
// of those among `preferred` triples, one where `truth` holds, else any of them, else any at all. nullopt:
// all are settled.
std::optional<std::size_t> first_unsettled(const Universe& universe, const Truth& truth,
                                           const std::vector<std::size_t>& preferred);

}  // namespace tripled::diagnosis
