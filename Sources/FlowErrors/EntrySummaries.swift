import FlowCore
import FlowFileSystem
import StudyModel

/// The entries of a flow as the sweep at the end of a run needs them.
package struct EntrySummaries: Sendable {
  /// What `ErrorFolder.entries` lists, but an entry that the index knows has only the members of its summary.
  package let listing: ErrorListing
  /// Paths of the entries that were not read.
  let unread: Set<String>
  let index: EntryIndex
  /// What the index was before.
  let known: EntryIndex
}

extension EntryDisk {
  /// - Parameter known: what the last sweep knew. The number of calls depends on the number of folders and on the entries that it lacks.
  func summaries(flow: String, _ known: EntryIndex) throws -> EntrySummaries {
    var listing = ErrorListing()
    var unread: Set<String> = []
    var found = EntryIndex()
    let below = folder(ofFlow: flow).count + 1
    for folder in try processorFolders(flow: flow) {
      for name in try names(in: folder) where !name.hasPrefix(".") {
        let path = "\(folder)/\(name)", place = String(path.dropFirst(below))
        if let entry = known[place] {
          listing.entries.append(entry)
          unread.insert(path)
        } else if try fileSystem.status(path)?.isFolder == true {
          try add(path, to: &listing)
        }
      }
    }
    for entry in listing.entries { found[String(entry.path.dropFirst(below))] = entry }
    listing.sort()
    return EntrySummaries(listing: listing, unread: unread, index: found, known: known)
  }

  /// Whether the entry still says what its summary does, or is gone. False for one that cannot be read.
  func isUnchanged(_ entry: StoredEntry) throws -> Bool {
    do {
      return try read(entry.path).summary == entry.summary
    } catch is Diagnostic {
      return false
    } catch let error as FileSystemError where error.isNotThere {
      return try fileSystem.status(entry.path) == nil
    }
  }

  // MARK: The index

  /// The index of a flow; an empty one if there is none, or none that can be used.
  func index(_ file: String, flow: String) -> EntryIndex {
    do {
      return EntryIndex(bytes: try fileSystem.read(file, limitBytes: EntryDisk.indexLimitBytes), folder: folder(ofFlow: flow)) ?? EntryIndex()
    } catch {
      // It only saves reading the entries, which takes its place.
      return EntryIndex()
    }
  }

  /// - Parameter paths: entries that are read again the next time, if they still exist.
  func keep(_ summaries: EntrySummaries, without paths: Set<String>, in file: String, flow: String) throws {
    let below = folder(ofFlow: flow).count + 1
    var index = summaries.index
    for path in paths { index[String(path.dropFirst(below))] = nil }
    guard index != summaries.known else { return }
    try fileSystem.makeFolder(parent(of: file))
    try fileSystem.replaceDurably(file, with: index.bytes(), temporary: file + ".partial")
  }

  func removeIndex(_ file: String) throws {
    let files = try [file, file + ".partial"].filter { try fileSystem.status($0) != nil }
    guard !files.isEmpty else { return }
    for path in files { try fileSystem.removeFile(path) }
    // Durable, as the removal of entries is: after a power cut the index would name erased participants again.
    try fileSystem.synchronizeFolder(parent(of: file))
  }
}
