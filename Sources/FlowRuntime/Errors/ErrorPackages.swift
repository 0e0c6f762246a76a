import FlowCore
import FlowErrors
import FlowPackaging
import StudyModel

/// Writes the error entries of a flow as a stream of packages (FlowFile stream v3), from which a NiFi takes the FlowFiles. The entries stay.
///
/// Each FlowFile has the attributes of the entry, and `cause`, `message` and `processor` of its failure; where it has one of that name itself, the
/// failure's is called `error.cause` and so on. What an entry holds has been freed of secrets when it was written.
package struct ErrorPackages: Sendable {
  package struct Outcome: Sendable, Equatable {
    /// Entries written.
    package var written = 0
    /// Entries of the flow, chosen or not.
    package var own = 0
    /// Entries of other flows, databases and providers.
    package var foreign = 0
    package var damaged: [String] = []
  }

  /// Read at a time: a content may be larger than memory.
  private static let pieceBytes = 1 << 20

  private let graph: FlowGraph
  private let folder: ErrorFolder
  private let filter: EntryFilter
  private let cause: Cause?
  private let processor: String?
  private let environment: RuntimeEnvironment

  /// - Parameters:
  ///   - errors: path of the error folder.
  ///   - cause: only entries with this one; nil: all.
  ///   - processor: only entries that failed at this one; nil: all.
  package init(_ graph: FlowGraph, errors: String, filter: EntryFilter = EntryFilter(), cause: Cause? = nil, processor: String? = nil, on machine: Machine) {
    self.graph = graph
    self.filter = filter
    self.cause = cause
    self.processor = processor
    environment = machine.toolEnvironment
    folder = ErrorFolder(folder: errors, fileSystem: machine.fileSystem, lane: machine.lane("error folder"))
  }

  /// Writes the chosen entries, oldest first, to a file that replaces the one before in one step and that only its owner can read; none if there are
  /// none to write. Throws `Diagnostics` for a filter that names something unknown, `StopRun`, and `FileSystemError`, after which the file that was
  /// there is unchanged.
  package func write(to path: String) async throws -> Outcome {
    let listing = try await folder.entries()
    let own = try await EntryOwnership.read(graph, environment).owned(listing.entries)
    var outcome = Outcome(own: own.count, foreign: listing.entries.count - own.count, damaged: listing.damaged.map { "\($0)" })
    try checkProcessor(among: own)
    let chosen = try filter.chosen(own, now: environment.time.now, folder: folder.folder)
      .filter { entry in (cause.map { $0 == entry.cause } ?? true) && (processor.map { $0 == entry.document.processor } ?? true) }
    outcome.written = chosen.count
    guard !chosen.isEmpty else { return outcome }
    try await environment.lane("packages").run { [environment] in try Self.write(chosen, to: path, environment.fileSystem) }
    return outcome
  }

  private func checkProcessor(among own: [StoredEntry]) throws(Diagnostics) {
    let names = Set(graph.processors.map(\.name)).union(own.map(\.document.processor)).sorted()
    guard let processor, !names.contains(processor) else { return }
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "--processor '\(processor)'", found: "there is no such processor in \(graph.file)", expected: "one of \(names.joined(separator: ", "))",
        hint: NearestName.hint(for: processor, among: names))
    ])
  }

  private static func write(_ entries: [StoredEntry], to path: String, _ fileSystem: any FileSystem) throws {
    let slash = path.lastIndex(of: "/"), parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path, temporary = "\(parent)/.\(name).new"
    let descriptor = try fileSystem.open(temporary, .replace(mode: 0o600))
    do {
      defer { fileSystem.close(descriptor) }
      for entry in entries { try append(entry, to: descriptor, temporary, fileSystem) }
      try fileSystem.synchronize(descriptor, path: temporary)
    } catch {
      // What is left of it is written over by the next try; the error says more than a second one would.
      try? fileSystem.removeFile(temporary)
      throw error
    }
    try fileSystem.rename(temporary, to: path)
    try fileSystem.synchronizeFolder(parent)
  }

  private static func append(_ entry: StoredEntry, to descriptor: Int32, _ path: String, _ fileSystem: any FileSystem) throws {
    let content = "\(entry.path)/content"
    var length: Int64 = 0
    if entry.document.contentType != nil {
      guard let status = try fileSystem.status(content) else {
        throw FileSystemError(operation: "read", path: content, errno: 0, reason: "the entry was removed meanwhile; run this again")
      }
      length = status.sizeBytes
    }
    try fileSystem.write(FlowFilePackage.head(attributes(of: entry.document), contentBytes: Int(length)), to: descriptor, path: path)
    var position: Int64 = 0
    while position < length {
      let piece = try fileSystem.readChunk(content, at: position, count: Int(min(Int64(pieceBytes), length - position)))
      guard !piece.isEmpty else {
        throw FileSystemError(operation: "read", path: content, errno: 0, reason: "it has become shorter meanwhile; run this again")
      }
      try fileSystem.write(piece, to: descriptor, path: path)
      position += Int64(piece.count)
    }
  }

  static func attributes(of document: EntryDocument) -> [String: String] {
    var attributes = document.attributes
    attributes["uuid"] = document.uuid
    for (name, value) in [("filename", document.uuid), ("path", "./"), ("mime.type", document.contentType)] where attributes[name] == nil { attributes[name] = value }
    for (name, value) in [("cause", document.cause), ("message", document.message), ("processor", document.processor)] {
      attributes[attributes[name] == nil ? name : "error.\(name)"] = value
    }
    return attributes
  }
}
