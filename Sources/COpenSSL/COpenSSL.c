#include "COpenSSL.h"

#if !defined(__APPLE__)
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/opensslv.h>
#include <pthread.h>

/// NULL: OpenSSL does not offer it.
static const EVP_MD *hashes[COpenSSLSHA512 + 1];
static const EVP_CIPHER *cipher;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
  // Without OpenSSL's own handler at exit: it would free algorithms that another thread still uses.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) return;
  ERR_set_mark(); // A missing algorithm is known by its NULL: its message must not stay for whoever reads the thread's next error.
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  static const char *const names[] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};
  for (int hash = COpenSSLMD5; hash <= COpenSSLSHA512; hash++) hashes[hash] = EVP_MD_fetch(NULL, names[hash], NULL);
  cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
#else
  hashes[COpenSSLMD5] = EVP_md5();
  hashes[COpenSSLSHA1] = EVP_sha1();
  hashes[COpenSSLSHA256] = EVP_sha256();
  hashes[COpenSSLSHA384] = EVP_sha384();
  hashes[COpenSSLSHA512] = EVP_sha512();
  cipher = EVP_aes_256_gcm();
#endif
  ERR_pop_to_mark();
}

/// False if the lookup could not be done.
static bool isPrepared(void) { return pthread_once(&once, prepare) == 0; }

size_t copenssl_digest(COpenSSLHash hash, const void *bytes, size_t count, uint8_t *digest) {
  if (!isPrepared() || !hashes[hash]) return 0;
  unsigned int size = 0;
  return EVP_Digest(bytes, count, digest, &size, hashes[hash], NULL) == 1 ? size : 0;
}

void *copenssl_running_make(COpenSSLHash hash) {
  if (!isPrepared() || !hashes[hash]) return NULL;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context || EVP_DigestInit_ex(context, hashes[hash], NULL) == 1) return context;
  EVP_MD_CTX_free(context);
  return NULL;
}

bool copenssl_running_update(void *running, const void *bytes, size_t count) { return EVP_DigestUpdate(running, bytes, count) == 1; }

size_t copenssl_running_finish(void *running, uint8_t *digest) {
  unsigned int size = 0;
  return EVP_DigestFinal_ex(running, digest, &size) == 1 ? size : 0;
}

void copenssl_running_free(void *running) { EVP_MD_CTX_free(running); }

bool copenssl_hmac(const void *key, size_t keyCount, const uint8_t *bytes, size_t count, uint8_t *code) {
  if (!isPrepared() || !hashes[COpenSSLSHA256] || keyCount > INT_MAX) return false;
  unsigned int size = 0;
  return HMAC(hashes[COpenSSLSHA256], key, (int)keyCount, bytes, count, code, &size) && size == 32;
}

/// Passes pieces to a step of OpenSSL, which takes an `int`. False if it refuses.
static bool update(
    int (*step)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int), EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in,
    size_t count) {
  const size_t limit = 1 << 30;
  while (count > 0) {
    int piece = (int)(count < limit ? count : limit), written = 0;
    if (step(context, out, &written, in, piece) != 1 || written != piece) return false;
    // Authenticated data has no output.
    if (out) out += piece;
    in += piece;
    count -= (size_t)piece;
  }
  return true;
}

COpenSSLOutcome copenssl_seal(const COpenSSLSeal *seal, const uint8_t *text, size_t count, uint8_t *sealed, uint8_t *tag) {
  if (!isPrepared() || !cipher) return COpenSSLRefused;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!context) return COpenSSLRefused;
  int written = 0;
  uint8_t rest[EVP_MAX_BLOCK_LENGTH]; // GCM has no padding: nothing is left at the end.
  bool isDone = EVP_EncryptInit_ex(context, cipher, NULL, seal->key, seal->nonce) == 1 &&
                update(EVP_EncryptUpdate, context, NULL, seal->data, seal->dataCount) && update(EVP_EncryptUpdate, context, sealed, text, count) &&
                EVP_EncryptFinal_ex(context, rest, &written) == 1 && written == 0 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, copenssl_tag_count, tag) == 1;
  EVP_CIPHER_CTX_free(context); // Overwrites the key's schedule.
  return isDone ? COpenSSLDone : COpenSSLRefused;
}

static COpenSSLOutcome decrypt(
    EVP_CIPHER_CTX *context, const COpenSSLSeal *seal, const uint8_t *sealed, size_t count, const uint8_t *tag, uint8_t *text) {
  int written = 0;
  uint8_t rest[EVP_MAX_BLOCK_LENGTH];
  bool isReady = EVP_DecryptInit_ex(context, cipher, NULL, seal->key, seal->nonce) == 1 &&
                 update(EVP_DecryptUpdate, context, NULL, seal->data, seal->dataCount) && update(EVP_DecryptUpdate, context, text, sealed, count) &&
                 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, copenssl_tag_count, (void *)tag) == 1;
  if (!isReady) return COpenSSLRefused;
  return EVP_DecryptFinal_ex(context, rest, &written) == 1 && written == 0 ? COpenSSLDone : COpenSSLNotAuthentic;
}

COpenSSLOutcome copenssl_open(const COpenSSLSeal *seal, const uint8_t *sealed, size_t count, const uint8_t *tag, uint8_t *text) {
  if (!isPrepared() || !cipher) return COpenSSLRefused;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!context) return COpenSSLRefused;
  ERR_set_mark();
  COpenSSLOutcome outcome = decrypt(context, seal, sealed, count, tag, text);
  ERR_pop_to_mark();
  EVP_CIPHER_CTX_free(context);
  if (outcome != COpenSSLDone) OPENSSL_cleanse(text, count);
  return outcome;
}

void copenssl_cleanse(void *bytes, size_t count) { OPENSSL_cleanse(bytes, count); }
#endif
