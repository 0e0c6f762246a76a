import FlowBase
import FlowCompression
import FlowCore
import FlowCrypto
import FlowObjects
import StudyModel

/// The durable spool: takes answers in, makes them durable in groups, and gives out whole objects.
///
/// Its folder holds journals, `RUN-N.jsonl.zst`, each a sequence of zstd frames of JSON lines. A journal is locked while the process that writes
/// it lives; a journal without a lock is what a killed or disconnected run left, and `recover` takes it over. A frame that broke off is the end
/// of a journal: nobody was told that it is durable.
///
/// Any method may be called from any task: files are written on one lane, fsync has another, so that answers are taken in meanwhile.
final class RawSpool: Sendable {
  struct Journal: Sendable {
    var path: String
    var descriptor: Int32
    var sizeBytes: Int64 = 0
    /// So much of it an fsync has covered. Of a journal that was taken over, nothing is known: its process may have ended before its fsync.
    var durableBytes: Int64 = 0
    /// A part of it cannot be read: it is put aside instead of being removed.
    var isDamaged = false
  }

  struct State {
    var spool = SpoolState()
    var journals: [Int: Journal] = [:]
    /// The one that is being written.
    var newest: Int?
    var lastNumber = 0
    /// Journals with bytes that no fsync has covered.
    var unsynchronized: Set<Int> = []
    var appendedCount = 0
    /// How many of the appended answers are durable.
    var durableCount = 0
    /// Stays: the system may have dropped what an fsync could not write, and the next one would succeed without it.
    var failure: FileSystemError?
  }

  /// A journal takes no new answers once it is this long, so that the disk space of uploaded objects is given back during long runs.
  static let journalBytes: Int64 = 64 << 20
  /// A longer object is put together in a file.
  static let memoryBytes = 1 << 20
  private static let chunkBytes = 1 << 20
  static let objectSuffix = ".object"
  /// Of a journal that is not locked yet.
  static let newSuffix = ".new"
  /// The limit of journals that `journalForWriting` finds taken before it gives up.
  private static let tryLimit = 100

  let folder: String
  private let journalBytes: Int64
  private let memoryBytes: Int
  private let compressor = Locked(Zstandard.FrameCompressor?.none)
  private let run: String
  private let kind: RunKind
  private let date: String
  let fileSystem: any FileSystem
  let writing: any Lane
  private let synchronizing: any Lane
  let state = Locked(State())

  init(folder: String, environment: RuntimeEnvironment, journalBytes: Int64 = RawSpool.journalBytes, memoryBytes: Int = RawSpool.memoryBytes) {
    self.folder = folder
    self.journalBytes = journalBytes
    self.memoryBytes = memoryBytes
    run = environment.run
    kind = environment.runKind
    date = String(environment.time.now.text.prefix(10))
    fileSystem = environment.fileSystem
    writing = environment.lane("raw spool")
    synchronizing = environment.lane("raw spool fsync")
  }

  // MARK: Taking in

  /// Appends an answer and returns the key of its object. Throws `ProcessorError` (`disk`).
  func append(_ answer: RawAnswer) async throws -> String {
    try await writing.run { [self] in
      let key = state.withLock { $0.spool.key(provider: answer.provider, participant: answer.participant, date: date, run: run) }
      do {
        let number = try journalForWriting()
        guard let journal = state.withLock({ $0.journals[number] }) else { preconditionFailure("the newest journal is open") }
        let count: Int
        do {
          count = try write(answer, of: key.text, to: journal)
        } catch {
          // What was written of the frame ends the journal.
          state.withLock { $0.newest = nil }
          throw error
        }
        state.withLock { state in
          state.journals[number]?.sizeBytes += Int64(count)
          state.spool.add(SpoolState.Piece(journal: number, offset: journal.sizeBytes, count: count), to: key)
          state.unsynchronized.insert(number)
          state.appendedCount += 1
        }
      } catch let error as FileSystemError {
        throw Self.failure(error)
      } catch let error as Zstandard.Failure {
        throw ProcessorError(.internal, "the response of \(answer.participant) cannot be compressed: \(error)")
      }
      return key.text
    }
  }

  /// Writes an answer's frame and returns its size.
  private func write(_ answer: RawAnswer, of object: String, to journal: Journal) throws -> Int {
    guard answer.responses.contains(where: { $0.claim != nil }) else {
      let frame = try compressed(answer.lines(of: object, run: run, kind: kind))
      try fileSystem.write(frame, to: journal.descriptor, path: journal.path)
      return frame.count
    }
    var encoder = try Zstandard.FrameEncoder()
    var count = 0
    func put(_ bytes: [UInt8]) throws {
      count += bytes.count
      if !bytes.isEmpty { try fileSystem.write(bytes, to: journal.descriptor, path: journal.path) }
    }
    try answer.write(of: object, run: run, kind: kind, fileSystem) { try put(try encoder.encode($0, isLast: false)) }
    try put(try encoder.encode([], isLast: true))
    return count
  }

