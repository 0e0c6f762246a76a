#ifndef CFUZZER_H
#define CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with these arguments (the program's name first) over `read`; returns its exit status, if it returns.
int run_fuzzer(char *_Nullable *_Nonnull arguments, int count, void (*_Nonnull read)(const uint8_t *_Nullable bytes, size_t count));

#endif
