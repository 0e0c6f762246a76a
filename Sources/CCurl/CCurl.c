#include "CCurl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

// Larger response heads are rejected; legitimate ones are far smaller.
static const size_t headLimit = 256 * 1024;
// Loopback transfers arrive in pieces of this size, each of which costs a wake-up.
static const long readBufferBytes = 128 * 1024;

/// Appends to a buffer that grows by doubling. False if out of memory.
static bool append(uint8_t **bytes, size_t *count, size_t *capacity, const void *piece, size_t pieceCount) {
  if (*capacity - *count < pieceCount) {
    size_t wanted = *capacity ? *capacity * 2 : 4096;
    while (wanted - *count < pieceCount) wanted *= 2;
    uint8_t *grown = realloc(*bytes, wanted);
    if (!grown) return false;
    *bytes = grown;
    *capacity = wanted;
  }
  memcpy(*bytes + *count, piece, pieceCount);
  *count += pieceCount;
  return true;
}

/// Allocates a body of announced length at once, which avoids copies while it grows.
static void reserve(CCurlTransfer *transfer) {
  curl_off_t announced = 0;
  if (curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced) != CURLE_OK) return;
  if (announced <= 0 || (uint64_t)announced > transfer->bodyLimit) return;
  if (transfer->downloadPath && (uint64_t)announced > transfer->downloadAfter) return;
  uint8_t *room = malloc((size_t)announced);
  if (!room) return; // append() tries smaller pieces and reports the error.
  transfer->body = room;
  transfer->bodyCapacity = (size_t)announced;
}

/// Writes a piece of the body to the download file; 0 on failure.
static size_t writeToFile(CCurlTransfer *transfer, const char *piece, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    ssize_t count = write(transfer->downloadDescriptor, piece + done, bytes - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      transfer->downloadError = count < 0 ? errno : EIO;
      return 0;
    }
    done += (size_t)count;
  }
  transfer->fileCount += bytes;
  return bytes;
}

static int openDownload(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
}

/// The body has become too large for memory: what has arrived goes into the file. False on failure.
static bool moveToFile(CCurlTransfer *transfer) {
  transfer->downloadDescriptor = openDownload(transfer->downloadPath);
  if (transfer->downloadDescriptor < 0) {
    transfer->downloadError = errno;
    return false;
  }
  size_t count = transfer->bodyCount;
  if (count > 0 && writeToFile(transfer, (const char *)transfer->body, count) != count) return false;
  free(transfer->body);
  transfer->body = NULL;
  transfer->bodyCount = transfer->bodyCapacity = 0;
  return true;
}

/// Supplies the next bytes of the upload file.
static size_t readFromFile(char *room, size_t size, size_t count, void *context) {
  CCurlTransfer *transfer = context;
  int64_t left = transfer->uploadCount - transfer->uploadPosition;
  size_t wanted = size * count;
  if ((int64_t)wanted > left) wanted = (size_t)left;
  if (wanted == 0) return 0;
  ssize_t taken;
  do {
    taken = pread(transfer->uploadDescriptor, room, wanted, (off_t)(transfer->uploadOffset + transfer->uploadPosition));
  } while (taken < 0 && errno == EINTR);
  if (taken <= 0) {
    if (taken < 0) transfer->uploadError = errno;
    else transfer->isUploadTooShort = true;
    return CURL_READFUNC_ABORT;
  }
  transfer->uploadPosition += taken;
  return (size_t)taken;
}

/// libcurl starts the body again after a reused connection has proved dead.
static int seekInFile(void *context, curl_off_t offset, int origin) {
  CCurlTransfer *transfer = context;
  if (origin != SEEK_SET || offset < 0 || offset > transfer->uploadCount) return CURL_SEEKFUNC_FAIL;
  transfer->uploadPosition = offset;
  return CURL_SEEKFUNC_OK;
}

