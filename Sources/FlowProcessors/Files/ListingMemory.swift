import FlowCore

/// Which files a processor has listed, over runs: one file in the state folder, an object a line.
///
///     {"input_directory":"inbox"}
///     {"path":"inbox/a.csv","size":12,"modified":1767571200000}
final class ListingMemory: Sendable {
  fileprivate struct Known: Hashable {
    var size: Int64
    /// Milliseconds since 1970; nil: unknown.
    var modified: Int64?
  }
  private struct State {
    var known: [String: Known] = [:]
    /// Grows with every note.
    var version = 0
  }

  private static let columns = ["path", "size", "modified"]

  private let path: String
  private let folder: String
  /// The folder that is listed. What is known of another one says nothing.
  private let listed: String
  private let fileSystem: any FileSystem
  private let state = Locked(State())
  /// The version on the disk. Changed on the lane only.
  private let written = Locked(0)

  init(folder: String, flow: String, processor: String, listed: String, _ fileSystem: any FileSystem) {
    self.folder = folder
    path = "\(folder)/\(PercentEncoding.encode(flow))+\(PercentEncoding.encode(processor)).jsonl"
    self.listed = listed
    self.fileSystem = fileSystem
  }

  /// The files that are not known as they are. What is known of files that are no more is forgotten. Blocks.
  /// - Throws: `FileSystemError`; `ProcessorError` (`bad_data`) if the file is damaged.
  func new(among files: [ListedFile]) throws -> [ListedFile] {
    var known = try read()
    let present = Set(files.map(\.path))
    // What a filter leaves out today is still known.
    for path in known.keys where !present.contains(path) {
      if try fileSystem.status(path) == nil { known[path] = nil }
    }
    let result = files.filter { known[$0.path] != Known($0) }
    state.withLock { $0.known = known }
    return result
  }

  /// Notes a file. Durable when it returns; notes that come while one is written share the next write.
  func note(_ file: ListedFile, on lane: any Lane) async throws {
    let version = state.withLock { state in
      state.known[file.path] = Known(file)
      state.version += 1
      return state.version
    }
    try await lane.run { [self] in
      guard written.withLock({ $0 < version }) else { return }
      let now = state.withLock { $0 }
      try write(now.known)
      written.withLock { $0 = now.version }
    }
  }

  private func write(_ known: [String: Known]) throws {
    let rows = known.sorted { $0.key < $1.key }.map { path, file in
      [DataValue.text(path), .number(String(file.size)), file.modified.map { .number(String($0)) } ?? .null]
    }
    let head = DataTable(columns: ["input_directory"], rows: [[.text(listed)]])
    let bytes = JSONRecords.write(head, as: .onePerLine) + JSONRecords.write(DataTable(columns: Self.columns, rows: rows), as: .onePerLine)
    try fileSystem.makeFolderDurably(folder)
    try fileSystem.replaceDurably(path, with: bytes, temporary: path + ".new")
  }

  private func read() throws -> [String: Known] {
    guard try fileSystem.status(path) != nil else { return [:] }
    let table: DataTable
    do {
      table = try JSONRecords.read(try fileSystem.read(path, limitBytes: 1 << 30))
    } catch let error as ProcessorError {
      throw ProcessorError(.badData, "\(path) is damaged (\(error.failure.message)); move it away, then every file is listed again")
    }
    let places = (["input_directory"] + Self.columns).map { table.columns.firstIndex(of: $0) }
    var known: [String: Known] = [:]
    for row in table.rows {
      func value(_ place: Int) -> DataValue { places[place].map { row[$0] } ?? .null }
      if case .text(let folder) = value(0), folder != listed { return [:] }
      guard case .text(let path) = value(1), case .number(let size) = value(2), let size = Int64(size) else { continue }
      var modified: Int64?
      if case .number(let text) = value(3) { modified = Int64(text) }
      known[path] = Known(size: size, modified: modified)
    }
    return known
  }
}

extension ListingMemory.Known {
  fileprivate init(_ file: ListedFile) { self.init(size: file.state.sizeBytes, modified: file.state.modified?.milliseconds) }
}
