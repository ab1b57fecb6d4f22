// Boost.JSON without its shared library, for the static tripled-shim.
#include <boost/json/src.hpp>
