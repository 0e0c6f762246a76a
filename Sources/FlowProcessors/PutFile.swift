import FlowCore

/// Writes the content to a file: whole or not at all. Files are for their owner's eyes (0600): what passes through is health data.
package struct PutFile: Processor {
  enum Conflict: String, CaseIterable, Sendable { case replace, ignore, fail }
  static let folder = Property<any AttributeExpression>.required("folder", .expression, "Folder to write to; made if absent.")
  static let name = Property<any AttributeExpression>("name", .expression, default: "${uuid}", "File name; may hold `/` for folders below, never `..`.")
  static let conflict = Property<Conflict>("conflict", .choice, default: "replace", "What happens when the file is there.")

  static let success = Relationship("success", "The file is written and durable.")
  static let failure = Relationship(Relationship.failureName, "It cannot be written, or its name leads out of the folder.")

  package static let descriptor = ProcessorDescriptor(
    type: "PutFile",
    summary: "Writes the content to a file, atomically.",
    properties: [PropertyDescriptor(folder), PropertyDescriptor(name), PropertyDescriptor(conflict)],
    relationships: [success, failure],
    writes: [AttributeDescriptor("putfile.path", "The file written.")],
    counters: [AttributeDescriptor("files written", "Files written.")],
    check: { neighbourhood in
      guard let path = neighbourhood.values[folder].literal, HomeFolder.isUnexpanded(path) else { return [] }
      return [Diagnostic(.unsuitableValue, property: folder.name, found: "it is '\(path)'", expected: HomeFolder.expected + "; " + HomeFolder.hint)]
    })

  private let folder: any AttributeExpression
  private let name: any AttributeExpression
  private let conflict: Conflict
  private let fileSystem: any FileSystem
  private let lane: any Lane
  /// In temporary names: two processors may write a FlowFile of the same uuid into one folder at once.
  private let tag: String
  /// Folders in which leftovers were looked for.
  private let tidied = Locked<Set<String>>([])

  private static let prefix = ".flowrun-"
  private static let suffix = ".partial"

  package init(_ configuration: ProcessorConfiguration) throws {
    folder = configuration[Self.folder]
    name = configuration[Self.name]
    conflict = configuration[Self.conflict]
    fileSystem = configuration.environment.fileSystem
    lane = configuration.environment.lane("PutFile \(configuration.name)")
    tag = String(FlowFileID(configuration.environment.random).high, radix: 16)
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    let path = try path(for: flowFile)
    let bytes = flowFile.content.fileBytes
    let file = DurableFile(
      folder: path.folder, name: path.name, temporary: "\(Self.prefix)\(flowFile.id.text)-\(tag)\(Self.suffix)", fileSystem: fileSystem)
    do {
      let isWritten = try await lane.run { [conflict, tidied] in
        if conflict != .replace, try file.exists() { return false }
        try file.write(bytes)
        // Once a folder: what a killed run left half done there.
        if tidied.withLock({ $0.insert(path.folder).inserted }) { try file.removeLeftovers(prefix: Self.prefix, suffix: Self.suffix) }
        return true
      }
      if !isWritten && conflict == .fail {
        throw ProcessorError(.badData, "\(path.folder)/\(path.name) is there already; expected none (conflict: fail)")
      }
      if isWritten { session.count("files written") }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, error.description)
    }
    flowFile["putfile.path"] = path.folder + "/" + path.name
    session.transfer(flowFile, to: Self.success)
  }

  private func path(for flowFile: FlowFile) throws -> (folder: String, name: String) {
    var folder = try self.folder.evaluate(flowFile)
    let parts = try name.evaluate(flowFile).split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    guard !folder.isEmpty, let name = parts.last, !parts.contains(where: { $0 == ".." || $0 == "." || $0.contains("\0") }) else {
      throw ProcessorError(.badData, "file name '\(parts.joined(separator: "/"))' in folder '\(folder)'; expected a name that stays in the folder")
    }
    for part in parts.dropLast() { folder += "/" + part }
    return (folder, name)
  }
}

extension Content {
  /// As a file holds it: records as JSON lines.
  var fileBytes: [UInt8] {
    switch self {
    case .empty: []
    case .bytes(let bytes): bytes
    case .records(let batch): batch.jsonLines
    }
  }
}
