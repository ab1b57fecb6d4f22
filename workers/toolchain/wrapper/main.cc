// tripled-rustc: what a view's bin/rustc and bin/rustdoc are. Runs the real program with `--sysroot VIEW` in
// front of the caller's arguments, unless they name a sysroot themselves. A program and not a script: /bin/sh
// drops environment variables with a hyphen in their name, and with them env!("CARGO_BIN_EXE_my-tool"). Reads
// ../wrapper.conf beside itself: lines `rustc=PATH`, `rustdoc=PATH`, `sysroot=VIEW`. Started once per crate:
// no allocation beyond the argument list, no locale, no iostream.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxConf = 4 * kMaxPath;

[[noreturn]] void fail(const char* what, const char* about, int error) {
  std::fprintf(stderr, "tripled-rustc: %s%s%s%s%s\n", what, *about ? " " : "", about, error ? ": " : "",
               error ? std::strerror(error) : "");
  std::exit(127);
}

// The program's own path: cargo starts it by an absolute one; else the kernel knows.
void own_path(const char* argv0, char (&path)[kMaxPath]) {
  if (argv0 && argv0[0] == '/' && std::strlen(argv0) < kMaxPath) {
    std::strcpy(path, argv0);
    return;
  }
  auto size = ::readlink("/proc/self/exe", path, kMaxPath - 1);
  if (size <= 0) fail("cannot tell my own path; call me by an absolute one", "", errno);
  path[size] = '\0';
}

// Cuts the last component off; false: there is none.
bool to_parent(char* path) {
  char* slash = std::strrchr(path, '/');
  if (!slash || slash == path) return false;
  *slash = '\0';
  return true;
}

// The value of `key=` in the configuration, which is cut into texts on the way.
const char* value_of(char* conf, const char* key) {
  auto length = std::strlen(key);
  for (char* line = conf; line && *line;) {
    if (std::strncmp(line, key, length) == 0 && line[length] == '=') {
      char* value = line + length + 1;
      value[std::strcspn(value, "\n")] = '\0';
      return value;
    }
    line = std::strchr(line, '\n');
    if (line) ++line;
  }
  return nullptr;
}

void read_conf(const char* path, char (&conf)[kMaxConf]) {
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot read", path, errno);
  std::size_t size = 0;
  while (size < kMaxConf - 1) {
    auto n = ::read(fd, conf + size, kMaxConf - 1 - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  ::close(fd);
  conf[size] = '\0';
}

bool names_sysroot(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--sysroot") == 0 || std::strncmp(argv[i], "--sysroot=", 10) == 0) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  static char path[kMaxPath], conf[kMaxConf], for_sysroot[kMaxConf];
  own_path(argc > 0 ? argv[0] : nullptr, path);
  const char* slash = std::strrchr(path, '/');
  const char* name = slash && std::strcmp(slash + 1, "rustdoc") == 0 ? "rustdoc" : "rustc";
  static char conf_path[kMaxPath + 16];
  if (!to_parent(path) || !to_parent(path)) fail("not in a view's bin directory:", path, 0);
  std::snprintf(conf_path, sizeof conf_path, "%s/wrapper.conf", path);
  read_conf(conf_path, conf);
  std::memcpy(for_sysroot, conf, sizeof conf);
  const char* real = value_of(conf, name);
  const char* sysroot = value_of(for_sysroot, "sysroot");
  if (!real || !*real || !sysroot || !*sysroot) fail("no rustc, rustdoc or sysroot in", conf_path, 0);

  auto** arguments = static_cast<char**>(std::calloc(static_cast<std::size_t>(argc) + 4, sizeof(char*)));
  if (!arguments) fail("no memory", "", 0);
  int n = 0;
  arguments[n++] = const_cast<char*>(real);
  if (!names_sysroot(argc, argv)) {
    arguments[n++] = const_cast<char*>("--sysroot");
    arguments[n++] = const_cast<char*>(sysroot);
  }
  for (int i = 1; i < argc; ++i) arguments[n++] = argv[i];
  ::execv(real, arguments);
  fail("cannot run", real, errno);
}
