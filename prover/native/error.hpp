// Errors with a code of the catalogue in protocol/errors.ts.
#pragma once
#include <stdexcept>
#include <string>

namespace sheaf {

class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/** The text as a JSON string, with its quotes. */
inline std::string toJson(const std::string& text) {
  static const char* const digits = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0x20) {
      out += char(c);
    } else {
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out + "\"";
}

/** One line of JSON, as every executable reports a failure. */
inline std::string toJson(const Error& error) {
  return "{\"error\":" + toJson(error.code()) + ",\"message\":" + toJson(std::string(error.what())) + "}";
}

}  // namespace sheaf
