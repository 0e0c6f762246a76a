import FlowCore

/// Takes the files of a folder into the flow, as NiFi's GetFile.
///
///     - name: take answers
///       type: GetFile
///       properties: { input_directory: inbox, file_filter: ".*\\.csv" }
///       to: { success: convert }
///
/// The folder is listed once in a run. A file is removed when its FlowFile and all that was made of it have ended: written, dropped, or kept in the error
/// folder. If one of them ends as deferred, or the run is killed, the file stays for the next run.
///
/// A file that changes between listing and the end of reading is left to a later run; one that changes until its FlowFile has ended stays; a change of
/// owner, mode or hard links is none. A file that is written slowly may pause for longer than reading takes: have it renamed into the folder, or set
/// `minimum_file_age`.
package struct GetFile: Processor {
  static let keepsSource = Property<Bool>("keep_source_file", .boolean, default: "false", "Whether the files stay; then every run takes them again.")
  static let isRecursive = Property<Bool>("recurse_subdirectories", .boolean, default: "true", "Whether files of subfolders are taken too.")
  static let batch = Property<Int>("batch_size", .integer(1...10_000), default: "10", "Files that are read at a time.")

  static let success = Relationship("success", "The content of each file.")

  package static let descriptor = ProcessorDescriptor(
    type: "GetFile",
    summary: "Takes the files of a folder into the flow, and removes them once they are done.",
    differences: [
      "A file is removed when its FlowFile and all that was made of it have ended, not before: a run keeps no FlowFiles.",
      "Symbolic links, to files and folders, are left out.",
      "Owner, group and the other times of a file are no attributes.",
      "There is no polling interval: a run lists once, and a `schedule` says when it runs.",
    ],
    properties: FileListing.properties(isRecursive) + [PropertyDescriptor(keepsSource), PropertyDescriptor(batch)],
    relationships: [success],
    writes: FileListing.attributes,
    input: .forbidden,
    maximumConcurrency: 1,
    counters: [
      AttributeDescriptor("files", "Files taken."), AttributeDescriptor("files unreadable", "Files that could not be read; they stay."),
      AttributeDescriptor("files changing", "Files that changed before they were read whole; they stay for a later run."), FileListing.leftOutCounter,
    ],
    paths: FileListing.paths)

  private let listing: FileListing
  private let keepsSource: Bool
  private let batch: Int
  private let name: String
  private let environment: RuntimeEnvironment
  private let lane: any Lane
  /// nil: not listed yet.
  private let left = Locked<ArraySlice<ListedFile>?>(nil)

  package init(_ configuration: ProcessorConfiguration) throws {
    listing = FileListing(configuration, isRecursive: configuration[Self.isRecursive], filtersTopFolder: false)
    keepsSource = configuration[Self.keepsSource]
    batch = configuration[Self.batch]
    name = configuration.name
    environment = configuration.environment
    lane = configuration.environment.lane("GetFile \(configuration.name)")
  }

  package func process(_ session: ProcessSession) async throws {
    let contents = session.environment.contents, now = session.environment.time.now
    let listed = left.withLock { $0 }
    let files: ArraySlice<ListedFile>
    if let listed {
      files = listed
    } else {
      let listed = try await lane.run { [listing] in try listing.files(at: now) }
      listed.tell(session)
      files = listed.files[...]
    }
    // Only what was taken is left out: if the session fails, the files are there for the next trigger.
    for file in files.prefix(batch) {
      do {
        switch try await lane.run({ [environment] in try FileContent.read(file.path, as: file.state, contents, environment.fileSystem) }) {
        case .whole(let content):
          var flowFile = session.create(onEnd: keepsSource ? nil : removal(of: file))
          file.describe(&flowFile)
          flowFile.content = content
          session.count("files")
          session.transfer(flowFile, to: Self.success)
        case .changed(let change):
          session.count("files changing")
          session.post(.warning, "a file changed before it was read whole, and is left to a later run", change.description)
        }
      } catch let error as FileSystemError {
        session.count("files unreadable")
        session.post(.error, "a file cannot be read", error.description)
      }
    }
    let rest = files.dropFirst(batch)
    left.withLock { $0 = rest }
    if rest.isEmpty { session.exhausted() }
  }

  private func removal(of file: ListedFile) -> LineageEndHandler {
    { [lane, environment, name] outcome in
      guard outcome.isSettled else { return }
      try await lane.run {
        if try file.state.isLeft(at: file.path, of: name, environment) { try environment.fileSystem.removeFile(file.path) }
      }
    }
  }
}

extension LineageOutcome {
  /// Nothing of it is left to the next run: all of it has ended, or is in the error folder.
  var isSettled: Bool { deferred == 0 && abandoned == 0 }
}
