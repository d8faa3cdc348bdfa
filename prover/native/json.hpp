// JSON as the service reads it: one object of strings and whole numbers on a line.
#pragma once
#include <map>
#include <string>
#include "error.hpp"

namespace sheaf {

/** The members of an object; numbers as their digits. Throws JSON_MALFORMED. */
inline std::map<std::string, std::string> parseJson(const std::string& text) {
  size_t at = 0;
  const auto fail = [&]() -> void { throw Error("JSON_MALFORMED", "no JSON object at character " + std::to_string(at)); };
  const auto skip = [&] {
    while (at < text.size() && std::string(" \t\r\n").find(text[at]) != std::string::npos) at++;
  };
  const auto expect = [&](char c) {
    skip();
    if (at >= text.size() || text[at] != c) fail();
    at++;
  };
  const auto isNext = [&](char c) {
    skip();
    return at < text.size() && text[at] == c;
  };
  const auto unicode = [&](std::string& out) {
    if (at + 4 > text.size() || text.find_first_not_of("0123456789abcdefABCDEF", at) < at + 4) fail();
    const unsigned code = unsigned(std::stoul(text.substr(at, 4), nullptr, 16));
    at += 4;
    if (code >= 0xd800 && code < 0xe000) fail();  // JSON.stringify writes such characters as they are
    if (code >= 0x800) out += char(0xe0 | code >> 12), out += char(0x80 | (code >> 6 & 0x3f));
    else if (code >= 0x80) out += char(0xc0 | code >> 6);
    out += char(code < 0x80 ? code : 0x80 | (code & 0x3f));
  };
  const auto string = [&] {
    expect('"');
    std::string out;
    while (at < text.size() && text[at] != '"') {
      if (text[at] != '\\') {
        out += text[at++];
        continue;
      }
      static const std::string escapes = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
      const char c = ++at < text.size() ? text[at++] : '\0';
      const size_t index = escapes.find(c);
      if (c == 'u') unicode(out);
      else if (c == '\0' || index == std::string::npos) fail();
      else out += meanings[index];
    }
    expect('"');
    return out;
  };
  const auto number = [&] {
    skip();
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') at++;
    if (at == begin || at - begin > 15) fail();
    return text.substr(begin, at - begin);
  };

  std::map<std::string, std::string> members;
  expect('{');
  while (!isNext('}')) {
    if (!members.empty()) expect(',');
    const std::string name = string();
    expect(':');
    members[name] = isNext('"') ? string() : number();
  }
  expect('}');
  skip();
  if (at != text.size()) fail();
  return members;
}

}  // namespace sheaf
