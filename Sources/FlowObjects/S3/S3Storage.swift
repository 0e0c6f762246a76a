import FlowCore
import FlowCrypto
import Foundation

/// Objects in a bucket of S3 or of a server with its interface (MinIO, Ceph).
///
/// `put` writes with `If-None-Match: *`, so that the server refuses to replace an object. Servers that do not know this condition ignore it;
/// therefore `put` first looks whether the key is taken. Bodies are streamed from and into files.
package struct S3Storage: ObjectStorage {
  /// Files above this size are sent in parts.
  static let singleLimitBytes: Int64 = 64 << 20
  /// How much of an object is read at once to compare it with a file.
  static let comparedBytes: Int64 = 8 << 20

  package var location: String { client.bucket.location }
  let client: S3Client
  let files: LocalFiles
  private let singleLimitBytes: Int64
  private let pageLimit: Int
  private let random: any RandomSource

  init(
    _ configuration: S3Configuration, transport: any HTTPTransport, time: any TimeSource, random: any RandomSource, fileSystem: any FileSystem,
    lane: any Lane, singleLimitBytes: Int64 = S3Storage.singleLimitBytes, pageLimit: Int = 1000
  ) {
    client = S3Client(configuration, transport: transport, time: time, random: random)
    files = LocalFiles(fileSystem: fileSystem, lane: lane)
    self.singleLimitBytes = singleLimitBytes
    self.pageLimit = pageLimit
    self.random = random
  }

  // MARK: Writing

  package func put(_ key: String, from source: ObjectSource, sha256: [UInt8]) async throws(ObjectStorageError) {
    let object = try object(key), purpose = "write '\(key)' to \(location)"
    if let existing = try await head(object, "look for '\(key)' in \(location)") {
      return try await compare(existing, object, key, sha256, source)
    }
    guard try await write(object, source, sha256, replaces: false, purpose) == .taken else { return }
    // Another process was faster, or an earlier attempt was answered without us.
    guard let existing = try await head(object, "look for '\(key)' in \(location)", mustTell: true) else {
      throw ObjectStorageError(.away, "cannot \(purpose): the key was taken, and is free again; try again later")
    }
    try await compare(existing, object, key, sha256, source)
  }

  package func replace(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError) {
    let object = try object(key), purpose = "write '\(key)' to \(location)"
    guard try await write(object, .file(file), sha256, replaces: true, purpose) == .taken else { return }
    // The upload in parts was gone when it was completed: by an earlier attempt without an answer, or removed by somebody else.
    guard let existing = try await head(object, "look for '\(key)' in \(location)", mustTell: true), try await digest(of: object, existing, purpose) == sha256 else {
      throw ObjectStorageError(.away, "cannot \(purpose): the upload in parts was removed by others, or the object was replaced meanwhile; try again later")
    }
  }

  private func write(
    _ object: String, _ source: ObjectSource, _ sha256: [UInt8], replaces: Bool, _ purpose: String
  ) async throws(ObjectStorageError) -> PutOutcome {
    let sizeBytes = try await files.size(of: source, purpose)
    guard sizeBytes > singleLimitBytes, case .file(let file) = source else {
      return try await putWhole(object, source, sizeBytes, sha256, replaces: replaces, purpose)
    }
    return try await S3Multipart(client: client, files: files, object: object, replaces: replaces, purpose: purpose)
      .put(file, sizeBytes: sizeBytes, sha256: sha256)
  }

  /// The field of a request that must not replace an object: the server answers 412 instead.
  static let unlessTaken = (name: "If-None-Match", value: "*")

  private func putWhole(
    _ object: String, _ source: ObjectSource, _ sizeBytes: Int64, _ sha256: [UInt8], replaces: Bool, _ purpose: String
  ) async throws(ObjectStorageError) -> PutOutcome {
    let found = try await files.digest(of: source, purpose)
    guard found == sha256 else { throw .otherBytes(source.name, found, expected: sha256) }
    let checksum = Data(sha256).base64EncodedString()
    var headers = [(name: "x-amz-checksum-sha256", value: checksum)] + (replaces ? [] : [Self.unlessTaken])
    let (body, upload): ([UInt8]?, FilePart?)
    switch source {
    case .file(let path): (body, upload) = (nil, FilePart(path: path, sizeBytes: sizeBytes))
    case .bytes(let bytes):
      (body, upload) = (bytes, nil)
      // Without one libcurl calls a body a form, which some servers then take apart.
      headers.append((name: "Content-Type", value: "application/octet-stream"))
    }
    let answer = try await client.send(
      S3Request(
        method: "PUT", key: object, headers: headers, body: body, upload: upload, payload: sha256, accepted: replaces ? [200] : [200, 412],
        // Whatever else answers with 200 is no S3. A checksum is repeated by those that have computed it.
        isAnswer: { $0.status == 412 || $0.headers["ETag"] != nil && ($0.headers["x-amz-checksum-sha256"] ?? checksum) == checksum }, purpose: purpose),
      sizeBytes: sizeBytes)
    return answer.status == 412 ? .taken : .written
  }

  // MARK: What is there

  /// What HEAD tells of an object.
  private struct Existing {
    var sizeBytes: Int64
    var tag: String
    /// SHA-256 of the whole object, if the server has computed it.
    var sha256: [UInt8]?

    init?(_ headers: HTTPHeaders) {
      guard let size = headers["Content-Length"].flatMap({ Int64($0) }), size >= 0, let tag = headers["ETag"] else { return nil }
      sizeBytes = size
      self.tag = tag
      sha256 = S3Storage.wholeChecksum(headers)
    }
  }

  /// nil if there is no object.
  /// - Parameter mustTell: a refusal is an error. Otherwise it is left to `PUT`, whose answer has a body that says why, and which a user who may
  ///   only write is not refused.
  private func head(_ object: String, _ purpose: String, mustTell: Bool = false) async throws(ObjectStorageError) -> Existing? {
    let request = S3Request(
      method: "HEAD", key: object, headers: [(name: "x-amz-checksum-mode", value: "ENABLED")], purpose: purpose)
    let answer: S3Answer
    do {
      answer = try await client.send(request)
    } catch {
      if error.kind == .notFound || !mustTell && (error.kind == .denied || error.kind == .invalid) { return nil }
      throw error
    }
    guard let existing = Existing(answer.headers) else {
      throw ObjectStorageError(.invalid, "cannot \(purpose): the server tells neither size nor tag of the object, as S3 does; check AWS_ENDPOINT_URL")
    }
    return existing
  }

  /// Throws `.conflict` unless the object has the bytes with the digest.
  private func compare(
    _ existing: Existing, _ object: String, _ key: String, _ sha256: [UInt8], _ source: ObjectSource
  ) async throws(ObjectStorageError) {
    // A file that is gone has been put by an earlier attempt, perhaps; the digest tells.
    let sizeBytes = try? await files.size(of: source, "compare '\(key)' of \(location)")
    guard sizeBytes == nil || sizeBytes == existing.sizeBytes else {
      throw .conflict(key, in: location, "\(existing.sizeBytes) bytes instead of \(sizeBytes ?? 0)")
    }
    let found: [UInt8]
    if let known = existing.sha256 { found = known } else { found = try await digest(of: object, existing, "compare '\(key)' of \(location)") }
    guard found == sha256 else {
      throw .conflict(key, in: location, "\(existing.sizeBytes) bytes with the SHA-256 \(Hexadecimal.text(found))")
    }
  }

  /// Reads an object in pieces, all of the same version.
  private func digest(of object: String, _ existing: Existing, _ purpose: String) async throws(ObjectStorageError) -> [UInt8] {
    let hash = RunningSHA256()
    for start in stride(from: 0, to: existing.sizeBytes, by: Int(Self.comparedBytes)) {
      let end = min(start + Self.comparedBytes, existing.sizeBytes), count = Int(end - start)
      let answer = try await client.send(
        S3Request(
          method: "GET", key: object, headers: [(name: "Range", value: "bytes=\(start)-\(end - 1)"), (name: "If-Match", value: existing.tag)],
          bodyLimitBytes: count, accepted: [200, 206, 412], isAnswer: { $0.status == 412 || $0.body.count == count }, purpose: purpose),
        sizeBytes: end - start)
      guard answer.status != 412 else { throw ObjectStorageError(.away, "cannot \(purpose): it has changed meanwhile; try again later") }
      hash.update(answer.body)
    }
    return hash.finish()
  }

  /// The header's SHA-256, unless it is one of parts.
  private static func wholeChecksum(_ headers: HTTPHeaders) -> [UInt8]? {
    guard headers["x-amz-checksum-type"].map({ $0 == "FULL_OBJECT" }) ?? true else { return nil }
    return headers["x-amz-checksum-sha256"].flatMap { Data(base64Encoded: $0) }.flatMap { $0.count == 32 ? Array($0) : nil }
  }

  // MARK: Reading

  package func fetch(_ key: String, scratch: String) async throws(ObjectStorageError) -> FetchedObject {
    let object = try object(key), purpose = "read '\(key)' of \(location)"
    let path = "\(scratch)/flowrun-object-\(Hexadecimal.text(random.next(), width: 16))"
    try await files.makeFolder(scratch, purpose)
    do throws(ObjectStorageError) {
      for _ in 0..<S3Attempts.limit {
        let answer = try await client.send(
          S3Request(
            method: "GET", key: object, headers: [(name: "x-amz-checksum-mode", value: "ENABLED")], download: path, bodyLimitBytes: .max,
            isAnswer: { $0.headers["ETag"] != nil && $0.headers["Content-Length"].flatMap { Int64($0) } != nil }, purpose: purpose),
          // Its size is not known yet. A connection that stalls ends much earlier.
          sizeBytes: 16 << 30)
        if try await isWhole(path, answer.headers, purpose) {
          return FetchedObject(path: path) { [files] () async throws(ObjectStorageError) in try await files.remove(path, "remove the copy of '\(key)'") }
        }
      }
      throw ObjectStorageError(.away, "cannot \(purpose): what arrived is not what the server announced (\(S3Attempts.limit) attempts); try again later")
    } catch {
      // The first error counts; a copy that cannot be removed is one in a folder for copies.
      do { try await files.remove(path, purpose) } catch _ {}
      throw error
    }
  }

  private func isWhole(_ path: String, _ headers: HTTPHeaders, _ purpose: String) async throws(ObjectStorageError) -> Bool {
    guard let announced = headers["Content-Length"].flatMap({ Int64($0) }) else { return false }
    let size = try await files.size(of: path, purpose)
    guard size == announced else { return false }
    guard let sha256 = Self.wholeChecksum(headers) else { return true }
    return try await files.digest(of: path, purpose) == sha256
  }

  // MARK: Listing and removing

  package func list(_ prefix: String) async throws(ObjectStorageError) -> [StoredObject] {
    if let problem = ObjectKey.prefixProblem(prefix) { throw .invalid(prefix, problem) }
    let own = client.bucket.prefix.isEmpty ? "" : client.bucket.prefix + "/", purpose = "list '\(prefix)' of \(location)"
    var listing = S3Listing(prefix: own, wanted: own + prefix, pageLimit: pageLimit)
    while !listing.isComplete {
      let answer = try await client.send(
        S3Request(method: "GET", key: "", query: listing.query, bodyLimitBytes: 16 << 20, document: "ListBucketResult", purpose: purpose))
      if let problem = listing.add(answer.document) {
        throw ObjectStorageError(.invalid, "cannot \(purpose): \(problem); expected a list of S3: check AWS_ENDPOINT_URL")
      }
    }
    return listing.objects
  }

  package func remove(_ key: String) async throws(ObjectStorageError) {
    let request = S3Request(method: "DELETE", key: try object(key), accepted: [200, 204], purpose: "remove '\(key)' from \(location)")
    do {
      _ = try await client.send(request)
    } catch {
      guard error.kind == .notFound else { throw error }
    }
  }

  /// The whole key, with the bucket's prefix.
  private func object(_ key: String) throws(ObjectStorageError) -> String {
    let object = ObjectKey.joined(client.bucket.prefix, key)
    if let problem = ObjectKey.problem(key) ?? ObjectKey.problem(object) { throw .invalid(key, problem) }
    return object
  }
}

/// How an attempt to write an object ended.
enum PutOutcome: Sendable, Equatable {
  case written
  /// The server holds an object under the key.
  case taken
}
