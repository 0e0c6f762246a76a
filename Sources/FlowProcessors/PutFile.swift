import FlowCore

/// Writes the content to a file, completely or not at all, readable only by its owner (0600) because it may be health
/// data. Files of the run itself are not replaced: its state, its error entries, its batch folder, databases in files, folders of raw responses and of
/// object storages. A folder of them in the flow's own text is refused before the run starts.
package struct PutFile: Processor {
  enum Conflict: String, CaseIterable, Sendable { case replace, ignore, fail }
  static let folder = Property<any AttributeExpression>.required("folder", .expression, "Folder to write to; created if absent. A `..` may stand in the flow's text, not in an attribute.")
  static let name = Property<any AttributeExpression>("name", .expression, default: "${uuid}", "File name; may contain `/` for subfolders, but not `..`.")
  static let conflict = Property<Conflict>("conflict", .choice, default: "replace", "What to do if the file exists.")

  static let success = Relationship("success", "The file was written durably.")
  static let failure = Relationship(Relationship.failureName, "The file cannot be written, its name leads out of the folder, or it is one of the run itself (`bad_request`).")

  package static let descriptor = ProcessorDescriptor(
    type: "PutFile",
    summary: "Writes the content to a file, atomically.",
    properties: [PropertyDescriptor(folder), PropertyDescriptor(name), PropertyDescriptor(conflict)],
    relationships: [success, failure],
    writes: [AttributeDescriptor("putfile.path", "The file written.")],
    counters: [AttributeDescriptor("files written", "Files written.")],
    paths: { values in
      guard let path = values[folder].literal else { return [] }
      // With the name it is one file; a folder may have files of the run that this one does not name.
      return [PropertyPath(folder.name, values[name].literal.map { "\(path)/\($0)" } ?? path)]
    },
    check: { neighbourhood in
      guard let path = neighbourhood.values[folder].literal, HomeFolder.isUnexpanded(path) else { return [] }
      return [Diagnostic(.unsuitableValue, property: folder.name, found: "it is '\(path)'", expected: HomeFolder.expected + "; " + HomeFolder.hint)]
    })

  private let folder: any AttributeExpression
  private let name: any AttributeExpression
  private let conflict: Conflict
  private let fileSystem: any FileSystem
  private let protected: ProtectedPaths
  private let lane: any Lane
  /// Part of temporary names, because two processors may write FlowFiles with the same UUID to the same folder.
  private let tag: String
  /// Folders that were already searched for leftovers.
  private let tidied = Locked<Set<String>>([])

  package init(_ configuration: ProcessorConfiguration) throws {
    folder = configuration[Self.folder]
    name = configuration[Self.name]
    conflict = configuration[Self.conflict]
    fileSystem = configuration.environment.fileSystem
    protected = configuration.environment.protectedPaths
    lane = configuration.environment.lane("PutFile \(configuration.name)")
    tag = String(FlowFileID(configuration.environment.random).high, radix: 16)
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    try await flowFile.loadContent(session.environment.contents)
    let path = try path(for: flowFile)
    let bytes = flowFile.content.fileBytes
    let file = DurableFile(
      folder: path.folder, name: path.name, stem: "\(flowFile.id.text)-\(tag)", fileSystem: fileSystem)
    do {
      let isWritten = try await lane.run { [conflict, tidied, protected, fileSystem] in
        try protected.check(path.folder + "/" + path.name, fileSystem)
        if conflict != .replace, try file.exists() { return false }
        try file.write(bytes)
        // Once per folder: remove temporary files left by a killed run.
        if tidied.withLock({ $0.insert(path.folder).inserted }) { try file.removeLeftovers() }
        return true
      }
      if !isWritten && conflict == .fail {
        throw ProcessorError(.badData, "\(path.folder)/\(path.name) exists already; expected no such file (conflict: fail)")
      }
      if isWritten { session.count("files written") }
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, error.description)
    }
    flowFile["putfile.path"] = path.folder + "/" + path.name
    session.transfer(flowFile, to: Self.success)
  }

  private func path(for flowFile: FlowFile) throws -> (folder: String, name: String) {
    var folder = try self.folder.path(flowFile, property: Self.folder.name)
    let parts = try name.evaluate(flowFile).split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    guard !folder.isEmpty, let name = parts.last, !parts.contains(where: { $0 == ".." || $0 == "." || $0.contains("\0") }) else {
      throw ProcessorError(.badData, "file name '\(parts.joined(separator: "/"))' in folder '\(folder)'; expected a name that stays in the folder")
    }
    for part in parts.dropLast() { folder += "/" + part }
    return (folder, name)
  }
}

extension Content {
  /// The content as written to a file: records as JSON Lines.
  var fileBytes: [UInt8] {
    switch self {
    case .empty: []
    case .bytes(let bytes): bytes
    case .records(let batch): batch.jsonLines
    case .claim: preconditionFailure("a content in a file is loaded before")
    }
  }
}
