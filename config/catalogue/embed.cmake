# cmake -DINPUT=triples.yaml -DOUTPUT=embedded.cc -P embed.cmake: a C++ source that holds the bytes of INPUT.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
       bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"config/catalogue/embedded.h\"

namespace tripled::config {
namespace {
const unsigned char kBytes[] = {
${bytes}
};
}  // namespace

std::string_view embedded_catalogue() { return {reinterpret_cast<const char*>(kBytes), sizeof kBytes}; }

}  // namespace tripled::config
")
