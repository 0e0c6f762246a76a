import FlowCore

/// Gives a FlowFile for each file of a folder that is new or has changed since the last run, as NiFi's ListFile with the strategy of tracking entities.
///
///     - name: list answers
///       type: ListFile
///       properties: { input_directory: inbox }
///       to: { success: fetch file }
///
/// A file is noted as listed in the state folder (`STATE/listed`) when its FlowFile and all that was made of it have ended, in the error folder too. If
/// one of them ends as deferred, or the run is killed, the next run lists the file again. It is new if its path, size or time of change is.
package struct ListFile: Processor {
  static let isRecursive = Property<Bool>("recurse_subdirectories", .boolean, default: "true", "Whether files of subfolders are listed too.")

  static let success = Relationship("success", "An empty FlowFile for each file, whose attributes say where it is.")

  package static let descriptor = ProcessorDescriptor(
    type: "ListFile",
    summary: "Lists the files of a folder that no run has listed before.",
    differences: [
      "A file is noted when its FlowFile and all that was made of it have ended, not when it is listed: a run keeps no FlowFiles.",
      "Symbolic links, to files and folders, are left out.",
      "Owner, group and the other times of a file are no attributes.",
    ],
    properties: FileListing.properties(isRecursive),
    relationships: [success],
    writes: FileListing.attributes,
    input: .forbidden,
    maximumConcurrency: 1,
    counters: [
      AttributeDescriptor("files", "Files listed."), AttributeDescriptor("files known", "Files that a run has listed before."), FileListing.leftOutCounter,
    ],
    paths: FileListing.paths)

  private static let portion = 100

  private let listing: FileListing
  private let memory: ListingMemory
  private let lane: any Lane
  /// nil: not listed yet.
  private let left = Locked<ArraySlice<ListedFile>?>(nil)

  package init(_ configuration: ProcessorConfiguration) throws {
    listing = FileListing(configuration, isRecursive: configuration[Self.isRecursive], filtersTopFolder: true)
    let environment = configuration.environment
    let state = environment.shared.value { RunStateFolder(path: ".flowrun") }
    memory = ListingMemory(folder: "\(state.path)/listed", flow: state.flow, processor: configuration.name, listed: listing.folder, environment.fileSystem)
    lane = environment.lane("ListFile \(configuration.name)")
  }

  package func process(_ session: ProcessSession) async throws {
    let now = session.environment.time.now
    let listed = left.withLock { $0 }
    let files: ArraySlice<ListedFile>
    if let listed {
      files = listed
    } else {
      let (all, new) = try await lane.run { [listing, memory] in
        let all = try listing.files(at: now)
        do { return (all, try memory.new(among: all.files)) } catch let error as FileSystemError { throw ProcessorError(.disk, error.description) }
      }
      all.tell(session)
      session.count("files known", all.files.count - new.count)
      files = new[...]
    }
    for file in files.prefix(Self.portion) {
      var flowFile = session.create { [lane, memory] outcome in
        if outcome.isSettled { try await memory.note(file, on: lane) }
      }
      file.describe(&flowFile)
      session.count("files")
      session.transfer(flowFile, to: Self.success)
    }
    let rest = files.dropFirst(Self.portion)
    left.withLock { $0 = rest }
    if rest.isEmpty { session.exhausted() }
  }
}
