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
    /// Those that cannot be read.
    package var damaged: [DamagedEntry]
  }

  private let folder: ErrorFolder
  private let machine: Machine
  private let fileSystem: any FileSystem
  private let time: any TimeSource
  private let damaged: @Sendable (DamagedEntry) -> Void

  /// - Parameters:
  ///   - folder: path of the error folder.
  ///   - damaged: called for each unreadable entry whenever the folder is read.
  package init(folder: String, on machine: Machine, damaged: @escaping @Sendable (DamagedEntry) -> Void = { _ in }) {
    self.damaged = damaged
    self.machine = machine
    fileSystem = machine.fileSystem
    time = machine.time
    self.folder = ErrorFolder(folder: folder, fileSystem: machine.fileSystem, lane: machine.lane("error folder"))
  }

  /// Throws `Diagnostics` if the folder does not exist or the filter names something unknown, and `FileSystemError`.
  package func list(_ filter: EntryFilter = EntryFilter()) async throws -> Listing {
    let listing = try await listing()
    return Listing(
      entries: try filter.chosen(listing.entries, now: time.now, folder: folder.folder), total: listing.entries.count, damaged: listing.damaged)
  }

  /// The entry with the given uuid or unique prefix; of several with the same uuid, the latest. Throws `Diagnostics` if
  /// none or several match.
  package func entry(_ name: String, hint: CommandHint) async throws -> StoredEntry {
    guard let entry = try Self.named([name], among: try await entries(), hint).last else {
      preconditionFailure("an unknown name is reported as a problem")
    }
    return entry
  }

  /// Removes entries after looking all of them up. Of the databases that they name, only the audit trails are written.
  /// - Parameters:
  ///   - act: what the trails tell; nil for nothing.
  ///   - state: the state folder, which keeps the ends of the trails.
  ///   - warn: told of a database that is not where an entry names it, and of what a trail lacks.
  package func discard(
    _ names: [String], hint: CommandHint, as act: AuditAct? = nil, state: String = "", warn: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> [DiscardedEntry] {
    let entries = try Self.named(names, among: try await entries(), hint)
    var discarding: @Sendable () async throws -> Void = { [folder] in for entry in entries { try await folder.remove(entry) } }
    if let act {
      for audited in try await audited(act, entries, state: state, warn: warn) {
        let body = discarding
        discarding = { try await audited.run(body) { _ in AuditOutcome("discarded: \(entries.map(\.document.uuid).joined(separator: ", "))") } }
      }
    }
    try await discarding()
    return entries.map { DiscardedEntry($0, hint: hint) }
  }

  /// The act in each database that entries name, as far as it is still there.
  private func audited(
    _ act: AuditAct, _ entries: [StoredEntry], state: String, warn: @escaping @Sendable (String) -> Void
  ) async throws -> [AuditedAct] {
    let environment = machine.toolEnvironment
    var acts: [AuditedAct] = []
    for database in Set(entries.compactMap(\.document.database)).sorted(by: { $0.path < $1.path }) {
      let store = try ServiceCatalog.store(at: database.path, environment)
      try await store.bringUpToDate(environment)
      guard try await store.reading({ try await $0.identity() })?.id == database.id else {
        warn("warning: the entry's database is no longer \(database.path), so no audit trail tells of this")
        continue
      }
      let flow = entries.first { $0.document.database == database }?.document.flow
      acts.append(AuditedAct(act, flow: flow, flowSHA256: nil, stores: [store], state: state, environment, warn: warn))
    }
    return acts
  }

  /// The places of all entries, sorted, none of which is read: what they say never changes. None without a folder. Throws `FileSystemError`.
  package func names() async throws -> [String] { try await folder.names() }

  private func entries() async throws -> [StoredEntry] { try await listing().entries }

  private func listing() async throws -> ErrorListing {
    guard try fileSystem.status(folder.folder)?.isFolder == true else {
      throw Diagnostics([
        Diagnostic(.unknownName, found: "there is no folder \(folder.folder)", expected: "the entries of a run: run a flow first, or name its --errors")
      ])
    }
    let listing = try await folder.entries()
    listing.damaged.forEach(damaged)
    return listing
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
