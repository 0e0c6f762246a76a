#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A shim for what Swift cannot do: libcurl sets options through variadic functions, and delivers data through callbacks
// that run thousands of times. Nothing here locks; all calls on a multi handle and its transfers must be made on one
// queue.

/// A transfer from or into a file may take long, so it also ends when it is slower than this for so long.
static const long ccurl_slowest_bytes_per_second = 256;
static const long ccurl_stall_seconds = 60;

/// The parameters of a transfer. Texts and body are copied.
typedef struct CCurlRequest {
  const char *_Nonnull url;
  const char *_Nonnull method;
  const char *_Nonnull userAgent;
  /// PEM file of certificate authorities; NULL: the system's.
  const char *_Nullable caFile;
  /// NULL: taken from the environment; "": no proxy.
  const char *_Nullable proxy;
  /// NULL: no body.
  const uint8_t *_Nullable body;
  size_t bodyCount;
  /// The file whose part is the body; NULL: the body is `body`.
  const char *_Nullable uploadPath;
  int64_t uploadOffset;
  int64_t uploadCount;
  /// The file that takes the body of a response with status 2xx, not decompressed; NULL: it is kept in memory.
  const char *_Nullable downloadPath;
  /// 0: as above. Otherwise a body goes into the file only if it is larger than this, and is decompressed.
  size_t downloadAfter;
  long connectTimeoutMilliseconds;
  long timeoutMilliseconds;
  /// Ends a transfer in which no byte comes or goes for so long; 0: only where a file is read or written (see above).
  long silenceSeconds;
  /// The maximum size of the decompressed body in bytes.
  size_t bodyLimit;
  /// Waits for a connection in progress if it may carry several transfers (HTTP/2).
  bool sharesConnections;
} CCurlRequest;

/// One transfer: an easy handle and the data received.
typedef struct CCurlTransfer {
  void *_Nonnull easy;
  uint64_t identifier;
  struct curl_slist *_Nullable fields;
  /// The decompressed body so far.
  uint8_t *_Nullable body;
  size_t bodyCount;
  size_t bodyCapacity;
  size_t bodyLimit;
  /// Bytes of the body written to the download file.
  size_t fileCount;
  /// -1: none.
  int uploadDescriptor;
  int64_t uploadOffset;
  int64_t uploadCount;
  int64_t uploadPosition;
  int downloadDescriptor;
  char *_Nullable downloadPath;
  size_t downloadAfter;
  /// System errors of the two files; 0: none. If one is set after `ccurl_transfer_make`, the transfer must not be started.
  int uploadError;
  int downloadError;
  bool isUploadTooShort;
  /// The header lines of the last response head, each with its line end, the status line first.
  uint8_t *_Nullable head;
  size_t headCount;
  size_t headCapacity;
  /// The empty line after the head was received. libcurl reports success even if the head is cut off before it.
  bool hasWholeHead;
  bool isTooLarge;
  bool isOutOfMemory;
  /// libcurl's message for a failure; may be empty.
  char error[CURL_ERROR_SIZE];
} CCurlTransfer;

typedef int (*CCurlSocketCallback)(
    void *_Nullable easy, curl_socket_t descriptor, int what, void *_Nullable context, void *_Nullable assigned);
typedef int (*CCurlTimerCallback)(void *_Nullable multi, long milliseconds, void *_Nullable context);

/// Creates a transfer; NULL if out of memory.
CCurlTransfer *_Nullable ccurl_transfer_make(const CCurlRequest *_Nonnull request, uint64_t identifier);
/// Adds a header line (`Name: value`); false if out of memory. Must precede adding the transfer to a multi handle.
bool ccurl_transfer_add_header(CCurlTransfer *_Nonnull transfer, const char *_Nonnull line);
/// Frees a transfer that is not part of a multi handle.
void ccurl_transfer_free(CCurlTransfer *_Nonnull transfer);
long ccurl_transfer_status(const CCurlTransfer *_Nonnull transfer);
/// True once the request could be sent, i.e. after connecting and the TLS handshake.
bool ccurl_transfer_was_connected(const CCurlTransfer *_Nonnull transfer);
/// From the start to the end.
double ccurl_transfer_seconds(const CCurlTransfer *_Nonnull transfer);
/// The system error that made the connection fail; 0 if there is none.
long ccurl_transfer_system_error(const CCurlTransfer *_Nonnull transfer);

/// Creates a multi handle; NULL if out of memory.
void *_Nullable ccurl_multi_make(
    long maximumConnections, void *_Nonnull context, CCurlSocketCallback _Nonnull socketCallback,
    CCurlTimerCallback _Nonnull timerCallback);
/// Frees a multi handle without transfers and closes its connections. Does not invoke callbacks.
void ccurl_multi_free(void *_Nonnull multi);
/// Removes the next finished transfer from the multi handle and returns it with its result; NULL if there is none.
CCurlTransfer *_Nullable ccurl_multi_next_finished(void *_Nonnull multi, CURLcode *_Nonnull result);

#endif
