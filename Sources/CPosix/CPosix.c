#ifndef _GNU_SOURCE
#define _GNU_SOURCE // F_OFD_SETLK
#endif
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h> // renameat2, renamex_np
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <sys/mount.h>
#include <sys/param.h>
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 90 // xnu bsd/sys/fcntl.h; not in every SDK.
#endif
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 92
#endif
#else
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#endif

int cposix_rename_exclusively(const char *source, const char *destination) {
#if defined(__APPLE__)
  if (renamex_np(source, destination, RENAME_EXCL) == 0) return 0;
#else
  if (renameat2(AT_FDCWD, source, AT_FDCWD, destination, RENAME_NOREPLACE) == 0) return 0;
#endif
  // The file system does not support it (NFS, some FUSE file systems), or the kernel does not.
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -1;
  if (link(source, destination) != 0) return -1;
  // Both names are the same file now. If this fails, the new name is there, and the old one is a leftover.
  (void)unlink(source);
  return 0;
}

int cposix_reserve(int descriptor, int64_t bytes) {
  int result;
#if defined(__APPLE__)
  fstore_t store = {.fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_offset = 0, .fst_length = (off_t)bytes};
  do {
    result = fcntl(descriptor, F_PREALLOCATE, &store);
  } while (result == -1 && errno == EINTR);
#else
  // Not posix_fallocate(3), which changes the size, and writes every block where the file system has no such call.
  do {
    result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
  } while (result == -1 && errno == EINTR);
#endif
  if (result == -1 && (errno == EOPNOTSUPP || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL)) return 0;
  return result == -1 ? -1 : 0;
}

int cposix_lock_range(int descriptor, bool exclusive, int64_t offset, int64_t length) {
  struct flock range;
  memset(&range, 0, sizeof range); // l_pid must be 0 for OFD locks.
  range.l_type = exclusive ? F_WRLCK : F_UNLCK;
  range.l_whence = SEEK_SET;
  range.l_start = (off_t)offset;
  range.l_len = (off_t)length;
  int result;
  do {
    result = fcntl(descriptor, F_OFD_SETLK, &range);
  } while (result == -1 && errno == EINTR);
  return result == -1 ? -1 : 0;
}

int cposix_is_range_locked(int descriptor, int64_t offset, int64_t length) {
  struct flock range;
  memset(&range, 0, sizeof range);
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = (off_t)offset;
  range.l_len = (off_t)length;
  if (fcntl(descriptor, F_OFD_GETLK, &range) == -1) return -1;
  return range.l_type == F_UNLCK ? 0 : 1;
}

#if defined(__APPLE__)

int cposix_is_network_file_system(const char *path) {
  struct statfs information;
  int result;
  do {
    result = statfs(path, &information);
  } while (result == -1 && errno == EINTR);
  if (result == -1) return -1;
  return (information.f_flags & MNT_LOCAL) ? 0 : 1;
}

#else

// Magic numbers from statfs(2) and linux/magic.h.
static const uint32_t networkMagics[] = {
    0x6969,     // NFS
    0x517B,     // SMB
    0xFE534D42, // SMB 2
    0xFF534D42, // CIFS
    0x5346414F, // AFS (OpenAFS)
    0x6B414653, // AFS (kAFS)
    0x73757245, // Coda
    0x564C,     // NCP
    0x00C36400, // Ceph
    0x0BD00BD0, // Lustre
    0x47504653, // GPFS
    0x19830326, // BeeGFS
    0x01021997, // 9P
    0x7461636F, // OCFS2
    0x01161970, // GFS2
    0x013111A8, // IBRIX
    0xAAD7AAEA, // PanFS
    0x20030528, // OrangeFS
    0xBACBACBC, // VMware hgfs
    0x786F4256, // VirtualBox shared folder
};

static const uint32_t fuseMagic = 0x65735546;

// FUSE file systems on local storage. All others (sshfs, rclone, s3fs, glusterfs, virtiofs, …) count as network file
// systems.
static const char *const localFuseTypes[] = {
    "fuseblk", "fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.mergerfs", "fuse.bindfs", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs",
    "fuse.unionfs", "fuse.exfat",
};

/// The file system type in a line of /proc/self/mountinfo (proc(5)) if the line is about the device; else NULL.
/// Modifies the line.
static char *typeOfMount(char *line, dev_t device) {
  unsigned int majorNumber, minorNumber;
  if (sscanf(line, "%*d %*d %u:%u", &majorNumber, &minorNumber) != 2) return NULL;
  if (majorNumber != major(device) || minorNumber != minor(device)) return NULL;
  char *type = strstr(line, " - "); // The separator after the optional fields.
  if (!type) return NULL;
  type += 3;
  type[strcspn(type, " \n")] = 0;
  return type;
}

