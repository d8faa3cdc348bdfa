// Errors with a code of the catalogue in protocol/errors.ts.
#pragma once
#include <cstdio>
#include <new>
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

inline std::string toJson(const Error& error) {
  return "{\"error\":" + toJson(error.code()) + ",\"message\":" + toJson(std::string(error.what())) + "}";
}

/** What an executable does. A failure is one line of JSON on standard error. The process' exit code. */
template <class Work>
int runProgram(Work work) {
  const auto report = [](const Error& error) {
    std::fprintf(stderr, "%s\n", toJson(error).c_str());
    return 1;
  };
  try {
    work();
    return 0;
  } catch (const Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    return report(Error("NATIVE_CRASHED", "there is not enough memory"));
  } catch (const std::exception& error) {
    return report(Error("UNEXPECTED", error.what()));
  }
}

}  // namespace sheaf
