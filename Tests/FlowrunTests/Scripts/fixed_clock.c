// A clock that stands still: loaded before the C library, it answers for the wall clock with the seconds in FIXED_CLOCK. The monotonic clock,
// by which programs measure and wait, goes on.
#define _GNU_SOURCE
#include <stdlib.h>
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
