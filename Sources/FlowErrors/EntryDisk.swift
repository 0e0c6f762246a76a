import FlowCore
import FlowFileSystem
import StudyModel

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Disk operations of the error folder. All of them block: call them only on the error folder's lane.
///
/// An entry is written to a folder whose name begins with a dot, made durable there and then renamed. Its
/// `flowfile.json` is locked while it is written, so an unlocked dot folder was left by a dead writer. It is renamed
/// before it is removed: a writer that is still alive then fails to find it and starts over. Nothing has been promised
/// until the final rename.
struct EntryDisk: Sendable {
  /// Content may be larger as JSON lines than in memory.
  private static let contentLimitBytes = 2 << 30
  private static let documentLimitBytes = 16 << 20
  static let indexLimitBytes = 1 << 30
  /// Number of attempts if another process keeps removing the folders being written to.
  private static let attemptLimit = 5

  let root: String
  let fileSystem: any FileSystem
  /// Folders known to this process to be durable.
  private let durableFolders = Locked<Set<String>>([])

  init(root: String, fileSystem: any FileSystem) {
    self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    self.fileSystem = fileSystem
  }

  /// Converts a name to a path component: spaces and characters not allowed in paths become `-`.
  static func pathName(_ name: String) -> String {
    let safe = String(name.map { " /\0".contains($0) ? "-" : $0 })
    return safe.isEmpty || safe.hasPrefix(".") ? "-" + safe.dropFirst() : safe
  }

  // MARK: Writing

  func place(_ entry: ErrorEntry, belonging: EntryBelonging = EntryBelonging(), redaction: Redaction) throws {
    let names = [entry.flow, entry.run, entry.processor].map(EntryDisk.pathName)
    let folder = ([root] + names).joined(separator: "/")
    let (content, contentType) = try EntryDisk.bytes(of: redaction.apply(try loaded(entry.flowFile.content)))
    let response = try (entry.flowFile.response ?? entry.flowFile.responseClaim.map { try bytes(of: $0) }).map(redaction.apply)
    let document = try EntryDocument(
      entry, contentType: contentType, responseType: response.map(EntryDisk.type), belonging: belonging, redaction: redaction).bytes()
    let files = EntryFiles(document: document, content: content, response: response)
    for attempt in 1... {
      do {
        return try place(files, uuid: entry.flowFile.id.text, in: folder)
      } catch let error as FileSystemError where error.isNotThere && attempt < EntryDisk.attemptLimit {
        durableFolders.withLock { $0 = [] }
      }
    }
  }

  private func place(_ files: EntryFiles, uuid: String, in folder: String) throws {
    let temporary = "\(folder)/.\(uuid)"
    let destination = "\(folder)/\(uuid)"
    try makeDurably(folder)
    // Placed by an earlier attempt whose last step failed: the entry is complete and only has to be made durable.
    if try fileSystem.status(destination) == nil {
      do {
        try write(files, in: temporary) { try fileSystem.rename(temporary, to: destination) }
      } catch {
        // The remains have a dot name and no lock, so they are not taken for an entry. Report the original error, not
        // this one.
        try? fileSystem.removeFolder(temporary)
        throw error
      }
    }
    try fileSystem.synchronizeFolder(folder)
  }

  /// Fills the folder, makes it durable, and calls `publish` while it is still locked.
  private func write(_ files: EntryFiles, in folder: String, publish: () throws -> Void) throws {
    try fileSystem.removeFolder(folder)
    try fileSystem.makeFolder(folder)
    let path = "\(folder)/flowfile.json"
    let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    guard try fileSystem.lockIfPossible(descriptor, path: path) else { throw FileSystemError("lock", path, ENOENT) }
    if let content = files.content { try fileSystem.writeDurably(content, to: "\(folder)/content") }
    if let response = files.response { try fileSystem.writeDurably(response, to: "\(folder)/response") }
    try fileSystem.write(files.document, to: descriptor, path: path)
    try fileSystem.synchronize(descriptor, path: path)
    try fileSystem.synchronizeFolder(folder)
    // Last: the entry must be durable before the rename makes it visible.
    try publish()
  }

  /// Creates a folder and its parents and makes each durable in its parent. Done once per process even for existing
  /// folders, because another process may have just created them. Existing folders above the error folder are left
  /// alone.
  private func makeDurably(_ folder: String) throws {
    let container = parent(of: folder)
    if container == folder || durableFolders.withLock({ $0.contains(folder) }) { return }
    if folder != root, !folder.hasPrefix(root + "/"), try fileSystem.status(folder)?.isFolder == true { return }
    try makeDurably(container)
    try fileSystem.makeFolder(folder)
    try fileSystem.synchronizeFolder(container)
    durableFolders.withLock { _ = $0.insert(folder) }
  }

