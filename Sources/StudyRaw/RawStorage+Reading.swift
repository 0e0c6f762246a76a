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
      case let error as FileSystemError: throw ProcessorError(.disk, "object \(object.key) of \(location) cannot be read: \(error); check the disk and the rights, and run rebuild again")
      default: throw error
      }
    }
  }

  static func failure(_ error: ObjectStorageError) -> ProcessorError {
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
  private let providers: Set<String>
  private let note: @Sendable ([ProcessedObject]) async throws -> Void

  /// - Parameters:
  ///   - providers: those of the flow; other flows may keep their responses in the same place, and people of the same names may be others.
  ///   - note: is told of the objects that are put into the storage first, as during a run.
  package init(
    _ storage: RawStorage, _ environment: RuntimeEnvironment, providers: Set<String>, note: @escaping @Sendable ([ProcessedObject]) async throws -> Void
  ) {
    location = storage.location
    self.environment = environment
    self.providers = providers
    self.note = note
  }

  /// Returns the number of removed objects. What waits in the spool is put into the storage before, so that nothing of the participant stays
  /// there. Throws `ProcessorError` if the storage is away, if another run is writing responses, or if a file cannot be read: each may have
  /// responses of the participant.
  package func run(_ participant: String) async throws -> Int {
    guard !location.isEmpty else { return 0 }
    let storage = try ObjectStorages.make(location, environment: environment)
    let spool = RawSpool(folder: RawStorage.spoolFolder(of: location, environment), environment: environment)
    do {
      return try await withClosing {
        try await empty(spool, into: storage, erasing: participant)
        return try await remove(participant, from: storage)
      } close: {
        try await spool.end()
      }
    } catch let error as ObjectStorageError {
      var failure = RawStorage.failure(error).failure
      failure.message = "the raw responses of \(participant) cannot be erased: \(error.message)" + (error.kind == .away ? "; repeat the command" : "")
      throw ProcessorError(failure)
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "the raw responses of \(participant) cannot be erased: \(error); check the disk and the rights, and repeat the command")
    }
  }

  private func empty(_ spool: RawSpool, into storage: any ObjectStorage, erasing participant: String) async throws {
    let recovered = try await spool.recover()
    guard recovered.busy == 0 else {
      throw ProcessorError(
        .connection, "another run is writing raw responses for \(location), among which may be those of \(participant); repeat the command when it has ended")
    }
    let lane = environment.lane("raw erasure")
    let unreadable = recovered.damage.map(\.path) + (try await lane.run { try spool.leftovers() })
    guard unreadable.isEmpty else {
      throw ProcessorError(
        .disk,
        "\(unreadable.joined(separator: ", ")) cannot be assigned to participants, and may hold responses of \(participant): once no rebuild is running, remove it "
          + "if it is of no use, and repeat the command")
    }
    var stored: [ProcessedObject] = []
    for segment in recovered.segments {
      try await spool.makeDurable(segment)
      stored.append(try await RawStorage.put(segment, try await spool.object(of: segment, on: lane), into: storage, spool, lane, environment))
    }
    guard !stored.isEmpty else { return }
    // Those of others, too, must be noted before they leave the spool.
    try await note(stored)
    for segment in recovered.segments { try await spool.stored(segment) }
  }

  private func remove(_ participant: String, from storage: any ObjectStorage) async throws -> Int {
    var count = 0
    for object in try await storage.list("") {
      guard let key = RawKey(object.key), key.participant == participant, providers.contains(key.provider) else { continue }
      try await storage.remove(object.key)
      count += 1
    }
    return count
  }
}
