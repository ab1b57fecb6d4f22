#include "schema/wire/message.h"

namespace tripled::wire {
namespace {

template <class T>
constexpr const char* type_name = nullptr;
template <>
constexpr const char* type_name<Hello> = "hello";
template <>
constexpr const char* type_name<Heartbeat> = "heartbeat";
template <>
constexpr const char* type_name<Answer> = "answer";
template <>
constexpr const char* type_name<Started> = "started";
template <>
constexpr const char* type_name<Progress> = "progress";
template <>
constexpr const char* type_name<AttemptReport> = "result";
template <>
constexpr const char* type_name<BatchDone> = "batch-done";
template <>
constexpr const char* type_name<LeaseReturned> = "lease-returned";
template <>
constexpr const char* type_name<Welcome> = "welcome";
template <>
constexpr const char* type_name<Goodbye> = "goodbye";
template <>
constexpr const char* type_name<Ask> = "ask";
template <>
constexpr const char* type_name<Grant> = "grant";
template <>
constexpr const char* type_name<Ack> = "ack";
template <>
constexpr const char* type_name<Revoke> = "revoke";

// The end of a frame whose members are written.
template <class T>
std::string with_type(std::string members) {
  return std::move(members) + ",\"type\":\"" + type_name<T> + "\"}";
}

template <class Variant>
std::string encode_any(const Variant& message) {
  return std::visit(
      [](const auto& m) {
        std::string out = "{";
        write_members(m, out);
        return with_type<std::decay_t<decltype(m)>>(std::move(out));
      },
      message);
}

template <class Variant>
Result<Variant> decode_any(std::string_view frame) {
  json::monotonic_resource memory;
  TRIPLED_ASSIGN(json::value value, parse(frame, &memory));
  auto* object = value.if_object();
  auto* type = object ? object->if_contains("type") : nullptr;
  if (!type || !type->is_string()) return Error(ErrorKind::protocol, "message without a type");
  std::string_view name = type->get_string();
  Result<Variant> out = Error(ErrorKind::protocol, "unknown message type `" + std::string(name) + "`");
  boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, Variant>>([&](auto identity) {
    using T = typename decltype(identity)::type;
    if (name != type_name<T>) return;
    T message;
    if (auto status = from_json(value, message); !status)
      out = status.error().with("message `" + std::string(name) + "`");
    else
      out = Variant(std::move(message));
  });
  return out;
}

}  // namespace

std::string spoken_protocols() {
  const auto newest = std::to_string(protocol_version), oldest = std::to_string(oldest_protocol_version);
  return newest == oldest ? "protocol " + newest : "protocols " + oldest + " to " + newest;
}

std::string encode(const WorkerMessage& message) { return encode_any(message); }
std::string encode(const DaemonMessage& message) { return encode_any(message); }

std::string encode(const Grant& grant, std::string_view spec) {
  std::string out = "{";
  boost::mp11::mp_for_each<boost::describe::describe_members<Grant, boost::describe::mod_public>>(
      [&](auto d) {
        if (out.size() > 1) out += ',';
        out.append("\"").append(d.name).append("\":");
        if constexpr (std::is_same_v<decltype(d.pointer), decltype(&Grant::spec) const>)
          out += spec;
        else
          write_json(grant.*d.pointer, out);
      });
  return with_type<Grant>(std::move(out));
}

Result<WorkerMessage> decode_worker_message(std::string_view frame) {
  return decode_any<WorkerMessage>(frame);
}
Result<DaemonMessage> decode_daemon_message(std::string_view frame) {
  return decode_any<DaemonMessage>(frame);
}

}  // namespace tripled::wire
