import CCurl
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// Messages for libcurl's errors. They name host and port, never a header, a query or a body.

extension CCurlTransfer {
  /// The bytes of the body that have arrived, in memory or in the file.
  fileprivate var arrivedCount: Int { bodyCount + fileCount }
}

extension TransportError {
  static func cancelled(_ target: RequestTarget) -> TransportError {
    TransportError(.cancelled, "the request to \(target.place) was cancelled")
  }

  static func brokenHead(_ target: RequestTarget) -> TransportError {
    TransportError(.truncated, "the response from \(target.place) was cut off in its header")
  }

  static func ofMulti(_ code: CURLMcode, _ target: RequestTarget) -> TransportError {
    TransportError(.connection, "the request to \(target.place) failed: \(String(cString: curl_multi_strerror(code)))")
  }

  static func ofTransfer(
    _ transfer: UnsafeMutablePointer<CCurlTransfer>, code: CURLcode, request: HTTPRequest, target: RequestTarget
  ) -> TransportError {
    let place = target.place
    if transfer.pointee.isTooLarge || code == CURLE_FILESIZE_EXCEEDED {
      return TransportError(.tooLarge, "the response from \(place) is larger than the limit of \(request.bodyLimitBytes) bytes")
    }
    if let error = ofFiles(transfer, request) { return error }
    if transfer.pointee.isOutOfMemory || code == CURLE_OUT_OF_MEMORY {
      return TransportError(.connection, "not enough memory for the response from \(place)")
    }
    switch code {
    case CURLE_URL_MALFORMAT:
      return TransportError(.badURL, "cannot request \(place): not a URL that libcurl accepts")
    case CURLE_COULDNT_RESOLVE_HOST:
      return TransportError(.unreachable, "cannot find the host '\(target.host)': check its name and the network connection")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return TransportError(.unreachable, "cannot find the proxy on the way to \(place): see http_proxy, https_proxy, no_proxy")
    case CURLE_COULDNT_CONNECT:
      return TransportError(.unreachable, "cannot connect to \(place): \(reason(transfer, code))")
    case CURLE_OPERATION_TIMEDOUT:
      return timeout(transfer, request, place)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_USE_SSL_FAILED:
      return TransportError(.tls, "no trusted connection to \(place): \(libraryWords(transfer, code))")
    default:
      return interruption(transfer, code, place)
    }
  }

  /// What is wrong with a transfer's own files; nil if nothing is.
  static func ofFiles(_ transfer: UnsafeMutablePointer<CCurlTransfer>, _ request: HTTPRequest) -> TransportError? {
    if transfer.pointee.isUploadTooShort, let upload = request.upload {
      return TransportError(
        .file, "cannot send \(upload.path): it has less than \(upload.offset + upload.sizeBytes) bytes; it was cut off after its size was read")
    }
    if transfer.pointee.uploadError != 0, let upload = request.upload {
      return TransportError(.file, "cannot read \(upload.path): \(String(cString: strerror(transfer.pointee.uploadError)))")
    }
    if transfer.pointee.downloadError != 0, let download = request.download {
      return TransportError(.file, "cannot write \(download): \(String(cString: strerror(transfer.pointee.downloadError)))")
    }
    return nil
  }

  private static func timeout(
    _ transfer: UnsafeMutablePointer<CCurlTransfer>, _ request: HTTPRequest, _ place: String
  ) -> TransportError {
    if !ccurl_transfer_was_connected(transfer) {
      let limit = min(request.connectTimeout, request.timeout)
      return TransportError(.unreachable, "no connection to \(place) within \(limit.inSeconds) s")
    }
    let limit = request.timeout.inSeconds
    if let silence = request.longestSilence, ccurl_transfer_seconds(transfer) < limit - 1 {
      return TransportError(.timeout, "nothing came from \(place) for \(silence.inSeconds) s; \(transfer.pointee.arrivedCount) bytes had arrived")
    }
    if request.upload != nil || request.download != nil, ccurl_transfer_seconds(transfer) < limit - 1 {
      return TransportError(.timeout, "the transfer with \(place) has stalled: hardly a byte within \(ccurl_stall_seconds) s")
    }
    guard transfer.pointee.headCount > 0 else {
      return TransportError(.timeout, "no response from \(place) within \(limit) s")
    }
    return TransportError(
      .timeout, "the response from \(place) was not complete within \(limit) s; \(transfer.pointee.arrivedCount) bytes had arrived")
  }

  /// An established connection failed. Before a response, it is unknown whether the server handled the request;
  /// afterwards, the response is truncated.
  private static func interruption(
    _ transfer: UnsafeMutablePointer<CCurlTransfer>, _ code: CURLcode, _ place: String
  ) -> TransportError {
    let words = String(cString: curl_easy_strerror(code))
    if transfer.pointee.headCount > 0 {
      let came = "\(transfer.pointee.arrivedCount) bytes of its body"
      return code == CURLE_BAD_CONTENT_ENCODING
        ? TransportError(.truncated, "the response from \(place) cannot be decompressed after \(came)")
        : TransportError(.truncated, "the response from \(place) was cut off after \(came): \(words)")
    }
    switch code {
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
      return TransportError(.connection, "\(place) did not send an HTTP response")
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return TransportError(.connection, "the connection to \(place) was lost before a response: \(words)")
    default:
      return TransportError(.connection, "the request to \(place) failed: \(words)")
    }
  }

  /// The system's error, if there is one, because it is more specific than libcurl's.
  private static func reason(_ transfer: UnsafeMutablePointer<CCurlTransfer>, _ code: CURLcode) -> String {
    let error = Int32(truncatingIfNeeded: ccurl_transfer_system_error(transfer))
    return error == 0 ? libraryWords(transfer, code) : String(cString: strerror(error))
  }

  /// libcurl's message for this failure (such as a certificate problem), or else for its kind.
  private static func libraryWords(_ transfer: UnsafeMutablePointer<CCurlTransfer>, _ code: CURLcode) -> String {
    let words = withUnsafeBytes(of: &transfer.pointee.error) { buffer in
      String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    return words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
  }
}
