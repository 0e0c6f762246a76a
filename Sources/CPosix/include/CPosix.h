#ifndef CPOSIX_H
#define CPOSIX_H

#include <stdbool.h>
#include <stdint.h>

// System calls whose constants or structures are not visible to Swift on every platform. All return -1 and set errno on
// failure.

/// Takes (`exclusive`) or releases a lock on a byte range without waiting. The lock belongs to the open file
/// description. If another holder has it: -1 with EAGAIN or EACCES.
int cposix_lock_range(int descriptor, bool exclusive, int64_t offset, int64_t length);

/// 1 if another holder has a lock that overlaps the byte range, else 0. Does not take a lock.
int cposix_is_range_locked(int descriptor, int64_t offset, int64_t length);

/// 1 if the path is on a network file system, 0 if not.
int cposix_is_network_file_system(const char *_Nonnull path);

/// Bytes available to unprivileged processes; -1 with ENOTSUP on a file system that has no room of its own, such as /proc.
int64_t cposix_free_bytes(const char *_Nonnull path);

/// Allocates the first bytes of a file without changing its size: they can then be written when the disk is full. 0 too where the file system
/// cannot do it.
int cposix_reserve(int descriptor, int64_t bytes);

/// Renames a file atomically unless the new name exists: -1 with EEXIST. Where the file system has no such call, the file has both names for
/// a moment; folders are then refused.
int cposix_rename_exclusively(const char *_Nonnull source, const char *_Nonnull destination);

/// Configures the allocator for a program with few threads and multi-megabyte buffers: large buffers are returned to
/// the system when freed, and threads share few arenas. Call it first in main. Does nothing without glibc.
void cposix_configure_allocator(void);

/// Raises the limit on open files as far as the system permits, up to 4,096, and returns it.
int64_t cposix_raise_open_file_limit(void);

/// Opens the standard descriptors that whoever started this process has closed: reading and writing them fails as before. Returns -1 if that is not
/// possible. Call it before anything is opened.
int cposix_open_standard_descriptors(void);

/// Starts a program that is named by its path, as the leader of a process group of its own: no signal blocked, each handled as by default, no other
/// descriptor of this process open. Returns its id.
/// - words: path and arguments, ended by NULL.
/// - environment: `NAME=value` each, ended by NULL; NULL: that of this process.
/// - folder: where it runs; NULL: where this process does.
/// - descriptors: three: what becomes its standard input, output and error. Output and error may be 2, this process's own; otherwise none is below 3.
int cposix_spawn(const char *_Nullable const *_Nonnull words, const char *_Nullable const *_Nullable environment, const char *_Nullable folder,
                 const int *_Nonnull descriptors);

/// Waits for a process that this one has started. Returns its exit code; or 0, with the number in `signal`, if a signal has ended it.
int cposix_wait(int process, int *_Nonnull signal);

#endif
