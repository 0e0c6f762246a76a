import FlowCore

/// The files of databases below a folder: their content when the power fails, and what of it is certain to be on the disk.
struct DurableDatabases {
  private static let suffixes = [".sqlite", "-wal", "-shm", "-journal"]
  /// Whether a file is a database's, by its name.
  static func holds(_ name: String) -> Bool { suffixes.contains { name.hasSuffix($0) } }

  private let base: any FileSystem
  private let root: String
  /// By the log's path.
  private var logs: [String: DurableLog] = [:]
  /// Those whose folder was synchronised since they appeared.
  private var namedFiles: Set<String> = []
  /// By path; nil while there is power.
  private var lost: [String: [UInt8]]?

  init(_ base: any FileSystem, root: String) throws {
    self.base = base
    self.root = root
    namedFiles = Set(try files(in: root))
    for path in namedFiles where path.hasSuffix("-wal") { logs[path] = DurableLog(found: try content(path)) }
  }

  /// After an fsync of a file or folder.
  mutating func synchronized(_ path: String) throws {
    guard lost == nil, path == root || path.hasPrefix(root + "/") else { return }
    if path.hasSuffix("-wal") {
      let index = try content("\(path.dropLast("-wal".count))-shm")
      var log = DurableLog(try content(path), index: index)
      log?.synchronize(index)
      logs[path] = log
    } else if try base.status(path)?.isFolder == true {
      for name in try base.names(in: path) where Self.holds(name) { namedFiles.insert("\(path)/\(name)") }
    }
  }

  /// Keeps the files as they are now.
  mutating func losePower() throws {
    guard lost == nil else { return }
    lost = Dictionary(uniqueKeysWithValues: try files(in: root).map { ($0, try content($0)) })
  }

  /// What the next boot finds, by path.
  func crash(_ dice: SeededRandomSource) -> [String: [UInt8]] {
    var left: [String: [UInt8]] = [:]
    let lost = lost ?? [:]
    for path in lost.keys.sorted() where path.hasSuffix(".sqlite") {
      let logPath = path + "-wal"
      left[path] = lost[path]
      left[path + "-journal"] = lost[path + "-journal"]
      guard let bytes = lost[logPath], var log = DurableLog(bytes, index: lost[path + "-shm"] ?? []) else { continue }
      log.include(logs[logPath])
      // The log's name may be lost, with the database's or without. The engine makes it durable before a checkpoint.
      if !log.isCopied, !namedFiles.contains(logPath), dice.next() % 3 == 0 {
        if !namedFiles.contains(path), dice.next() % 2 == 0 { left[path] = nil }
        continue
      }
      left[logPath] = log.survivor(of: bytes, dice)
    }
    return left
  }

  private func files(in folder: String) throws -> [String] {
    try base.names(in: folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      if try base.status(path)?.isFolder == true { return try files(in: path) }
      return Self.holds(name) ? [path] : []
    }
  }

  /// Empty if the file does not exist.
  private func content(_ path: String) throws -> [UInt8] { try base.status(path) == nil ? [] : try base.read(path) }
}
