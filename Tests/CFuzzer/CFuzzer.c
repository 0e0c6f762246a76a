#include "CFuzzer.h"

// libFuzzer's documented entry for programs that have a main of their own (FuzzerDriver.cpp of compiler-rt).
extern int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

static void (*reader)(const uint8_t *bytes, size_t count);

static int read_one(const uint8_t *data, size_t size) {
  reader(data, size);
  return 0;
}

int run_fuzzer(char **arguments, int count, void (*read)(const uint8_t *bytes, size_t count)) {
  reader = read;
  return LLVMFuzzerRunDriver(&count, &arguments, read_one);
}
