import FlowBase
import FlowCore
import FlowCrypto
import FlowObjects
import FlowParquet
import StudyModel

/// Keeps rows as Parquet files in a folder or a bucket.
///
/// A file is made in the run's folder of contents, and put from there; the same rows give the same bytes.
package final class RecordObjects: ObjectKeeping {
  package static let url = Property<String>(
    "url", .optionalText, default: "", "Where the objects are put: a folder, or `s3://BUCKET/PREFIX`. Empty: nothing is put.")

  package static let descriptor = ServiceDescriptor(
    type: "ObjectStorage", summary: "Takes the Parquet files that a flow makes of its rows.", roles: [.objectStorage], properties: [PropertyDescriptor(url)])

  /// As the flow gives it; empty if nothing is kept.
  package let location: String
  private let environment: RuntimeEnvironment
  private let make: @Sendable (_ location: String, _ environment: RuntimeEnvironment) throws -> any ObjectStorage
  private let storage = Locked<(any ObjectStorage)?>(nil)
  private let lane: any Lane

  /// Does no I/O.
  /// - Parameter make: makes the storage at a location.
  package init(
    values: PropertyValues, environment: RuntimeEnvironment,
    make: @escaping @Sendable (_ location: String, _ environment: RuntimeEnvironment) throws -> any ObjectStorage = { try ObjectStorages.make($0, environment: $1) }
  ) {
    location = values[Self.url]
    self.environment = environment
    self.make = make
    lane = environment.lane("parquet")
  }

  package var isOn: Bool { !location.isEmpty }

  /// Throws `Diagnostics` for an address that cannot be used. Makes no request.
  package func prepare() async throws {
    guard isOn else { return }
    let made = try make(location, environment)
    storage.withLock { $0 = made }
  }

  package func close() async throws { storage.withLock { $0 = nil } }

  package func put(_ object: RecordObject) async throws -> String {
    guard let storage = storage.withLock({ $0 }) else {
      throw ProcessorError(.internal, "the object storage '\(location)' was used before it was opened")
    }
    if let problem = ObjectKey.problem(object.key) {
      throw ProcessorError(.badData, "the key '\(object.key)' cannot be used: \(problem); expected parts separated by single slashes: see 'object' of PutParquet")
    }
    let bytes = try ParquetFile.bytes(of: object)
    guard let file = environment.contents.newPath() else {
      throw ProcessorError(.internal, "the object '\(object.key)' was made while there is no folder for it")
    }
    let fileSystem = environment.fileSystem
    do {
      try await lane.run {
        let descriptor = try fileSystem.open(file, .replace(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        try fileSystem.write(bytes, to: descriptor, path: file)
      }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "the object '\(object.key)' cannot be made: \(error); expected space in the state folder (--state)")
    }
    defer { environment.contents.discard(file) }
    do throws(ObjectStorageError) {
      try await write(object, from: file, sha256: SHA256.digest(of: bytes), to: storage)
    } catch {
      throw failure(error)
    }
    return "\(storage.location)/\(object.key)"
  }

  private func write(_ object: RecordObject, from file: String, sha256: [UInt8], to storage: any ObjectStorage) async throws(ObjectStorageError) {
    guard !object.replaces else { return try await storage.replace(object.key, from: file, sha256: sha256) }
    do {
      try await storage.put(object.key, from: file, sha256: sha256)
    } catch {
      // What is there is of an answer that may have been finished.
      guard error.kind == .conflict else { throw error }
    }
  }

  private func failure(_ error: ObjectStorageError) -> any Error {
    switch error.kind {
    case .away: ProcessorError(.connection, error.message)
    case .disk: ProcessorError(.disk, error.message)
    // It would be the same for every object.
    case .denied: StopRun(.unavailable, .clientRefused, error.message)
    case .invalid: StopRun(.misconfigured, .badRequest, error.message)
    case .conflict, .notFound: ProcessorError(.badData, error.message)
    }
  }
}