static int isNetworkFuse(const char *path) {
  struct stat status;
  if (stat(path, &status) == -1) return -1;
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (!mounts) return 1; // Unknown: assume a network file system.
  int isNetwork = 1;
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, mounts) != -1) {
    const char *type = typeOfMount(line, status.st_dev);
    if (!type) continue;
    for (size_t index = 0; index < sizeof localFuseTypes / sizeof *localFuseTypes; index++)
      if (strcmp(type, localFuseTypes[index]) == 0) isNetwork = 0;
    break;
  }
  free(line);
  fclose(mounts);
  return isNetwork;
}

int cposix_is_network_file_system(const char *path) {
  struct statfs information;
  int result;
  do {
    result = statfs(path, &information);
  } while (result == -1 && errno == EINTR);
  if (result == -1) return -1;
  if ((uint32_t)information.f_type == fuseMagic) return isNetworkFuse(path);
  for (size_t index = 0; index < sizeof networkMagics / sizeof *networkMagics; index++)
    if ((uint32_t)information.f_type == networkMagics[index]) return 1;
  return 0;
}

#endif

int64_t cposix_free_bytes(const char *path) {
  struct statvfs information;
  int result;
  do {
    result = statvfs(path, &information);
  } while (result == -1 && errno == EINTR);
  if (result == -1) return -1;
  if (information.f_blocks == 0) {
    errno = ENOTSUP;
    return -1;
  }
  return (int64_t)information.f_bavail * (int64_t)information.f_frsize;
}

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void cposix_configure_allocator(void) {
#if defined(__GLIBC__)
  // glibc raises its mmap threshold whenever a large buffer is freed, and then keeps later ones in heaps that never
  // shrink, so that peak memory approaches the sum of all threads' peaks.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  mallopt(M_ARENA_MAX, 2);
#endif
}

int64_t cposix_raise_open_file_limit(void) {
  const rlim_t wanted = 4096;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int cposix_open_standard_descriptors(void) {
  for (int number = 0; number < 3; number++) {
    if (fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is taken: this one. It cannot be read or written the way that it is meant for, so that whoever does is told.
    int opened = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY);
    if (opened != number) {
      if (opened >= 0) close(opened);
      return -1;
    }
  }
  return 0;
}

extern char **environ;

// In two lines: without glibc the second is no expression.
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 34)
#define HAS_CLOSEFROM
#endif
#endif

// Leaves standard input, output and error alone, as file actions after it set them. Without it a program that goes on in the background would hold this
// process's locks, sockets and pipes: whoever waits for the end of one of them would wait for that program.
static int closeOthers(posix_spawn_file_actions_t *actions, short *flags) {
#if defined(__APPLE__)
  (void)actions;
  *flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
  return 0;
#elif defined(HAS_CLOSEFROM)
  (void)flags;
  return posix_spawn_file_actions_addclosefrom_np(actions, 3);
#else
  // There is no such call. What flowrun opens is closed by itself; what libraries open may stay.
  (void)actions;
  (void)flags;
  return 0;
#endif
}

int cposix_spawn(const char *const *words, const char *const *environment, const char *folder, const int *descriptors) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  pid_t process = -1;
  short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  int problem = posix_spawnattr_init(&attributes);
  if (problem != 0) {
    errno = problem;
    return -1;
  }
  problem = posix_spawn_file_actions_init(&actions);
  if (problem == 0) {
    // Made one after the other: a descriptor below 3 may be given only where it stays what it is, or it would be replaced before it is given on.
    for (int number = 0; number < 3 && problem == 0; number++) problem = posix_spawn_file_actions_adddup2(&actions, descriptors[number], number);
    if (problem == 0 && folder) problem = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (problem == 0) problem = closeOthers(&actions, &flags);
    if (problem == 0) problem = posix_spawnattr_setflags(&attributes, flags);
    if (problem == 0) problem = posix_spawnattr_setpgroup(&attributes, 0);
    if (problem == 0) problem = posix_spawnattr_setsigmask(&attributes, &none);
    if (problem == 0) problem = posix_spawnattr_setsigdefault(&attributes, &all);
    char *const *variables = environment ? (char *const *)environment : environ;
    if (problem == 0) problem = posix_spawn(&process, words[0], &actions, &attributes, (char *const *)words, variables);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  if (problem == 0) return process;
  errno = problem;
  return -1;
}

int cposix_wait(int process, int *number) {
  int status = 0;
  pid_t found;
  *number = 0;
  do {
    found = waitpid(process, &status, 0);
  } while (found == -1 && errno == EINTR);
  if (found == -1) return -1;
  if (WIFSIGNALED(status)) {
    *number = WTERMSIG(status);
    return 0;
  }
  return WEXITSTATUS(status);
}
