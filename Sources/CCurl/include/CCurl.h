#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libcurl's options are set through variadic functions, which Swift cannot call, and its data arrives through callbacks that are called
// thousands of times: both are here. Nothing here locks; every call on a multi handle and its transfers belongs on one queue.

/// What a transfer is to do. Texts and body are copied.
typedef struct CCurlRequest {
  const char *_Nonnull url;
  const char *_Nonnull method;
  const char *_Nonnull userAgent;
  /// PEM file of certificate authorities; NULL: the system's.
  const char *_Nullable caFile;
  /// NULL: what the environment says; "": none.
  const char *_Nullable proxy;
  /// NULL: no body.
  const uint8_t *_Nullable body;
  size_t bodyCount;
  long connectTimeoutMilliseconds;
  long timeoutMilliseconds;
  /// Bytes of the response's body after decompression.
  size_t bodyLimit;
  /// Waits for a connection that is being made, where it may carry several transfers (HTTP/2).
  bool sharesConnections;
} CCurlRequest;

/// One transfer: an easy handle and what has arrived.
typedef struct CCurlTransfer {
  void *_Nonnull easy;
  uint64_t identifier;
  struct curl_slist *_Nullable fields;
  /// The body so far, decompressed.
  uint8_t *_Nullable body;
  size_t bodyCount;
  size_t bodyCapacity;
  size_t bodyLimit;
  /// The header lines of the last response head, each with its line end, the status line first.
  uint8_t *_Nullable head;
  size_t headCount;
  size_t headCapacity;
  /// The empty line that ends the head has come. libcurl calls a head that breaks off before it a success.
  bool hasWholeHead;
  bool isTooLarge;
  bool isOutOfMemory;
  /// libcurl's own words for a failure; may be empty.
  char error[CURL_ERROR_SIZE];
} CCurlTransfer;

typedef int (*CCurlSocketCallback)(
    void *_Nullable easy, curl_socket_t descriptor, int what, void *_Nullable context, void *_Nullable assigned);
typedef int (*CCurlTimerCallback)(void *_Nullable multi, long milliseconds, void *_Nullable context);

/// Prepares a transfer; NULL when there is no memory for it.
CCurlTransfer *_Nullable ccurl_transfer_make(const CCurlRequest *_Nonnull request, uint64_t identifier);
/// Adds a header line (`Name: value`); false when there is no memory. Before the transfer is added to a multi handle.
bool ccurl_transfer_add_header(CCurlTransfer *_Nonnull transfer, const char *_Nonnull line);
/// Frees a transfer that no multi handle holds any more.
void ccurl_transfer_free(CCurlTransfer *_Nonnull transfer);
long ccurl_transfer_status(const CCurlTransfer *_Nonnull transfer);
/// True once the request could be sent: connected, TLS handshake included.
bool ccurl_transfer_was_connected(const CCurlTransfer *_Nonnull transfer);
/// The error of the system's call that failed to connect; 0 if none did.
long ccurl_transfer_system_error(const CCurlTransfer *_Nonnull transfer);

/// Makes a multi handle; NULL when there is no memory for it.
void *_Nullable ccurl_multi_make(
    long maximumConnections, void *_Nonnull context, CCurlSocketCallback _Nonnull socketCallback,
    CCurlTimerCallback _Nonnull timerCallback);
/// Frees a multi handle that holds no transfer any more; its connections are closed. No callback is called.
void ccurl_multi_free(void *_Nonnull multi);
/// The next finished transfer and its result; NULL when there is none. It is no longer part of the multi handle.
CCurlTransfer *_Nullable ccurl_multi_next_finished(void *_Nonnull multi, CURLcode *_Nonnull result);

#endif
