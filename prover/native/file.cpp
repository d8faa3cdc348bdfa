#include "file.hpp"
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sheaf {

MappedFile::MappedFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error("FILE_UNREADABLE", path + ": " + std::strerror(errno));
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    throw Error("FILE_UNREADABLE", path + " is not a file");
  }
  size_ = size_t(info.st_size);
  if (size_ > 0) {
    void* data = mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    const int reason = errno;
    close(fd);
    if (data == MAP_FAILED) throw Error("FILE_UNREADABLE", path + ": " + std::strerror(reason));
    data_ = static_cast<const uint8_t*>(data);
  } else {
    close(fd);
  }
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<uint8_t*>(data_), size_);
}

std::string fileIdentity(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) throw Error("FILE_UNREADABLE", path + ": " + std::strerror(errno));
#if defined(__APPLE__)
  const timespec& changed = info.st_mtimespec;
#else
  const timespec& changed = info.st_mtim;
#endif
  const auto text = [](auto number) { return std::to_string(number) + " "; };
  return text(info.st_dev) + text(info.st_ino) + text(info.st_size) + text(changed.tv_sec) + text(changed.tv_nsec);
}

void releasePages(Bytes bytes) {
  const auto page = uintptr_t(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

BinFile::BinFile(const std::string& path, const char magic[5], uint32_t maxVersion, std::string code)
    : path_(path), code_(std::move(code)), file_(std::make_unique<MappedFile>(path)) {
  readSections(file_->bytes(), magic, maxVersion);
}

BinFile::BinFile(Bytes bytes, const std::string& name, const char magic[5], uint32_t maxVersion, std::string code)
    : path_(name), code_(std::move(code)) {
  readSections(bytes, magic, maxVersion);
}

void BinFile::readSections(Bytes bytes, const char magic[5], uint32_t maxVersion) {
  size_ = bytes.size();
  end_ = bytes.data() + bytes.size();
  Cursor cursor(bytes, code_, path_);
  if (std::memcmp(cursor.take(4).data(), magic, 4) != 0) fail(std::string("is no .") + magic + " file");
  const uint32_t version = cursor.u32();
  if (version > maxVersion) fail("has version " + std::to_string(version) + ", which is not known");
  const uint32_t count = cursor.u32();
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t kind = cursor.u32();
    const uint64_t size = cursor.u64();
    if (!sections_.emplace(kind, cursor.take(size)).second) fail("has section " + std::to_string(kind) + " twice");
  }
}

void BinFile::fail(const std::string& why) const { throw Error(code_, path_ + " " + why); }

Bytes BinFile::section(uint32_t kind) const {
  const auto found = sections_.find(kind);
  if (found == sections_.end()) fail("has no section " + std::to_string(kind));
  return found->second;
}

Cursor BinFile::cursor(uint32_t kind) const {
  return Cursor(section(kind), code_, path_ + ", section " + std::to_string(kind) + ",");
}

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  struct stat info;
  const bool special = stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  if (!special) temporary_ = path + "." + std::to_string(getpid()) + ".tmp";
  fd_ = open(special ? path.c_str() : temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (special ? 0 : O_TRUNC), 0644);
  if (fd_ < 0) fail("cannot be created");
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) const {
  throw Error("FILE_UNWRITABLE", path_ + " " + what + ": " + std::strerror(errno));
}

void AtomicFile::write(const void* data, size_t size) {
  auto at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd_, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("cannot be written");
    at += n;
    size -= size_t(n);
  }
}

void AtomicFile::writeAt(uint64_t offset, const void* data, size_t size) {
  auto at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(fd_, at, size, off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("cannot be written");
    at += n;
    offset += uint64_t(n);
    size -= size_t(n);
  }
}

void AtomicFile::commit() {
  // A full disk may show only here.
  if (fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) fail("cannot be written");
  const int result = close(fd_);
  fd_ = -1;
  if (result != 0) fail("cannot be written");
  if (!temporary_.empty() && rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    fail("cannot be renamed to");
  }
}

}  // namespace sheaf
