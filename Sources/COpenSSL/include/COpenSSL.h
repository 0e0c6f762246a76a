#ifndef COPENSSL_H
#define COPENSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A shim over OpenSSL's libcrypto (3.x and 1.1.1): one call each for a digest, an authentication code and an authenticated encryption, and a
// digest in pieces.
// Algorithms are looked up once: the lookup costs more than the digest of a short text. All functions may be called on any thread.
// On macOS it is empty: CryptoKit takes its place.

typedef enum COpenSSLHash { COpenSSLMD5, COpenSSLSHA1, COpenSSLSHA256, COpenSSLSHA384, COpenSSLSHA512 } COpenSSLHash;

/// The size in bytes of the longest digest.
enum { copenssl_digest_limit = 64 };

/// Writes the digest and returns its size in bytes; 0 if OpenSSL refuses, such as MD5 in FIPS mode.
size_t copenssl_digest(COpenSSLHash hash, const void *_Nullable bytes, size_t count, uint8_t *_Nonnull digest);

/// Starts a digest over bytes that come in pieces; NULL if OpenSSL refuses. One thread at a time may use it.
void *_Nullable copenssl_running_make(COpenSSLHash hash);
/// False if OpenSSL refuses.
bool copenssl_running_update(void *_Nonnull running, const void *_Nullable bytes, size_t count);
/// Writes the digest and returns its size in bytes; 0 if OpenSSL refuses. Nothing may be added afterwards.
size_t copenssl_running_finish(void *_Nonnull running, uint8_t *_Nonnull digest);
void copenssl_running_free(void *_Nonnull running);

/// Writes the 32 bytes of HMAC-SHA-256. False if OpenSSL refuses.
bool copenssl_hmac(
    const void *_Nonnull key, size_t keyCount, const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nonnull code);

/// The parameters of AES-256-GCM (NIST SP 800-38D): a key of 32 bytes, a nonce of 12, and the data authenticated beside the text.
typedef struct COpenSSLSeal {
  const void *_Nonnull key;
  const uint8_t *_Nonnull nonce;
  const uint8_t *_Nullable data;
  size_t dataCount;
} COpenSSLSeal;

enum { copenssl_key_count = 32, copenssl_nonce_count = 12, copenssl_tag_count = 16 };

typedef enum COpenSSLOutcome { COpenSSLDone, COpenSSLNotAuthentic, COpenSSLRefused } COpenSSLOutcome;

/// Encrypts `count` bytes to as many, and writes the tag.
COpenSSLOutcome copenssl_seal(
    const COpenSSLSeal *_Nonnull seal, const uint8_t *_Nonnull text, size_t count, uint8_t *_Nonnull sealed, uint8_t *_Nonnull tag);

/// Decrypts `count` bytes to as many. Unless the outcome is `COpenSSLDone`, the text is overwritten with zeros.
COpenSSLOutcome copenssl_open(
    const COpenSSLSeal *_Nonnull seal, const uint8_t *_Nonnull sealed, size_t count, const uint8_t *_Nonnull tag, uint8_t *_Nonnull text);

/// Overwrites a secret; never optimised away.
void copenssl_cleanse(void *_Nonnull bytes, size_t count);

#endif