/// Receives a piece of the body; returning less than its size makes libcurl end the transfer (CURLE_WRITE_ERROR).
static size_t takeBody(char *piece, size_t size, size_t count, void *context) {
  CCurlTransfer *transfer = context;
  size_t bytes = size * count;
  if (bytes == 0) return 0;
  if (bytes > transfer->bodyLimit - transfer->bodyCount - transfer->fileCount) {
    transfer->isTooLarge = true;
    return 0;
  }
  long status = ccurl_transfer_status(transfer);
  bool isDownload = status >= 200 && status < 300;
  if (isDownload && transfer->downloadPath && transfer->downloadDescriptor < 0 && transfer->bodyCount + bytes > transfer->downloadAfter) {
    if (!moveToFile(transfer)) return 0;
  }
  if (isDownload && transfer->downloadDescriptor >= 0) return writeToFile(transfer, piece, bytes);
  if (!transfer->body) reserve(transfer);
  if (!append(&transfer->body, &transfer->bodyCount, &transfer->bodyCapacity, piece, bytes)) {
    transfer->isOutOfMemory = true;
    return 0;
  }
  return bytes;
}

/// Receives one header line. A status line starts a new head: the previous one was interim (100 Continue).
static size_t takeHeader(char *line, size_t size, size_t count, void *context) {
  CCurlTransfer *transfer = context;
  size_t bytes = size * count;
  if (bytes >= 5 && strncasecmp(line, "HTTP/", 5) == 0) {
    transfer->headCount = 0;
    transfer->hasWholeHead = false;
  }
  if (bytes > 0 && (line[0] == '\r' || line[0] == '\n')) transfer->hasWholeHead = true;
  if (bytes > headLimit - transfer->headCount) {
    transfer->isTooLarge = true;
    return 0;
  }
  if (!append(&transfer->head, &transfer->headCount, &transfer->headCapacity, line, bytes)) {
    transfer->isOutOfMemory = true;
    return 0;
  }
  return bytes;
}

#define SET(option, value) \
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) return false

static bool setLimits(CURL *easy, const CCurlRequest *request) {
  SET(CURLOPT_CONNECTTIMEOUT_MS, request->connectTimeoutMilliseconds);
  SET(CURLOPT_TIMEOUT_MS, request->timeoutMilliseconds);
  // The length that the answer to a HEAD announces is not that of a body.
  if (strcmp(request->method, "HEAD") != 0) SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->bodyLimit);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  if (request->silenceSeconds > 0) {
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, request->silenceSeconds);
  } else if (request->uploadPath || request->downloadPath) {
    SET(CURLOPT_LOW_SPEED_LIMIT, ccurl_slowest_bytes_per_second);
    SET(CURLOPT_LOW_SPEED_TIME, ccurl_stall_seconds);
  }
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  return true;
}

static bool setConnection(CURL *easy, const CCurlRequest *request) {
  // Signals belong to the program, which must ignore SIGPIPE because libcurl then no longer does.
  SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Lets a transfer end without waiting for the resolver's thread; otherwise, libcurl would block all other transfers
  // meanwhile.
  SET(CURLOPT_QUICK_EXIT, 1L);
#endif
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_BUFFERSIZE, readBufferBytes);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_PIPEWAIT, request->sharesConnections ? 1L : 0L);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (request->caFile) SET(CURLOPT_CAINFO, request->caFile);
  if (request->proxy) SET(CURLOPT_PROXY, request->proxy);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return true;
}

static bool setMessage(CURL *easy, const CCurlRequest *request) {
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_USERAGENT, request->userAgent);
  if (!request->downloadPath || request->downloadAfter > 0) SET(CURLOPT_ACCEPT_ENCODING, "gzip");
  if (strcmp(request->method, "HEAD") == 0) SET(CURLOPT_NOBODY, 1L);
  if (request->uploadPath) {
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->uploadCount);
  } else if (request->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->bodyCount);
    SET(CURLOPT_COPYPOSTFIELDS, (const char *)request->body);
  } else if (strcmp(request->method, "POST") == 0) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
    SET(CURLOPT_POSTFIELDS, "");
  }
  SET(CURLOPT_CUSTOMREQUEST, request->method);
  return true;
}

static bool setCallbacks(CURL *easy, CCurlTransfer *transfer) {
  SET(CURLOPT_PRIVATE, transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->error);
  SET(CURLOPT_WRITEFUNCTION, takeBody);
  SET(CURLOPT_WRITEDATA, transfer);
  SET(CURLOPT_HEADERFUNCTION, takeHeader);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_READFUNCTION, readFromFile);
  SET(CURLOPT_READDATA, transfer);
  SET(CURLOPT_SEEKFUNCTION, seekInFile);
  SET(CURLOPT_SEEKDATA, transfer);
  return true;
}