  // MARK: Reading

  func listing(flow: String?) throws -> ErrorListing {
    var listing = ErrorListing()
    for folder in try processorFolders(flow: flow) {
      for path in try folders(in: folder) { try add(path, to: &listing) }
    }
    listing.sort()
    return listing
  }

  /// The paths of what is taken for an entry, by name alone.
  func names() throws -> [String] {
    try processorFolders(flow: nil).flatMap { folder in try names(in: folder).filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" } }.sorted()
  }

  /// Reads an entry into the listing; one that cannot be read is listed as damaged.
  func add(_ path: String, to listing: inout ErrorListing) throws {
    do {
      listing.entries.append(try read(path))
    } catch let error as Diagnostic {
      listing.damaged.append(DamagedEntry(path: path, reason: error.message))
    } catch let error as FileSystemError {
      // Removed by another process in the meantime.
      if error.isNotThere, try fileSystem.status(path) == nil { return }
      listing.damaged.append(DamagedEntry(path: path, reason: error.description))
    }
  }

  func read(_ path: String) throws -> StoredEntry {
    let bytes = try fileSystem.read("\(path)/flowfile.json", limitBytes: EntryDisk.documentLimitBytes)
    let document = try EntryDocument(bytes: bytes)
    guard path.hasSuffix("/" + document.uuid) else { throw Diagnostic.damagedEntry("flowfile.json is of \(document.uuid)") }
    for (name, type) in [("content", document.contentType), ("response", document.responseType)] {
      guard (type != nil) == (try fileSystem.status("\(path)/\(name)") != nil) else {
        throw Diagnostic.damagedEntry(type == nil ? "\(name) exists, but flowfile.json does not mention it" : "\(name) is missing")
      }
    }
    // Both were validated when the document was read.
    guard let cause = Cause(rawValue: document.cause), let time = Instant(rfc3339: document.time) else {
      throw Diagnostic.damagedEntry("flowfile.json is not as flowrun writes it")
    }
    return StoredEntry(path: path, document: document, cause: cause, time: time)
  }

  func load(_ entry: StoredEntry) throws -> ErrorEntry {
    let document = entry.document
    guard let id = FlowFileID(text: document.uuid) else { throw Diagnostic.damagedEntry("flowfile.json: 'uuid' is not a UUID") }
    var failure = FlowFileFailure(cause: entry.cause, message: document.message, status: document.status)
    failure.attempts = document.attempts
    let ancestors = document.lineage.filter { $0 != document.uuid }.compactMap { FlowFileID(text: $0) }
    var flowFile = FlowFile(
      id: id, attributes: Attributes(document.attributes), content: try content(of: entry), lineage: LineageID(0),
      ancestors: ancestors, created: entry.time)
    flowFile.failure = failure
    if document.responseType != nil {
      flowFile.response = try fileSystem.read("\(entry.path)/response", limitBytes: EntryDisk.contentLimitBytes)
    }
    return ErrorEntry(
      flow: document.flow, run: document.run, flowFile: flowFile, lineage: document.lineage, way: document.way ?? [],
      processor: document.processor, processorType: document.processorType, relationship: document.relationship, failure: failure,
      flowSHA256: document.flowSHA256, time: entry.time)
  }

  private func content(of entry: StoredEntry) throws -> Content {
    guard let contentType = entry.document.contentType else { return .empty }
    let bytes = try fileSystem.read("\(entry.path)/content", limitBytes: EntryDisk.contentLimitBytes)
    return contentType == RecordLines.contentType ? .records(try RecordLines.batch(from: bytes)) : .bytes(bytes)
  }

  /// An entry outlives the run, and with it the file that a content is in.
  private func loaded(_ content: Content) throws -> Content {
    guard case .claim(let claim) = content else { return content }
    return .bytes(try bytes(of: claim))
  }

  private func bytes(of claim: ContentClaim) throws -> [UInt8] { try fileSystem.read(claim.path, limitBytes: EntryDisk.contentLimitBytes) }

  private static func bytes(of content: Content) throws -> (bytes: [UInt8]?, contentType: String?) {
    switch content {
    case .claim: preconditionFailure("a claim is loaded before it is written")
    case .empty: (nil, nil)
    case .records(let batch): (try RecordLines.bytes(of: batch), RecordLines.contentType)
    case .bytes(let bytes): (bytes, type(of: bytes))
    }
  }

  /// A hint for people and tools; loading does not depend on it.
  private static func type(of bytes: [UInt8]) -> String {
    bytes.first.map { "{[".utf8.contains($0) } == true ? "application/json" : "application/octet-stream"
  }

  // MARK: Removing

  /// Hides an entry in one atomic step, then removes its files and any folders left empty.
  func remove(_ path: String) throws {
    let folder = parent(of: path)
    guard try takeAway(path) else { return }
    try removeEmptyFolders(from: folder)
  }

  func clean() throws {
    for folder in try processorFolders(flow: nil) {
      for name in try names(in: folder) where name.hasPrefix(".") {
        let path = "\(folder)/\(name)"
        if try fileSystem.status(path)?.isFolder == true, try isLeftover(path) { _ = try takeAway(path) }
      }
      try removeEmptyFolders(from: folder)
    }
    // An interrupted removal may have left empty folders further up.
    for flow in try folders(in: root) {
      for run in try folders(in: flow) { _ = try fileSystem.removeFolderIfEmpty(run) }
      _ = try fileSystem.removeFolderIfEmpty(flow)
    }
  }

  func check() throws {
    try makeDurably(root)
    let probe = "\(root)/.check"
    let descriptor = try fileSystem.open(probe, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    try fileSystem.write(Array("flowrun can write here\n".utf8), to: descriptor, path: probe)
    try fileSystem.synchronize(descriptor, path: probe)
    do {
      try fileSystem.removeFile(probe)
    } catch let error as FileSystemError where error.isNotThere {
      return  // Another process is checking at the same time and removed it first.
    }
  }

  /// Hides a folder by renaming it, then removes it; false if it did not exist.
  private func takeAway(_ path: String) throws -> Bool {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let aside = "\(parent(of: path))/.removed-\(name)"
    if path != aside {
      do {
        try fileSystem.removeFolder(aside)  // Left by an interrupted removal.
        try fileSystem.rename(path, to: aside)
      } catch let error as FileSystemError where error.isNotThere {
        return false
      }
      // The rename must be durable before files are deleted: after a power cut an entry is then complete or gone,
      // regardless of the order of disk writes.
      try fileSystem.synchronizeFolder(parent(of: path))
    }
    try fileSystem.removeFolder(aside)
    return true
  }

  /// Whether the dot folder has no writer. Only an empty one is removed if it has no document yet: a writer may have
  /// just created it.
  private func isLeftover(_ path: String) throws -> Bool {
    if path.contains("/.removed-") { return true }
    let file = "\(path)/flowfile.json"
    guard try fileSystem.status(file) != nil else { return try fileSystem.removeFolderIfEmpty(path) }
    do {
      let descriptor = try fileSystem.open(file, .readWrite(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      return try fileSystem.lock(descriptor, offset: 0, length: 1, path: file)
    } catch let error as FileSystemError where error.isNotThere || error.hasNoLocks {
      return false  // Published or removed meanwhile, or locks are unavailable and the writer may be alive.
    }
  }

  private func removeEmptyFolders(from folder: String) throws {
    var candidate = folder
    while candidate.hasPrefix(root + "/"), try fileSystem.removeFolderIfEmpty(candidate) {
      durableFolders.withLock { _ = $0.remove(candidate) }
      candidate = parent(of: candidate)
    }
  }

  // MARK: Folders

  func folder(ofFlow flow: String) -> String { "\(root)/\(EntryDisk.pathName(flow))" }

  func processorFolders(flow: String?) throws -> [String] {
    let flows = try folders(in: root).filter { path in flow.map { path == folder(ofFlow: $0) } ?? true }
    return try flows.flatMap(folders(in:)).flatMap(folders(in:))
  }

  /// Subfolders whose names do not begin with a dot; none if the folder does not exist.
  private func folders(in folder: String) throws -> [String] {
    try names(in: folder).filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
      .filter { try fileSystem.status($0)?.isFolder == true }
  }

  func names(in folder: String) throws -> [String] {
    do {
      return try fileSystem.names(in: folder)
    } catch let error as FileSystemError where error.isNotThere {
      return []
    }
  }
}

/// The bytes of an entry's files.
private struct EntryFiles {
  var document: [UInt8]
  var content: [UInt8]?
  var response: [UInt8]?
}
