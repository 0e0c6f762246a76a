import FlowCore

extension RawSpool {
  /// What `recover` found.
  struct Recovered: Sendable {
    var segments: [SpoolState.Segment] = []
    /// How many journals other processes are writing.
    var busy = 0
    /// Journals that cannot be read to their end, with the reason; they are put aside as `NAME.damaged` once the rest is stored.
    var damage: [(path: String, reason: String)] = []
  }

  /// Takes over the journals of processes that have ended. Throws `FileSystemError`.
  func recover() async throws -> Recovered {
    let (recovered, free) = try await writing.run { [self] in
      var recovered = Recovered()
      guard try fileSystem.status(folder) != nil else { return (recovered, [Journal]()) }
      var pieces: [(key: RawKey, piece: SpoolState.Piece)] = []
      // Sorted by run and number: an object's frames come in the order in which they were written.
      let names = try fileSystem.names(in: folder).filter { $0.hasSuffix(RawKey.suffix) }.sorted(by: Self.isBefore)
      for name in names {
        let path = "\(folder)/\(name)"
        let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
        guard try fileSystem.lock(descriptor, offset: 0, length: 1, path: path) else {
          fileSystem.close(descriptor)
          recovered.busy += 1
          continue
        }
        do {
          let number = state.withLock { $0.nextNumber() }
          let found = try JournalScan(path: path, fileSystem: fileSystem).run()
          state.withLock { state in
            let end = found.frames.map { $0.offset + Int64($0.count) }.max() ?? 0
            state.journals[number] = Journal(path: path, descriptor: descriptor, sizeBytes: end, isDamaged: found.damage != nil)
            state.spool.open(number)
            // Counts as an answer that was appended, so that `makeDurable` finds something to do.
            state.unsynchronized.insert(number)
            state.appendedCount += 1
          }
          if let damage = found.damage { recovered.damage.append((path, damage)) }
          pieces += found.frames.map { ($0.key, SpoolState.Piece(journal: number, offset: $0.offset, count: $0.count)) }
        } catch {
          fileSystem.close(descriptor)
          throw error
        }
      }
      let (segments, free) = state.withLock { state in
        let segments = state.spool.adopt(pieces)
        return (segments, state.spool.unneeded(except: state.newest).compactMap { state.take($0) })
      }
      recovered.segments = segments
      return (recovered, free)
    }
    try await remove(free)
    return recovered
  }

  /// Files that hold responses and are no journals: put aside as damaged, and copies that a killed process has left. Blocks. Throws
  /// `FileSystemError`.
  func leftovers() throws -> [String] {
    guard try fileSystem.status(folder) != nil else { return [] }
    return try fileSystem.names(in: folder).filter { !$0.hasSuffix(RawKey.suffix) && !$0.hasSuffix(Self.newSuffix) && !$0.hasSuffix(Self.objectSuffix) }.sorted()
      .map { "\(folder)/\($0)" }
  }

  private static func isBefore(_ left: String, _ right: String) -> Bool {
    func parts(_ name: String) -> (String, Int) {
      let stem = name.dropLast(RawKey.suffix.count)
      guard let hyphen = stem.lastIndex(of: "-") else { return (String(stem), 0) }
      return (String(stem[..<hyphen]), Int(stem[stem.index(after: hyphen)...]) ?? 0)
    }
    return parts(left) < parts(right)
  }
}
