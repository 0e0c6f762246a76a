import CCurl
import FlowCore

extension PendingTransfer {
  /// Converts the request to libcurl's form, with its files open; nil if out of memory.
  func makeTransfer(identifier: UInt64) -> UnsafeMutablePointer<CCurlTransfer>? {
    let made = withCRequest { ccurl_transfer_make(&$0, identifier) }
    guard let made else { return nil }
    // Without this, libcurl waits for "100 Continue" before it sends a large body, which costs a round trip.
    let lines = ["Expect:"] + request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    for line in lines where !ccurl_transfer_add_header(made, line) {
      ccurl_transfer_free(made)
      return nil
    }
    return made
  }

  /// The result of a finished transfer.
  func outcome(
    of transfer: UnsafeMutablePointer<CCurlTransfer>, _ result: CURLcode
  ) -> Result<HTTPResponse, TransportError> {
    guard result == CURLE_OK else {
      var error = TransportError.ofTransfer(transfer, code: result, request: request, target: target)
      error.received = received(by: transfer)
      return .failure(error)
    }
    guard transfer.pointee.hasWholeHead else { return .failure(.brokenHead(target)) }
    let head = UnsafeRawBufferPointer(start: transfer.pointee.head, count: transfer.pointee.headCount)
    let body = UnsafeBufferPointer(start: transfer.pointee.body, count: transfer.pointee.bodyCount)
    let isDecoded = (request.download == nil || request.downloadAfterBytes > 0) && request.method != "HEAD"
    var response = HTTPResponse(status: ccurl_transfer_status(transfer), headers: HTTPHeaders(head: head, isDecoded: isDecoded), body: Array(body))
    response.reason = Self.reason(head)
    if transfer.pointee.downloadDescriptor >= 0, (200..<300).contains(response.status) { response.fileBytes = Int(transfer.pointee.fileCount) }
    return .success(response)
  }

  /// The words behind the status in the first line of a head: `HTTP/1.1 404 Not Found`.
  private static func reason(_ head: UnsafeRawBufferPointer) -> String {
    let line = head.prefix { $0 != UInt8(ascii: "\n") }
    guard let version = line.firstIndex(of: UInt8(ascii: " ")) else { return "" }
    let status = line[(version + 1)...].drop { $0 == UInt8(ascii: " ") }
    guard let end = status.firstIndex(of: UInt8(ascii: " ")) else { return "" }
    let words = UnsafeRawBufferPointer(rebasing: status[end...]).trimmed
    // It comes from the server, and goes into attributes and logs.
    return words.count <= 200 && words.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? String(decoding: words, as: UTF8.self) : ""
  }

  /// The part of a response that arrived before its transfer failed; nil if there is none. Never set for a response
  /// that exceeded the limit.
  private func received(by transfer: UnsafeMutablePointer<CCurlTransfer>) -> TransportError.Received? {
    guard transfer.pointee.hasWholeHead, transfer.pointee.bodyCount > 0, !transfer.pointee.isTooLarge else { return nil }
    let body = UnsafeBufferPointer(start: transfer.pointee.body, count: transfer.pointee.bodyCount)
    return TransportError.Received(status: ccurl_transfer_status(transfer), body: Array(body))
  }

  private func withCRequest<Result>(_ make: (inout CCurlRequest) -> Result) -> Result {
    let agent = "flowrun/\(options.version)"
    let proxy = target.isLoopback ? "" : options.proxy
    return withCTexts([request.url, request.method, agent, options.caFile, proxy, request.upload?.path, request.download]) { texts in
      withBytes(request.body) { body, count in
        guard let url = texts[0], let method = texts[1], let agent = texts[2] else { preconditionFailure("these texts are never nil") }
        var form = CCurlRequest(
          url: url, method: method, userAgent: agent, caFile: texts[3], proxy: texts[4], body: body, bodyCount: count,
          uploadPath: texts[5], uploadOffset: request.upload?.offset ?? 0, uploadCount: request.upload?.sizeBytes ?? 0, downloadPath: texts[6], downloadAfter: request.downloadAfterBytes,
          connectTimeoutMilliseconds: milliseconds(request.connectTimeout), timeoutMilliseconds: milliseconds(request.timeout),
          silenceSeconds: request.longestSilence.map { max(1, (milliseconds($0) + 999) / 1000) } ?? 0,
          bodyLimit: request.bodyLimitBytes, sharesConnections: target.isSecure)
        return make(&form)
      }
    }
  }

  /// At least 1, because libcurl reads 0 as "no timeout".
  private func milliseconds(_ duration: Duration) -> Int {
    Int(min(max(duration.wholeMilliseconds, 1), Int64(Int32.max)))
  }

  private func withCTexts<Result>(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    func next(_ pointers: [UnsafePointer<CChar>?]) -> Result {
      guard pointers.count < texts.count else { return body(pointers) }
      guard let text = texts[pointers.count] else { return next(pointers + [nil]) }
      return text.withCString { next(pointers + [$0]) }
    }
    return next([])
  }

  private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafePointer<UInt8>?, Int) -> Result) -> Result {
    // An empty array may have a null address, which would mean that there is no body.
    guard let bytes else { return body(nil, 0) }
    return (bytes.isEmpty ? [0] : bytes).withUnsafeBufferPointer { body($0.baseAddress, bytes.count) }
  }
}

extension HTTPRequest {
  /// Rejects characters that could end a line of the request (RFC 9110 §5.5, §9.1). The message names the field but not
  /// its value.
  func checkFields() throws {
    guard !method.isEmpty, method.utf8.allSatisfy(isTokenCharacter) else {
      throw TransportError(.badURL, "the request's method is not a word of HTTP")
    }
    for field in headers.fields {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenCharacter) else {
        throw TransportError(.badURL, "a header field's name is not a word of HTTP")
      }
      guard field.value.utf8.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else {
        throw TransportError(.badURL, "header field '\(field.name)' holds a line break or control character")
      }
    }
  }

  /// RFC 9110 §5.6.2.
  private func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

extension HTTPHeaders {
  /// Parses the lines of a response head; skips the status line and malformed lines.
  /// - Parameter isDecoded: a compressed body was decompressed. `Content-Encoding` and `Content-Length` are then removed, because they do not
  ///   describe it.
  init(head: UnsafeRawBufferPointer, isDecoded: Bool) {
    self.init()
    for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmed
      append(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    if isDecoded, self["Content-Encoding"] != nil {
      self["Content-Encoding"] = nil
      self["Content-Length"] = nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes without white space at either end (RFC 9110 §5.5).
  fileprivate var trimmed: Slice<UnsafeRawBufferPointer> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
    let start = firstIndex { !isSpace($0) } ?? endIndex
    let end = lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
    return self[start..<end]
  }
}
