import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// The error folder for who looks at it beside a run: the entries of every flow and database.
package struct ErrorRecords: Sendable {
  package struct Listing: Sendable {
    /// Those that were asked for, the oldest first.
    package var entries: [StoredEntry]
    /// How many there are, whatever was asked for.
    package var total: Int
  }

  private let folder: ErrorFolder
  private let fileSystem: any FileSystem
  private let time: any TimeSource
  private let damaged: @Sendable (DamagedEntry) -> Void

  /// - Parameters:
  ///   - folder: the error folder's path.
  ///   - damaged: is told of what cannot be read as an entry whenever the folder is looked through.
  package init(folder: String, on machine: Machine, damaged: @escaping @Sendable (DamagedEntry) -> Void = { _ in }) {
    self.damaged = damaged
    fileSystem = machine.fileSystem
    time = machine.time
    self.folder = ErrorFolder(folder: folder, fileSystem: machine.fileSystem, lane: machine.lane("error folder"))
  }

  /// Throws `Diagnostics` where there is no such folder, and for a filter that names what nobody has; `FileSystemError`.
  package func list(_ filter: EntryFilter = EntryFilter()) async throws -> Listing {
    let entries = try await entries()
    return Listing(entries: try filter.chosen(entries, now: time.now, folder: folder.folder), total: entries.count)
  }

  /// One entry, by its uuid or a prefix that only it has; the latest of a uuid. Throws `Diagnostics` for a name of none or of several.
  package func entry(_ name: String, hint: CommandHint) async throws -> StoredEntry {
    guard let entry = try Self.named([name], among: try await entries(), hint).last else {
      preconditionFailure("a name that nothing has is a problem")
    }
    return entry
  }

  /// Removes entries; all are looked up before the first is removed. Writes nothing to any database.
  package func discard(_ names: [String], hint: CommandHint) async throws -> [DiscardedEntry] {
    let entries = try Self.named(names, among: try await entries(), hint)
    for entry in entries { try await folder.remove(entry) }
    return entries.map { DiscardedEntry($0, hint: hint) }
  }

  private func entries() async throws -> [StoredEntry] {
    guard try fileSystem.status(folder.folder)?.isFolder == true else {
      throw Diagnostics([
        Diagnostic(.unknownName, found: "there is no folder \(folder.folder)", expected: "the entries of a run: run a flow first, or name its --errors")
      ])
    }
    let listing = try await folder.entries()
    listing.damaged.forEach(damaged)
    return listing.entries
  }

  /// The entries that uuids or their beginnings name, each once, the oldest of a uuid first. Throws `Diagnostics` for what names none or several.
  private static func named(_ names: [String], among entries: [StoredEntry], _ hint: CommandHint) throws(Diagnostics) -> [StoredEntry] {
    var problems: [Diagnostic] = []
    var found: [StoredEntry] = []
    for name in names {
      let matching = name.isEmpty ? [] : entries.filter { $0.document.uuid.hasPrefix(name) }
      // One that failed again in a replay has the same uuid twice until the next run has cleared the older one.
      if Set(matching.map(\.document.uuid)).count == 1 {
        found += matching.filter { entry in !found.contains { $0.path == entry.path } }
      } else {
        problems.append(
          Diagnostic(
            matching.isEmpty ? .unknownName : .ambiguousName, subject: "entry '\(name)'", found: matching.isEmpty ? "there is none" : "it begins \(matching.count) entries",
            expected: matching.isEmpty ? "an entry's uuid" : "more of its uuid", hint: "they are listed by: \(hint.command("errors", "list"))"))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return found
  }
}
