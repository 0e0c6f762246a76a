// A clock that stands still: loaded before the C library, it answers for the wall clock with the seconds in FIXED_CLOCK. The monotonic clock,
// by which programs measure and wait, goes on. Whoever runs the program is ada, on the host desk.
#define _GNU_SOURCE
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t fixed(void) {
  const char *text = getenv("FIXED_CLOCK");
  return text ? (time_t)atoll(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *result) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return (int)syscall(SYS_clock_gettime, clock, result);
  *result = (struct timespec){ .tv_sec = fixed() };
  return 0;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  (void)zone;
  *result = (struct timeval){ .tv_sec = fixed() };
  return 0;
}

time_t time(time_t *result) {
  if (result) *result = fixed();
  return fixed();
}

int gethostname(char *name, size_t length) {
  strncpy(name, "desk", length);
  return 0;
}

struct passwd *getpwuid(uid_t user) {
  static struct passwd entry;
  entry = (struct passwd){ .pw_name = "ada", .pw_passwd = "", .pw_uid = user, .pw_gecos = "", .pw_dir = getenv("HOME"), .pw_shell = "/bin/sh" };
  return &entry;
}
