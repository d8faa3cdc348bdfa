// Files: iden3's binary container (.r1cs, .wtns, .zkey, .ptau) mapped into memory, and files written whole or not at all.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include "error.hpp"

namespace sheaf {

using Bytes = std::span<const uint8_t>;

/** A file mapped read-only. Throws FILE_UNREADABLE. */
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  Bytes bytes() const { return {data_, size_}; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/** Text that tells a file from others, and from itself once it is changed. Throws FILE_UNREADABLE. */
std::string fileIdentity(const std::string& path);

/** Takes mapped pages out of this process' memory; they are read again, from the page cache, when they are touched. */
void releasePages(Bytes bytes);

/** Reads numbers one after the other; throws `code` at the end of the bytes. */
class Cursor {
 public:
  Cursor(Bytes bytes, std::string code, std::string what) : bytes_(bytes), code_(std::move(code)), what_(std::move(what)) {}
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  Bytes take(size_t n) {
    if (n > bytes_.size() - at_) throw Error(code_, what_ + " ends too early");
    at_ += n;
    return bytes_.subspan(at_ - n, n);
  }
  size_t left() const { return bytes_.size() - at_; }

 private:
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  Bytes bytes_;
  std::string code_, what_;
  size_t at_ = 0;
};

/**
 * A file of four letters, version, number of sections, and sections of u32 kind, u64 length, bytes. Every section lies
 * within the file, and no kind stands twice. Throws `code` otherwise.
 */
class BinFile {
 public:
  BinFile(const std::string& path, const char magic[5], uint32_t maxVersion, std::string code);
  /** The same of bytes in memory, which must outlive this; `name` stands for the path in messages. */
  BinFile(Bytes bytes, const std::string& name, const char magic[5], uint32_t maxVersion, std::string code);
  /** The section of a kind; throws `code` if there is none. */
  Bytes section(uint32_t kind) const;
  /** The rest of the file from the beginning of a section on. */
  Bytes from(uint32_t kind) const { return {section(kind).data(), end_}; }
  bool has(uint32_t kind) const { return sections_.contains(kind); }
  Cursor cursor(uint32_t kind) const;
  const std::string& path() const { return path_; }
  size_t size() const { return size_; }
  [[noreturn]] void fail(const std::string& why) const;

 private:
  void readSections(Bytes bytes, const char magic[5], uint32_t maxVersion);
  std::string path_, code_;
  std::unique_ptr<MappedFile> file_;
  size_t size_ = 0;
  const uint8_t* end_ = nullptr;
  std::map<uint32_t, Bytes> sections_;
};

/**
 * A file that appears under its name when it is complete and on the disk. Throws FILE_UNWRITABLE, as when the disk is full.
 * What is not a regular file, such as a device, is written to directly.
 */
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(const void* data, size_t size);
  void writeAt(uint64_t offset, const void* data, size_t size);
  /** Renames it to its name. */
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  std::string path_, temporary_;
  int fd_ = -1;
};

}  // namespace sheaf
