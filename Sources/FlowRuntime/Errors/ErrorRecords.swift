import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Access to the error folder outside a run, for all flows and databases.
package struct ErrorRecords: Sendable {
  package struct Listing: Sendable {
    /// The selected entries, oldest first.
    package var entries: [StoredEntry]
    /// The number of all entries, selected or not.
    package var total: Int
  }

  private let folder: ErrorFolder
  private let fileSystem: any FileSystem
  private let time: any TimeSource
  private let damaged: @Sendable (DamagedEntry) -> Void

  /// - Parameters:
  ///   - folder: path of the error folder.
  ///   - damaged: called for each unreadable entry whenever the folder is read.
  package init(folder: String, on machine: Machine, damaged: @escaping @Sendable (DamagedEntry) -> Void = { _ in }) {
    self.damaged = damaged
    fileSystem = machine.fileSystem
    time = machine.time
    self.folder = ErrorFolder(folder: folder, fileSystem: machine.fileSystem, lane: machine.lane("error folder"))
  }

  /// Throws `Diagnostics` if the folder does not exist or the filter names something unknown, and `FileSystemError`.
  package func list(_ filter: EntryFilter = EntryFilter()) async throws -> Listing {
    let entries = try await entries()
    return Listing(entries: try filter.chosen(entries, now: time.now, folder: folder.folder), total: entries.count)
  }

  /// The entry with the given uuid or unique prefix; of several with the same uuid, the latest. Throws `Diagnostics` if
  /// none or several match.
  package func entry(_ name: String, hint: CommandHint) async throws -> StoredEntry {
    guard let entry = try Self.named([name], among: try await entries(), hint).last else {
      preconditionFailure("an unknown name is reported as a problem")
    }
    return entry
  }

  /// Removes entries after looking all of them up. Does not write to any database.
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

  /// The entries matching the uuids or prefixes, each once, oldest first for equal uuids. Throws `Diagnostics` if a
  /// name matches none or several.
  private static func named(_ names: [String], among entries: [StoredEntry], _ hint: CommandHint) throws(Diagnostics) -> [StoredEntry] {
    var problems: [Diagnostic] = []
    var found: [StoredEntry] = []
    for name in names {
      let matching = name.isEmpty ? [] : entries.filter { $0.document.uuid.hasPrefix(name) }
      // An entry that failed again in a replay exists twice until the next run removes the older one.
      if Set(matching.map(\.document.uuid)).count == 1 {
        found += matching.filter { entry in !found.contains { $0.path == entry.path } }
      } else {
        problems.append(
          Diagnostic(
            matching.isEmpty ? .unknownName : .ambiguousName, subject: "entry '\(name)'", found: matching.isEmpty ? "there is none" : "it matches \(matching.count) entries",
            expected: matching.isEmpty ? "an entry's uuid" : "more of its uuid", hint: "list them with: \(hint.command("errors", "list"))"))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return found
  }
}
