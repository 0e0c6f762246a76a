import FlowCore
import FlowCrypto

/// Sends a large file in parts, several at a time. The object appears when all are there, and not at all otherwise.
struct S3Multipart: Sendable {
  static let smallestPartBytes: Int64 = 16 << 20
  /// S3 takes 10,000 parts.
  static let partLimit: Int64 = 10_000
  private static let togetherCount = 4

  private struct Part: Sendable {
    /// From 1.
    var number: Int
    var section: FilePart
    var sha256: [UInt8]
  }

  let client: S3Client
  let files: LocalFiles
  let object: String
  /// Whether the object takes the place of what has its key.
  var replaces = false
  let purpose: String

  /// - Throws: what failed; the parts that were sent are removed then.
  func put(_ file: String, sizeBytes: Int64, sha256: [UInt8]) async throws(ObjectStorageError) -> PutOutcome {
    let digests = try await files.digests(of: file, sizeBytes: sizeBytes, partBytes: Self.partBytes(sizeBytes), purpose)
    guard digests.whole == sha256 else { throw .otherBytes(file, digests.whole, expected: sha256) }
    let parts = digests.parts.enumerated().map { index, part in Part(number: index + 1, section: part.section, sha256: part.sha256) }
    let upload = try await begin()
    do {
      let tags = try await send(parts, upload)
      return try await complete(tags, upload)
    } catch {
      // Also if this task was cancelled: a task of its own is not.
      let leftover = await Task { await abort(upload) }.value
      throw ObjectStorageError(error.kind, error.message + (leftover.map { "; " + $0 } ?? ""))
    }
  }

  /// A whole number of megabytes.
  static func partBytes(_ sizeBytes: Int64) -> Int64 {
    let megabyte: Int64 = 1 << 20
    let least = (sizeBytes + partLimit - 1) / partLimit
    return max(smallestPartBytes, (least + megabyte - 1) / megabyte * megabyte)
  }

  // MARK: Steps

  /// The id of a new upload.
  private func begin() async throws(ObjectStorageError) -> String {
    let answer = try await client.send(
      S3Request(
        method: "POST", key: object, query: [(name: "uploads", value: "")], headers: [(name: "Content-Type", value: "application/octet-stream")], body: [],
        document: "InitiateMultipartUploadResult", purpose: purpose))
    guard let upload = answer.document?.text("UploadId"), !upload.isEmpty else {
      throw ObjectStorageError(.invalid, "cannot \(purpose): the server began an upload in parts without an id; check AWS_ENDPOINT_URL")
    }
    return upload
  }

  /// The tags of the parts, in order.
  private func send(_ parts: [Part], _ upload: String) async throws(ObjectStorageError) -> [String] {
    do {
      return try await withThrowingTaskGroup(of: (number: Int, tag: String).self) { group in
        var waiting = parts[...]
        var tags: [Int: String] = [:]
        for part in waiting.prefix(Self.togetherCount) { group.addTask { try await send(part, upload) } }
        waiting = waiting.dropFirst(Self.togetherCount)
        while let sent = try await group.next() {
          tags[sent.number] = sent.tag
          if let part = waiting.popFirst() { group.addTask { try await send(part, upload) } }
        }
        return tags.sorted { $0.key < $1.key }.map(\.value)
      }
    } catch {
      throw ObjectStorageError(error, purpose)
    }
  }

  private func send(_ part: Part, _ upload: String) async throws(ObjectStorageError) -> (number: Int, tag: String) {
    let answer = try await client.send(
      S3Request(
        method: "PUT", key: object, query: [(name: "partNumber", value: String(part.number)), (name: "uploadId", value: upload)], upload: part.section,
        payload: part.sha256, isAnswer: { $0.headers["ETag"] != nil }, purpose: purpose),
      sizeBytes: part.section.sizeBytes)
    return (number: part.number, tag: answer.headers["ETag"] ?? "")
  }

  private func complete(_ tags: [String], _ upload: String) async throws(ObjectStorageError) -> PutOutcome {
    let parts = tags.enumerated().map { "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\(AnswerElement.escaped($0.element))</ETag></Part>" }
    let body = Array("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())</CompleteMultipartUpload>".utf8)
    let request = S3Request(
      method: "POST", key: object, query: [(name: "uploadId", value: upload)],
      headers: [(name: "Content-Type", value: "application/xml")] + (replaces ? [] : [S3Storage.unlessTaken]), body: body, payload: SHA256.digest(of: body),
      accepted: replaces ? [200] : [200, 412], document: "CompleteMultipartUploadResult", purpose: purpose)
    do {
      let answer = try await client.send(request)
      guard answer.status == 412 else { return .written }
    } catch {
      // The upload is gone: an earlier attempt has completed it, and its answer was lost. The comparison that follows tells.
      guard error.kind == .notFound else { throw error }
      return .taken
    }
    _ = await abort(upload)
    return .taken
  }

  /// What is left if the parts cannot be removed.
  private func abort(_ upload: String) async -> String? {
    let request = S3Request(method: "DELETE", key: object, query: [(name: "uploadId", value: upload)], accepted: [200, 204, 404], purpose: purpose)
    do {
      _ = try await client.send(request)
      return nil
    } catch {
      return "the parts that were sent could not be removed: a rule AbortIncompleteMultipartUpload of the bucket's lifecycle removes them"
    }
  }
}
