import FlowCore
import FlowObjects
import StudyModel

extension RawStorage: RawReading {
  package func listObjects() async throws -> RawListing {
    let storage = try opened()
    // What an earlier run has left in the spool belongs to the list.
    await idle()
    let stored: [StoredObject]
    do {
      stored = try await storage.list("")
    } catch {
      throw Self.failure(error)
    }
    var keys: [RawKey] = []
    var foreign: [String] = []
    for object in stored {
      if let key = RawKey(object.key) { keys.append(key) } else { foreign.append(object.key) }
    }
    keys.sort { ($0.participant, $0.run, $0.number, $0.provider) < ($1.participant, $1.run, $1.number, $1.provider) }
    return RawListing(objects: keys.map { RawObject(key: $0.text, participant: $0.participant, run: $0.run) }, foreign: foreign)
  }

  package func open(_ object: RawObject) async throws -> any RawObjectReader {
    let storage = try opened()
    let fetched: FetchedObject
    do {
      fetched = try await storage.fetch(object.key, scratch: Self.spoolFolder(of: location, environment))
    } catch {
      throw Self.failure(error)
    }
    do {
      let file = try await RawObjectFile.open(fetched, key: object.key, environment.fileSystem, environment.lane("raw object"))
      guard file.kind == environment.runKind else {
        throw ProcessorError(
          .badData,
          "object \(object.key) of \(location) holds responses of \(file.kind == .real ? "real" : "simulated") participants, and this run is of "
            + "\(file.kind == .real ? "simulated" : "real") ones; nothing was made from it: give the api with which it was collected, -p api=…")
      }
      return file
    } catch {
      do { try await fetched.remove() } catch let leftover { environment.log("warning: a copy of a raw object is left", ["file": fetched.path, "found": leftover.message]) }
      switch error {
      case let damage as RawDamage:
        throw ProcessorError(.badData, "object \(object.key) of \(location) is damaged: \(damage); nothing was made from it: restore it from a copy")
      case let error as FileSystemError: throw ProcessorError(.disk, "object \(object.key) of \(location) cannot be read: \(error)")
      default: throw error
      }
    }
  }

  private static func failure(_ error: ObjectStorageError) -> ProcessorError {
    let cause: Cause =
      switch error.kind {
      case .away: .connection
      case .denied: .clientRefused
      case .notFound: .notFound
      case .conflict, .invalid: .badRequest
      case .disk: .disk
      }
    return ProcessorError(cause, error.message)
  }
}

/// Removes a participant's kept responses.
package struct RawErasure: Sendable {
  private let location: String
  private let environment: RuntimeEnvironment

  package init(_ storage: RawStorage, _ environment: RuntimeEnvironment) {
    location = storage.location
    self.environment = environment
  }

  /// Returns the number of removed objects. What waits in the spool is put into the storage before, so that nothing of the participant stays
  /// there. Throws `ProcessorError` if the storage is away, or if another run is writing responses, which may be the participant's.
  package func run(_ participant: String) async throws -> Int {
    guard !location.isEmpty else { return 0 }
    let storage = try ObjectStorages.make(location, environment: environment)
    let spool = RawSpool(folder: RawStorage.spoolFolder(of: location, environment), environment: environment)
    let recovered = try await spool.recover()
    guard recovered.busy == 0 else {
      try await spool.end()
      throw ProcessorError(
        .connection, "another run is writing raw responses for \(location), among which may be those of \(participant); repeat the command when it has ended")
    }
    guard recovered.damage.isEmpty else {
      try await spool.end()
      let paths = recovered.damage.map(\.path).joined(separator: ", ")
      throw ProcessorError(.disk, "\(paths) cannot be read, and may hold responses of \(participant); remove it if it is of no use, and repeat the command")
    }
    var count = 0
    do {
      let lane = environment.lane("raw erasure")
      for segment in recovered.segments {
        let file = try await spool.objectFile(of: segment, on: lane)
        try await storage.put(segment.key.text, from: file.path, sha256: file.sha256)
        await spool.discard(file, on: lane)
        try await spool.stored(segment)
      }
      for object in try await storage.list("") where RawKey(object.key)?.participant == participant {
        try await storage.remove(object.key)
        count += 1
      }
    } catch let error as ObjectStorageError {
      try await spool.end()
      throw ProcessorError(.connection, "the raw responses of \(participant) cannot be erased: \(error.message); repeat the command")
    }
    try await spool.end()
    return count
  }
}
