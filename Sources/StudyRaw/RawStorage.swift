import FlowCore
import FlowCrypto
import FlowObjects
import StudyModel

/// Keeps every response in a folder or a bucket, through a durable spool in the state folder.
///
/// While a run works, answers go into the spool; when a participant is done, the participant's object is put into the storage. What cannot be
/// put there stays in the spool, and the next run with the same address puts it there first.
package final class RawStorage: RawKeeping {
  package static let url = Property<String>("url", .optionalText, default: "", "Where every response is kept: a folder, or `s3://BUCKET/PREFIX`. Empty: responses are not kept.")

  package static let descriptor = ServiceDescriptor(
    type: "RawStorage", summary: "Keeps every response of the provider, before rows are made from it.", roles: [.rawStorage],
    properties: [PropertyDescriptor(url)])

  private struct State {
    var storage: (any ObjectStorage)?
    var spool: RawSpool?
    var queue = UploadQueue()
    var arrived: [Arrival] = []
    /// What could not be done although it is not the storage's fault; thrown when the run closes.
    var troubles: [any Error] = []
    var toldFailure = false
    var idleWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// An object that is in the storage, but not noted yet. It stays in the spool until then, so that none is left out after a crash.
  private struct Arrival {
    var segment: SpoolState.Segment
    var processed: ProcessedObject
  }

  /// So many objects are noted at once.
  private static let groupCount = 64

  /// As the flow gives it; empty if nothing is kept.
  package let location: String
  let environment: RuntimeEnvironment
  private let make: @Sendable (_ location: String, _ environment: RuntimeEnvironment) throws -> any ObjectStorage
  private let lanes: [any Lane]
  private let state = Locked(State())
  private let noter = Locked<(@Sendable ([ProcessedObject]) async throws -> Void)?>(nil)

  /// Does no I/O.
  /// - Parameter make: makes the storage at a location.
  package init(
    values: PropertyValues, environment: RuntimeEnvironment,
    make: @escaping @Sendable (_ location: String, _ environment: RuntimeEnvironment) throws -> any ObjectStorage = { try ObjectStorages.make($0, environment: $1) }
  ) {
    location = values[Self.url]
    self.environment = environment
    self.make = make
    lanes = (0..<UploadQueue.limit).map { environment.lane("raw upload \($0)") }
  }

  package var isOn: Bool { !location.isEmpty }

  /// Sets what is told of objects that are in the storage, in groups. Call it before `prepare`.
  package func whenStored(_ body: @escaping @Sendable ([ProcessedObject]) async throws -> Void) { noter.withLock { $0 = body } }

  // MARK: Life

  /// Takes over what earlier runs have left in the spool, and begins to upload it. Throws `Diagnostics` for an address that cannot be used, and
  /// `StopRun` if the spool cannot be read.
  package func prepare() async throws {
    guard isOn else { return }
    let storage = try make(location, environment)
    let spool = RawSpool(folder: Self.spoolFolder(of: location, environment), environment: environment)
    let recovered: RawSpool.Recovered
    do {
      recovered = try await spool.recover()
    } catch {
      throw StopRun(.failed, .disk, "the spool of raw responses in \(spool.folder) cannot be read: \(error)")
    }
    for (path, reason) in recovered.damage {
      environment.log(
        "warning: responses that an earlier run has spooled cannot be read to their end",
        ["file": path, "found": reason, "next": "what could be read is uploaded, then the file is put aside as \(path).damaged"])
    }
    state.withLock { state in
      state.storage = storage
      state.spool = spool
      state.queue.add(recovered.segments)
    }
    environment.commitBarrier.add(self)
    environment.participants.whenRecorded { [weak self] participant in self?.finish(participant) }
    startUploads()
  }

  /// Where responses for an address wait: a folder for each, so that runs with different addresses do not mix.
  package static func spoolFolder(of location: String, _ environment: RuntimeEnvironment) -> String {
    let digest = Hexadecimal.text(SHA256.digest(of: Array(location.utf8)).prefix(8))
    return "\(environment.stateFolder)/raw/\(digest)"
  }

  /// Puts everything into the storage that is not there yet, once more even if it was away. Throws `WorkLeft` if something stays in the spool.
  package func close() async throws {
    guard let spool = state.withLock({ $0.spool }) else { return }
    await gathering { try await spool.close(nil) { [self] segments in state.withLock { $0.queue.add(segments) } } }
    state.withLock { $0.queue.close() }
    startUploads()
    await idle()
    let unnoted = await noteFailure()
    await gathering { try await spool.end() }
    let (left, failure, troubles) = state.withLock { state in
      defer {
        state.spool = nil
        state.queue = UploadQueue()
      }
      return (state.queue.waitingCount, state.queue.failure, state.troubles)
    }
    if let trouble = troubles.first { throw trouble }
    if left > 0 {
      throw WorkLeft(
        "\(left) \(left == 1 ? "object" : "objects") of raw responses could not be put into \(location) and \(left == 1 ? "waits" : "wait") in "
          + "\(spool.folder); the next run puts \(left == 1 ? "it" : "them") there: \(failure?.message ?? "it was away")")
    }
    guard let unnoted else { return }
    guard (unnoted as? ProcessorError)?.failure.cause.isRetryable == true else { throw unnoted }
    throw WorkLeft("objects of raw responses are in \(location), but not yet in the table object_processed; the next run notes them: \(unnoted)")
  }

  /// Notes the rest; what it throws is returned.
  private func noteFailure() async -> (any Error)? {
    do { try await note(atLeast: 1) } catch { return error }
    return nil
  }

  /// What a step throws is thrown when the run closes.
  private func gathering(_ step: () async throws -> Void) async {
    do { try await step() } catch { state.withLock { $0.troubles.append(error) } }
  }

  /// Throws `ProcessorError` (`internal`) before `prepare`, and without an address.
  func opened() throws -> any ObjectStorage {
    guard let storage = state.withLock({ $0.storage }) else {
      throw ProcessorError(.internal, "the raw storage '\(location)' was used before it was opened")
    }
    return storage
  }

  // MARK: Keeping

  package func keep(_ answer: RawAnswer) async throws -> String {
    guard let spool = state.withLock({ $0.spool }) else {
      throw ProcessorError(.internal, "the raw storage \(location) was used before it was opened or after it was closed")
    }
    return try await spool.append(answer)
  }

  package func makeDurable() async throws { try await state.withLock { $0.spool }?.makeDurable() }

  /// No further answer of the participant is expected.
  private func finish(_ participant: String) {
    guard let spool = state.withLock({ $0.spool }) else { return }
    Task(executorPreference: environment.executor) { [self] in
      await gathering { try await spool.close(participant) { [self] segments in state.withLock { $0.queue.add(segments) } } }
      startUploads()
    }
  }

  // MARK: Uploads

  private func startUploads() {
    let now = environment.time.monotonic
    while let (segment, slot) = state.withLock({ $0.queue.next(now: now) }) {
      Task(executorPreference: environment.executor) { await self.upload(segment, in: slot) }
    }
    let waiters = state.withLock { state in
      guard state.queue.isIdle else { return [CheckedContinuation<Void, Never>]() }
      defer { state.idleWaiters = [] }
      return state.idleWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when nothing is being uploaded, and nothing can be before something happens.
  func idle() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isIdle = state.withLock { state in
        if !state.queue.isIdle { state.idleWaiters.append(continuation) }
        return state.queue.isIdle
      }
      if isIdle { continuation.resume() }
    }
  }

  private func upload(_ segment: SpoolState.Segment, in slot: Int) async {
    let (storage, spool) = state.withLock { ($0.storage, $0.spool) }
    guard let storage, let spool else { preconditionFailure("uploads run while the storage is open") }
    do {
      // The storage may be another host's: what it holds must not be ahead of what this one would still have after a power cut.
      try await spool.makeDurable(segment)
      let object = try await spool.object(of: segment, on: lanes[slot])
      let processed = try await Self.put(segment, object, into: storage, spool, lanes[slot], environment)
      state.withLock { $0.arrived.append(Arrival(segment: segment, processed: processed)) }
      // What cannot be noted now is noted when the run closes, or by the next run.
      _ = try? await note(atLeast: Self.groupCount)
      state.withLock { $0.queue.stored(in: slot) }
    } catch {
      // Anything else concerns the spool; it is not the storage's fault.
      let found = error as? ObjectStorageError ?? ObjectStorageError(.disk, "\(error)")
      tell(found)
      state.withLock { state in
        if !(error is ObjectStorageError) { state.troubles.append(error) }
        state.queue.failed(segment, in: slot, found, now: environment.time.monotonic)
      }
    }
    startUploads()
  }

  /// Puts an object into the storage and removes its file. Returns what is to be noted of the object that is in the storage then.
  static func put(
    _ segment: SpoolState.Segment, _ object: RawSpool.ObjectBytes, into storage: any ObjectStorage, _ spool: RawSpool, _ lane: any Lane,
    _ environment: RuntimeEnvironment
  ) async throws -> ProcessedObject {
    let sha256: [UInt8]
    do {
      sha256 = try await put(segment, from: object, into: storage, spool, lane, environment)
      await spool.discard(object, on: lane)
    } catch {
      await spool.discard(object, on: lane)
      throw error
    }
    let key = segment.key
    return ProcessedObject(key: key.text, sha256: Hexadecimal.text(sha256), participant: key.participant, run: key.run, time: environment.time.now)
  }

  private static func put(
    _ segment: SpoolState.Segment, from object: RawSpool.ObjectBytes, into storage: any ObjectStorage, _ spool: RawSpool, _ lane: any Lane,
    _ environment: RuntimeEnvironment
  ) async throws -> [UInt8] {
    do {
      try await storage.put(segment.key.text, from: object.source, sha256: object.sha256)
      return object.sha256
    } catch where error.kind == .conflict {
      // A run that was killed after it had put the object there, and removed a part of its journals, leaves the rest of them.
      let fetched = try await storage.fetch(segment.key.text, scratch: spool.folder)
      let found: (isContained: Bool, sha256: [UInt8])
      do {
        found = try await compare(segment, with: fetched, spool, lane, environment)
      } catch let failure {
        try await fetched.remove()
        throw failure
      }
      try await fetched.remove()
      guard found.isContained else { throw error }
      return found.sha256
    }
  }

  /// Whether an object in the storage has all of a segment's frames, and the object's digest.
  private static func compare(
    _ segment: SpoolState.Segment, with fetched: FetchedObject, _ spool: RawSpool, _ lane: any Lane, _ environment: RuntimeEnvironment
  ) async throws -> (isContained: Bool, sha256: [UInt8]) {
    let object = try await spool.object(of: segment, isFile: true, on: lane)
    guard case .file(let path) = object.source else { preconditionFailure("a file was asked for") }
    return try await withClosing {
      try await lane.run { [fileSystem = environment.fileSystem] in
        let whole = try FrameDigests(path: fetched.path, fileSystem: fileSystem)
        return (try FrameDigests(path: path, fileSystem: fileSystem).isContained(in: whole), whole.sha256)
      }
    } close: {
      await spool.discard(object, on: lane)
    }
  }

  /// Says once why objects wait, not for each of them.
  private func tell(_ error: ObjectStorageError) {
    let isFirst = state.withLock { state in
      defer { state.toldFailure = true }
      return !state.toldFailure
    }
    guard isFirst else { return }
    environment.log("warning: a raw object cannot be stored; it waits in the spool", ["storage": location, "found": error.message])
  }

  /// Notes objects that are in the storage, and then removes them from the spool. Throws what the stores throw.
  private func note(atLeast count: Int) async throws {
    let (spool, arrived) = state.withLock { state -> (RawSpool?, [Arrival]) in
      guard state.arrived.count >= count else { return (nil, []) }
      defer { state.arrived = [] }
      return (state.spool, state.arrived)
    }
    guard let spool, !arrived.isEmpty else { return }
    do {
      try await noter.withLock { $0 }?(arrived.map(\.processed))
    } catch {
      state.withLock { $0.arrived += arrived }
      throw error
    }
    for arrival in arrived { await gathering { try await spool.stored(arrival.segment) } }
  }
}

extension RuntimeEnvironment {
  var stateFolder: String { shared.value { RunStateFolder(path: ".flowrun") }.path }
}

/// The frames of an object's file, by their hashes.
private struct FrameDigests {
  private var digests: Set<[UInt8]> = []
  /// Of the whole file, as far as it can be read.
  let sha256: [UInt8]

  init(path: String, fileSystem: any FileSystem) throws {
    let whole = RunningSHA256()
    for frame in try JournalScan(path: path, fileSystem: fileSystem).run().frames {
      let bytes = try fileSystem.readChunk(path, at: frame.offset, count: frame.count)
      whole.update(bytes)
      digests.insert(SHA256.digest(of: bytes))
    }
    sha256 = whole.finish()
  }

  func isContained(in other: FrameDigests) -> Bool { digests.isSubset(of: other.digests) }
}