  /// One frame, by the compressor of the one before: it needs a lot of memory, which is cleared when it is new.
  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    try compressor.withLock { compressor in
      let used = try compressor ?? Zstandard.FrameCompressor(hasChecksum: true)
      compressor = used
      var frame: [UInt8] = []
      try used.append(frameOf: bytes, to: &frame)
      return frame
    }
  }

  private func journalForWriting() throws -> Int {
    let (newest, isFull) = state.withLock { state in
      (state.newest, state.newest.flatMap { state.journals[$0] }.map { $0.sizeBytes >= journalBytes } ?? true)
    }
    if let newest, !isFull { return newest }
    try fileSystem.makeFolderDurably(folder)
    for _ in 0..<Self.tryLimit {
      let number = state.withLock { $0.nextNumber() }
      let path = "\(folder)/\(run)-\(number)\(RawKey.suffix)"
      guard let descriptor = try openLocked(path) else { continue }
      state.withLock { state in
        state.journals[number] = Journal(path: path, descriptor: descriptor)
        state.spool.open(number)
        state.newest = number
      }
      return number
    }
    throw FileSystemError(operation: "create a journal in", path: folder, errno: 17, reason: "\(Self.tryLimit) names are taken")
  }

  /// Creates a journal; nil if there is one of that name. It has its name only once it is locked: an unlocked one would be taken over by a
  /// process that starts at this moment.
  private func openLocked(_ path: String) throws -> Int32? {
    let new = path + Self.newSuffix
    let descriptor = try fileSystem.open(new, .replace(mode: 0o600))
    do {
      guard try fileSystem.lock(descriptor, offset: 0, length: 1, path: new) else {
        throw FileSystemError(operation: "lock", path: new, errno: 11, reason: "another process has locked it")
      }
      guard try fileSystem.renameExclusively(new, to: path) else {
        try fileSystem.removeFile(new)
        fileSystem.close(descriptor)
        return nil
      }
      try fileSystem.synchronizeFolder(folder)
      return descriptor
    } catch {
      fileSystem.close(descriptor)
      throw error
    }
  }

  /// Makes every answer durable that was appended before the call. Calls that wait for the fsync in progress share the next one. Throws
  /// `ProcessorError` (`disk`), and from then on always.
  func makeDurable() async throws {
    let wanted = state.withLock { $0.appendedCount > $0.durableCount ? $0.appendedCount : 0 }
    guard wanted > 0 else { return try throwFailure() }
    try await synchronizing.run { [self] in
      let (isDone, appended, journals) = state.withLock { state in
        (state.durableCount >= wanted, state.appendedCount, state.journals.filter { state.unsynchronized.contains($0.key) })
      }
      try throwFailure()
      guard !isDone else { return }
      do {
        for (_, journal) in journals { try fileSystem.synchronize(journal.descriptor, path: journal.path) }
      } catch let error as FileSystemError {
        state.withLock { $0.failure = $0.failure ?? error }
        throw Self.failure(error)
      }
      state.withLock { state in
        state.durableCount = max(state.durableCount, appended)
        // A journal that has become longer meanwhile needs another one.
        for (number, journal) in journals {
          state.journals[number]?.durableBytes = journal.sizeBytes
          if state.journals[number]?.sizeBytes == journal.sizeBytes { state.unsynchronized.remove(number) }
        }
      }
    }
  }

  /// Makes an object's answers durable; unlike `makeDurable`, it does not wait for an fsync of those of others. Throws `ProcessorError` (`disk`).
  func makeDurable(_ segment: SpoolState.Segment) async throws {
    let isDurable = state.withLock { state in
      segment.pieces.allSatisfy { piece in state.journals[piece.journal].map { piece.offset + Int64(piece.count) <= $0.durableBytes } ?? false }
    }
    if isDurable { try throwFailure() } else { try await makeDurable() }
  }

  private func throwFailure() throws {
    if let failure = state.withLock({ $0.failure }) { throw Self.failure(failure) }
  }

  static func failure(_ error: FileSystemError) -> ProcessorError {
    ProcessorError(.disk, "the response cannot be kept: \(error); nothing is written without it: free space, or name another state folder with --state")
  }

  // MARK: Giving out

  /// Ends the participant's objects, or all for nil, and gives out those that were not given out before, on the lane for writing: an answer that
  /// is being appended belongs to one of them or to the next object, and a later call finds everything given out.
  func close(_ participant: String?, giving take: @escaping @Sendable ([SpoolState.Segment]) -> Void) async throws {
    try await writing.run { [self] in take(state.withLock { state in participant.map { state.spool.close($0) } ?? state.spool.closeAll() }) }
  }
  /// The objects that are not in the storage yet.
  var waiting: [RawKey] { state.withLock { $0.spool.waiting } }

  /// The bytes of an object, to be uploaded and then discarded.
  struct ObjectBytes: Sendable {
    var source: ObjectSource
    var sha256: [UInt8]
  }

  /// Puts an object together from its pieces: in memory if it is small, otherwise in a file of its own, which `discard` removes. Throws
  /// `FileSystemError`.
  /// - Parameter isFile: a file is wanted also of a small one.
  func object(of segment: SpoolState.Segment, isFile: Bool = false, on lane: any Lane) async throws -> ObjectBytes {
    let paths = state.withLock { $0.journals.mapValues(\.path) }
    let count = segment.pieces.reduce(0) { $0 + $1.count }
    return try await lane.run { [self] in
      // Creating and removing a file costs more than a small object itself.
      guard isFile || count > memoryBytes else {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in segment.pieces { try copy(piece, of: paths) { bytes += $0 } }
        return ObjectBytes(source: .bytes(bytes), sha256: SHA256.digest(of: bytes))
      }
      let key = segment.key
      let path = "\(folder)/\(key.provider)-\(key.run)-\(key.participant)~\(key.number)\(Self.objectSuffix)"
      let digest = RunningSHA256()
      let descriptor = try fileSystem.open(path, .replace(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      do {
        for piece in segment.pieces {
          try copy(piece, of: paths) { chunk in
            digest.update(chunk)
            try fileSystem.write(chunk, to: descriptor, path: path)
          }
        }
      } catch {
        // The first error counts; a file that stays is replaced by the next try.
        _ = try? fileSystem.removeFile(path)
        throw error
      }
      return ObjectBytes(source: .file(path), sha256: digest.finish())
    }
  }

  private func copy(_ piece: SpoolState.Piece, of journals: [Int: String], to take: ([UInt8]) throws -> Void) throws {
    guard let journal = journals[piece.journal] else { preconditionFailure("a journal stays until its objects are stored") }
    var done = 0
    while done < piece.count {
      let chunk = try fileSystem.readChunk(journal, at: piece.offset + Int64(done), count: min(Self.chunkBytes, piece.count - done))
      guard !chunk.isEmpty else {
        throw FileSystemError(operation: "read", path: journal, errno: 5, reason: "it is shorter than what was written to it")
      }
      try take(chunk)
      done += chunk.count
    }
  }

  /// Removes an object's file once it is stored, or until the next try.
  func discard(_ object: ObjectBytes, on lane: any Lane) async {
    guard case .file(let path) = object.source else { return }
    // One that stays does no harm: the next try replaces it.
    _ = try? await lane.run { [fileSystem] in try fileSystem.removeFile(path) }
  }

  /// An object is in the storage and noted: what only it needed is removed. Throws `FileSystemError`.
  func stored(_ segment: SpoolState.Segment) async throws {
    try await remove(
      state.withLock { state in
        let numbers = state.spool.stored(segment.key, except: state.newest)
        return numbers.compactMap { state.take($0) }
      })
  }

  /// Removes journals that nothing needs, and closes them, all of them even if one cannot be removed. On the lane for fsync, which may be using
  /// one of them.
  func remove(_ journals: [Journal]) async throws {
    guard !journals.isEmpty else { return }
    try await synchronizing.run { [self] in
      defer { for journal in journals { fileSystem.close(journal.descriptor) } }
      for journal in journals {
        do {
          if journal.isDamaged {
            try fileSystem.rename(journal.path, to: journal.path + ".damaged")
          } else {
            try fileSystem.removeFile(journal.path)
          }
        } catch let error as FileSystemError where error.isNotThere {
          // The process that had it before removed it while this one was opening it.
        }
      }
    }
  }

  /// Ends the spool: what is not in the storage stays in its files, durable, for the next run. Throws `ProcessorError` (`disk`).
  func end() async throws {
    let failure: (any Error)?
    do {
      try await makeDurable()
      failure = nil
    } catch {
      failure = error
    }
    let (free, rest) = try await writing.run { [self] in
      state.withLock { state in
        state.newest = nil
        let numbers = state.spool.unneeded(except: nil)
        let free = numbers.compactMap { state.take($0) }
        defer { state.journals = [:] }
        return (free, Array(state.journals.values))
      }
    }
    do {
      try await synchronizing.run { [fileSystem] in for journal in rest { fileSystem.close(journal.descriptor) } }
      try await remove(free)
    } catch let error as FileSystemError {
      throw failure ?? Self.failure(error)
    }
    if let failure { throw failure }
  }
}

extension RawSpool.State {
  mutating func nextNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// Takes a journal out that is not needed any more.
  mutating func take(_ number: Int) -> RawSpool.Journal? {
    unsynchronized.remove(number)
    return journals.removeValue(forKey: number)
  }
}