/// Opens the files of a transfer; notes errors in the transfer.
static void openFiles(CCurlTransfer *transfer, const CCurlRequest *request) {
  if (request->uploadPath) {
    struct stat status;
    // O_NONBLOCK: opening a pipe in place of a file must not wait for its writer.
    transfer->uploadDescriptor = open(request->uploadPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (transfer->uploadDescriptor < 0 || fstat(transfer->uploadDescriptor, &status) != 0) transfer->uploadError = errno;
    else if (!S_ISREG(status.st_mode)) transfer->uploadError = EINVAL;
    else if (status.st_size < request->uploadOffset + request->uploadCount) transfer->isUploadTooShort = true;
  }
  if (request->downloadPath && request->downloadAfter > 0) {
    transfer->downloadPath = strdup(request->downloadPath);
    transfer->downloadAfter = request->downloadAfter;
    if (!transfer->downloadPath) transfer->downloadError = ENOMEM;
  } else if (request->downloadPath && !transfer->uploadError && !transfer->isUploadTooShort) {
    transfer->downloadDescriptor = openDownload(request->downloadPath);
    if (transfer->downloadDescriptor < 0) transfer->downloadError = errno;
  }
}

CCurlTransfer *ccurl_transfer_make(const CCurlRequest *request, uint64_t identifier) {
  CCurlTransfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  transfer->identifier = identifier;
  transfer->bodyLimit = request->bodyLimit;
  transfer->uploadDescriptor = transfer->downloadDescriptor = -1;
  transfer->uploadOffset = request->uploadOffset;
  transfer->uploadCount = request->uploadCount;
  CURL *easy = curl_easy_init();
  if (!easy) {
    free(transfer);
    return NULL;
  }
  transfer->easy = easy;
  if (!setLimits(easy, request) || !setConnection(easy, request) || !setMessage(easy, request) || !setCallbacks(easy, transfer)) {
    ccurl_transfer_free(transfer);
    return NULL;
  }
  openFiles(transfer, request);
  return transfer;
}

bool ccurl_transfer_add_header(CCurlTransfer *transfer, const char *line) {
  struct curl_slist *longer = curl_slist_append(transfer->fields, line);
  if (!longer) return false;
  transfer->fields = longer;
  return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, longer) == CURLE_OK;
}

void ccurl_transfer_free(CCurlTransfer *transfer) {
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->fields);
  if (transfer->uploadDescriptor >= 0) close(transfer->uploadDescriptor);
  if (transfer->downloadDescriptor >= 0) close(transfer->downloadDescriptor);
  free(transfer->downloadPath);
  free(transfer->body);
  free(transfer->head);
  free(transfer);
}

long ccurl_transfer_status(const CCurlTransfer *transfer) {
  long status = 0;
  return curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

bool ccurl_transfer_was_connected(const CCurlTransfer *transfer) {
  curl_off_t microseconds = 0;
  // 0 until the request could be sent; for a reused connection, set at the start of the transfer.
  return curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds) == CURLE_OK && microseconds > 0;
}

double ccurl_transfer_seconds(const CCurlTransfer *transfer) {
  curl_off_t microseconds = 0;
  return curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds) == CURLE_OK ? (double)microseconds / 1e6 : 0;
}

long ccurl_transfer_system_error(const CCurlTransfer *transfer) {
  long error = 0;
  return curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error) == CURLE_OK ? error : 0;
}

void *ccurl_multi_make(
    long maximumConnections, void *context, CCurlSocketCallback socketCallback, CCurlTimerCallback timerCallback) {
  CURLM *multi = curl_multi_init();
  if (!multi) return NULL;
  // Setting an option only fails if it is unknown, and these are older than any libcurl in use.
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, (curl_socket_callback)socketCallback);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, (curl_multi_timer_callback)timerCallback);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, maximumConnections);
  return multi;
}

void ccurl_multi_free(void *multi) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, (curl_socket_callback)NULL);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, (curl_multi_timer_callback)NULL);
  curl_multi_cleanup(multi);
}

CCurlTransfer *ccurl_multi_next_finished(void *multi, CURLcode *result) {
  int remaining = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &remaining))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    *result = message->data.result; // The message becomes invalid when its handle is removed.
    CCurlTransfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    curl_multi_remove_handle(multi, easy);
    return transfer;
  }
  return NULL;
}
