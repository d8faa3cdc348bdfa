// sheaf-prover: a service on standard input and output (docs/prover.md), or one proof.
#include <chrono>
#include <iostream>
#include <list>
#include <sys/resource.h>
#include "json.hpp"
#include "parallel.hpp"
#include "prove.hpp"

namespace sheaf {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/** Milliseconds of each phase, as a JSON object. */
class Phases {
 public:
  void begin(const std::string& phase) {
    end();
    phase_ = phase;
    start_ = Clock::now();
  }
  void end() {
    if (phase_.empty()) return;
    json_ += (json_.empty() ? "" : ",") + toJson(phase_) + ":" + std::to_string(millisecondsSince(start_));
    phase_.clear();
  }
  std::string json() const { return "{" + json_ + "}"; }

 private:
  std::string phase_, json_;
  Clock::time_point start_;
};

/** Bytes that the process has held in memory at most. */
long peakBytes() {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  return usage.ru_maxrss;
#else
  return usage.ru_maxrss * 1024;
#endif
}

class Service {
 public:
  /** Until its input ends, or there is no memory: a new process has more, and knows where a request begins. */
  void run() {
    std::string line;
    while (std::getline(std::cin, line)) answer(line);
  }

 private:
  /** Keys that stay loaded: the last used. */
  static constexpr size_t KEYS = 4;

  void answer(const std::string& line) {
    std::string id = "0";
    try {
      auto request = parseJson(line);
      const auto need = [&](const char* name) -> const std::string& {
        const auto found = request.find(name);
        if (found == request.end()) throw Error("JSON_MALFORMED", std::string("the request has no ") + name);
        return found->second;
      };
      id = need("id");
      const std::string& command = need("command");
      if (command == "load") {
        const Key& key = keyAt(need("key"));
        say("{\"id\":" + id + ",\"signals\":" + std::to_string(key.signals) +
            ",\"domain\":" + std::to_string(key.domain->size()) + ",\"path\":" + toJson(std::string(kernels().name)) +
            ",\"threads\":" + std::to_string(threadCount()) + "}");
      } else if (command == "prove") {
        proveFor(id, need("key"), request);
      } else {
        throw Error("JSON_MALFORMED", "there is no command " + command);
      }
    } catch (const Error& error) {
      fail(id, error);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      fail(id, Error("UNEXPECTED", error.what()));
    }
  }

  void proveFor(const std::string& id, const std::string& path, const std::map<std::string, std::string>& request) {
    // The bytes belong to the request whatever becomes of it: the next line follows them.
    std::vector<uint8_t> bytes;
    const auto size = request.find("witnessBytes"), file = request.find("witness");
    if (size != request.end()) {
      bytes.resize(std::stoull(size->second));
      std::cin.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()));
      if (size_t(std::cin.gcount()) != bytes.size()) throw Error("WITNESS_MALFORMED", "the witness ends too early");
    } else if (file == request.end()) {
      throw Error("JSON_MALFORMED", "the request has no witness");
    }
    const Key& key = keyAt(path);
    const std::string code = "WITNESS_MALFORMED";
    const Witness witness(size != request.end() ? BinFile(bytes, "the witness", "wtns", 2, code)
                                                : BinFile(file->second, "wtns", 2, code), key);
    Phases phases;
    const Proof proof = prove(key, witness, [&](const char* phase) {
      phases.begin(phase);
      say("{\"id\":" + id + ",\"phase\":" + toJson(std::string(phase)) + "}");
    });
    phases.end();
    say("{\"id\":" + id + ",\"proof\":" + proofJson(proof) + ",\"publicSignals\":" + publicJson(proof) +
        ",\"phases\":" + phases.json() + ",\"peakBytes\":" + std::to_string(peakBytes()) + "}");
  }

  const Key& keyAt(const std::string& path) {
    // Another key may have come to stand under the same path.
    const std::string file = fileIdentity(path);
    for (auto at = keys_.begin(); at != keys_.end(); ++at) {
      if (at->first != file) continue;
      keys_.splice(keys_.begin(), keys_, at);
      return *keys_.front().second;
    }
    auto key = std::make_unique<Key>(path);
    if (keys_.size() == KEYS) keys_.pop_back();
    keys_.emplace_front(file, std::move(key));
    return *keys_.front().second;
  }

  static void fail(const std::string& id, const Error& error) {
    say("{\"id\":" + id + "," + toJson(error).substr(1));
  }

  static void say(const std::string& line) { std::cout << line << std::endl; }

  /** By the identity of their files. */
  std::list<std::pair<std::string, std::unique_ptr<Key>>> keys_;
};

void writeFile(const std::string& path, const std::string& content) {
  AtomicFile file(path);
  file.write(content.data(), content.size());
  file.commit();
}

void proveOnce(char** paths) {
  const Key key(paths[0]);
  const Witness witness(BinFile(paths[1], "wtns", 2, "WITNESS_MALFORMED"), key);
  const Proof proof = prove(key, witness, [](const char*) {});
  writeFile(paths[2], proofJson(proof) + "\n");
  writeFile(paths[3], publicJson(proof) + "\n");
}

}  // namespace
}  // namespace sheaf

int main(int count, char** arguments) {
  return sheaf::runProgram([&] {
    const std::string command = count > 1 ? arguments[1] : "";
    if (command == "serve" && count == 2) sheaf::Service().run();
    else if (command == "prove" && count == 6) sheaf::proveOnce(arguments + 2);
    else throw sheaf::Error("USAGE", "sheaf-prover serve, or sheaf-prover prove KEY WITNESS PROOF PUBLIC");
  });
}
