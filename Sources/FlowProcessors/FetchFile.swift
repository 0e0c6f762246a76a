import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads the file that a FlowFile names, as NiFi's FetchFile: mostly behind ListFile.
///
///     - name: fetch file
///       type: FetchFile
///       properties: { completion_strategy: move_file, move_destination_directory: done }
///       to: { success: convert, not.found: drop, permission.denied: errors }
///
/// A file that changes while it is read is a failure that may pass (`disk`). One that changes until the FlowFile has ended is neither moved nor deleted, and
/// a bulletin says so; a change of owner, mode or hard links is none. Symbolic links are refused, and so are files of the run itself: its state, its error
/// entries, its batch folder, databases in files, folders of raw responses and of object storages.
package struct FetchFile: Processor {
  enum Completion: String, CaseIterable, Sendable {
    case none
    case move = "move_file"
    case delete = "delete_file"
  }
  enum Conflict: String, CaseIterable, Sendable {
    case rename
    case replace = "replace_file"
    case keep = "keep_existing"
    case fail
  }

  static let file = Property<any AttributeExpression>("file_to_fetch", .expression, default: "${absolute.path}/${filename}", "Path of the file. A `..` may stand in the flow's text, not in an attribute.")
  static let completion = Property<Completion>("completion_strategy", .choice, default: "none", "What becomes of the file once it is done.")
  static let destination = Property<any AttributeExpression>("move_destination_directory", .expression, "Folder into which it is moved; created if absent.")
  static let conflict = Property<Conflict>(
    "move_conflict_strategy", .choice, default: "rename", "If that folder has a file of the name: `rename` adds the FlowFile's uuid, `keep_existing` deletes the file, `fail` sends the FlowFile to failure and leaves it.")

  static let success = Relationship("success", "The content of the file.")
  static let notFound = Relationship("not.found", "There is no such file.")
  static let denied = Relationship("permission.denied", "This user may not read the file.")
  static let failure = Relationship(
    Relationship.failureName,
    "The file cannot be read; changed while it was read (`disk`: another try may pass); is a link, no file, or one of the run itself (`bad_request`); or its destination has one of the name (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "FetchFile",
    summary: "Reads the file that a FlowFile names.",
    differences: [
      "The file is moved or deleted when the FlowFile and all that was made of it have ended, unless one of them is deferred: a run keeps no FlowFiles.",
      "With a completion strategy the FlowFile goes on under another uuid.",
      "A move does not cross file systems.",
      "Links are refused, and a `..` that an attribute brings into the path.",
    ],
    properties: [PropertyDescriptor(file), PropertyDescriptor(completion), PropertyDescriptor(destination), PropertyDescriptor(conflict)],
    relationships: [success, notFound, denied, failure],
    reads: [
      AttributeDescriptor("absolute.path", "Folder of the file, unless `file_to_fetch` says otherwise."),
      AttributeDescriptor("filename", "Name of the file, unless `file_to_fetch` says otherwise."),
    ],
    writes: [AttributeDescriptor("fetch.failure.reason", "Of a FlowFile that is not a success: why.")],
    counters: [AttributeDescriptor("files", "Files read.")],
    paths: { values in
      let target = values[completion] == .move ? values.optional(destination)?.literal : nil
      return [values[file].literal.map { PropertyPath(file.name, $0) }, target.map { PropertyPath(destination.name, $0) }].compactMap { $0 }
    },
    check: { neighbourhood in
      let values = neighbourhood.values
      guard values[completion] == .move, values.optional(destination) == nil else { return [] }
      return [Diagnostic(.conflictingProperties, property: "completion_strategy", found: "it is 'move_file' without a destination", expected: "move_destination_directory too")]
    })

  private let file: any AttributeExpression
  private let completion: Completion
  private let destination: (any AttributeExpression)?
  private let conflict: Conflict
  private let name: String
  private let environment: RuntimeEnvironment
  private let lane: any Lane

  package init(_ configuration: ProcessorConfiguration) throws {
    file = configuration[Self.file]
    completion = configuration[Self.completion]
    destination = configuration.optional(Self.destination)
    conflict = configuration[Self.conflict]
    name = configuration.name
    environment = configuration.environment
    lane = configuration.environment.lane("FetchFile \(configuration.name)")
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let contents = session.environment.contents
    do {
      let path = try file.path(flowFile, property: Self.file.name)
      let ending = try ending(of: path, flowFile)
      let (reading, state) = try await lane.run { [environment] in
        try environment.protectedPaths.check(path, environment.fileSystem)
        try ending?.check(environment)
        return try Self.read(path, contents, environment.fileSystem)
      }
      let content: Content
      switch reading {
      case .whole(let whole): content = whole
      case .changed(let change): return fail(flowFile, FlowFileFailure(cause: .disk, message: "a file changed while it was read: \(change)"), session)
      }
      session.count("files")
      guard let ending else {
        var fetched = flowFile
        fetched.content = content
        return session.transfer(fetched, to: Self.success)
      }
      var fetched = session.create(childOf: flowFile) { [lane, environment, name] outcome in
        guard outcome.isSettled else { return }
        try await lane.run {
          if try state.isLeft(at: path, of: name, environment) { try ending.carryOut(environment.fileSystem) }
        }
      }
      fetched.content = content
      session.transfer(fetched, to: Self.success)
      session.remove(flowFile)
    } catch let error as FileSystemError {
      refuse(flowFile, error, session)
    } catch let error as ProcessorError {
      fail(flowFile, error.failure, session)
    }
  }

  private func fail(_ flowFile: FlowFile, _ failure: FlowFileFailure, _ session: ProcessSession) {
    var failed = flowFile
    failed["fetch.failure.reason"] = failure.message
    session.transfer(failed, to: Self.failure, because: failure)
  }

  /// The content, and the file as it was before. Blocks. Throws `FileSystemError`; `ProcessorError` (`bad_request`) for what is no file.
  private static func read(_ path: String, _ contents: ContentFolder, _ fileSystem: any FileSystem) throws -> (FileContent, FileState) {
    let sighting = try FileSighting(at: path, fileSystem)
    switch sighting {
    case .file(let state): return (try FileContent.read(path, as: state, contents, fileSystem), state)
    case .nothing:
      // The system's own words for it.
      fileSystem.close(try fileSystem.open(path, .read))
      throw FileSystemError(operation: "open", path: path, errno: ENOENT, reason: "it has come just now")
    case .folder, .link, .other:
      let next = sighting == .link ? "name the file that it leads to, or put the file there" : "name a file in file_to_fetch"
      throw ProcessorError(.badRequest, "'\(path)' is \(sighting.words); expected a file; \(next)")
    }
  }

  private func refuse(_ flowFile: FlowFile, _ error: FileSystemError, _ session: ProcessSession) {
    var refused = flowFile
    refused["fetch.failure.reason"] = error.description
    switch error.errno {
    case ENOENT, ENOTDIR: session.transfer(refused, to: Self.notFound, because: FlowFileFailure(cause: .notFound, message: error.description))
    case EACCES, EPERM: session.transfer(refused, to: Self.denied, because: FlowFileFailure(cause: .disk, message: error.description))
    default: fail(flowFile, FlowFileFailure(cause: .disk, message: error.description), session)
    }
  }

  /// nil: the file stays.
  private func ending(of path: String, _ flowFile: FlowFile) throws -> FileEnding? {
    guard completion != .none else { return nil }
    guard completion == .move, let destination else { return FileEnding(path: path, target: nil, conflict: conflict, tag: flowFile.id.text) }
    let folder = try destination.path(flowFile, property: Self.destination.name)
    guard !folder.isEmpty else { throw ProcessorError(.badData, "move_destination_directory is empty; expected a folder") }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return FileEnding(path: path, target: (folder, name), conflict: conflict, tag: flowFile.id.text)
  }
}

