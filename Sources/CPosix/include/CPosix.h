#ifndef CPOSIX_H
#define CPOSIX_H

#include <stdbool.h>
#include <stdint.h>

// System calls whose constants or structures Swift cannot see on every platform. All return -1 and set errno on failure.

/// Takes (`exclusive`) or lets go of a lock on a byte range without waiting. The lock belongs to the open file description.
/// Held by somebody else: -1 with EAGAIN or EACCES.
int cposix_lock_range(int descriptor, bool exclusive, int64_t offset, int64_t length);

/// 1 if somebody else holds a lock that touches the byte range, 0 if nobody does. Takes none.
int cposix_is_range_locked(int descriptor, int64_t offset, int64_t length);

/// 1 if the path is on a file system of another machine, 0 if not.
int cposix_is_network_file_system(const char *_Nonnull path);

/// Bytes that a process without privileges may still write.
int64_t cposix_free_bytes(const char *_Nonnull path);

/// Sets the allocator up for a program of a few threads that handles buffers of megabytes: large ones go back to the system when they are
/// freed, and threads share few arenas. Call it first in main. Does nothing where there is no glibc.
void cposix_configure_allocator(void);

/// How many files the process may have open; raised to what the system grants, 4,096 at most.
int64_t cposix_raise_open_file_limit(void);

#endif