/// What becomes of a file that is done. Every function blocks and throws `FileSystemError`. The file itself is looked at before.
private struct FileEnding: Sendable {
  let path: String
  /// nil: it is deleted.
  let target: (folder: String, name: String)?
  let conflict: FetchFile.Conflict
  /// Makes another name of one that is taken.
  let tag: String

  /// Before the file is read: what would stop it later.
  func check(_ environment: RuntimeEnvironment) throws {
    guard let target else { return }
    try environment.protectedPaths.check("\(target.folder)/\(target.name)", environment.fileSystem)
    guard conflict == .fail, try environment.fileSystem.status("\(target.folder)/\(target.name)") != nil else { return }
    throw ProcessorError(.badData, "\(target.folder)/\(target.name) exists already; expected no such file (move_conflict_strategy: fail)")
  }

  func carryOut(_ fileSystem: any FileSystem) throws {
    guard let target else { return try fileSystem.removeFile(path) }
    try fileSystem.makeFolderDurably(target.folder)
    let goal = "\(target.folder)/\(target.name)"
    switch conflict {
    case .replace: try fileSystem.rename(path, to: goal)
    case .keep: if try !fileSystem.renameExclusively(path, to: goal) { return try fileSystem.removeFile(path) }
    case .fail:
      guard try fileSystem.renameExclusively(path, to: goal) else {
        throw FileSystemError(operation: "move \(path) to", path: goal, errno: EEXIST, reason: "a file of that name has come meanwhile")
      }
    case .rename: if try !fileSystem.renameExclusively(path, to: goal) { try fileSystem.rename(path, to: "\(goal)-\(tag)") }
    }
    try fileSystem.synchronizeFolder(target.folder)
  }
}
