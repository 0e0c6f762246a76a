import FlowCore
import StudyModel

/// Decides which files an export writes, removes and leaves alone. A plain value.
struct ExportPlan: Sendable {
  /// A partition that has rows, or may have: extents say from when to when a participant's rows are, not that there are some in each month.
  struct Step: Sendable {
    var partition: Partition
    var table: ExportTable
    /// The days that the file covers: of its month, those of the window. nil for a table without time.
    var days: Range<CivilDate>?
    /// Whose rows may lie in it, in the order in which they are written.
    var participants: [String]
  }

  let request: ExportRequest
  let target: String
  /// What the target holds; nil if it has no manifest.
  let manifest: ExportManifest?
  let steps: [Step]
  /// The names of the tables of this export and of the target's manifest.
  let tables: Set<String>

  /// - Parameter extents: by table of the layout and participant, those of its leading tables.
  init(_ request: ExportRequest, tables: [ExportTable], extents: [String: [String: [RowExtent]]], target: String, manifest: ExportManifest?) {
    self.request = request
    self.target = target
    self.manifest = manifest
    self.tables = Set(tables.map(\.name) + (manifest?.files.map(\.table) ?? []))
    steps = tables.flatMap { Self.steps(of: $0, extents[$0.name] ?? [:], request.window) }.sorted { Partition.isBefore($0.partition, $1.partition) }
  }

  private static func steps(of table: ExportTable, _ extents: [String: [RowExtent]], _ window: ExportWindow) -> [Step] {
    let names = extents.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard table.isDivided else {
      return names.isEmpty ? [] : [Step(partition: Partition(table: table.name, month: nil), table: table, days: nil, participants: names)]
    }
    var participants: [CivilMonth: [String]] = [:]
    for name in names {
      var months: Set<CivilMonth> = []
      for extent in extents[name] ?? [] {
        guard let range = extent.months else { continue }
        var month = range.lowerBound
        while month <= range.upperBound {
          months.insert(month)
          month = month.next
        }
      }
      for month in months { participants[month, default: []].append(name) }
    }
    return participants.compactMap { month, names in
      window.days(of: month).map { Step(partition: Partition(table: table.name, month: month), table: table, days: $0, participants: names) }
    }
  }

  // MARK: Checks

  /// Throws `Diagnostics` if the target holds something that this export must not replace.
  func check() throws {
    guard let manifest else { return }
    let asked = request.selection.patterns ?? []
    let differences = [
      ("flow", manifest.flow, request.flow), ("layout", manifest.layout, request.layout.name), ("format", manifest.format, request.format.rawValue),
      ("participants", Self.shown(manifest.selection.participants), Self.shown(asked)),
    ].filter { $0.1 != $0.2 }
    var problems = differences.map { name, found, wanted in
      Diagnostic(
        .otherExport, subject: "target '\(target)'", found: "it holds an export with \(name) '\(found)'", expected: "\(name) '\(wanted)', as this export has",
        hint: "name another target, or export with the same flow, layout, format and participants")
    }
    if problems.isEmpty { problems = manifest.files.compactMap(narrowing) }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private static func shown(_ patterns: [String]) -> String { patterns.isEmpty ? "all" : patterns.joined(separator: " ") }

  /// The problem of a file that this export would replace by one with fewer days.
  private func narrowing(_ file: ExportManifest.File) -> Diagnostic? {
    guard let month = file.month.flatMap({ CivilMonth(text: $0) }), let days = request.window.days(of: month),
      let from = file.from.flatMap({ CivilDate(text: $0) }), let until = file.until.flatMap({ CivilDate(text: $0) }),
      from < days.lowerBound || days.upperBound < until
    else { return nil }
    return Diagnostic(
      .otherExport, subject: "'\(file.key)' of target '\(target)'",
      found: "it covers \(from.text) to before \(until.text), and this export only \(days.lowerBound.text) to before \(days.upperBound.text)",
      expected: "at least the days that it covers",
      hint: "name another target, or export whole months: --from \(month.firstDay.text) --until \(month.next.firstDay.text)")
  }

  // MARK: What remains

  /// Whether a partition is among those that this export makes anew.
  func isWithin(_ partition: Partition) -> Bool { partition.month.map { request.window.days(of: $0) != nil } ?? true }

  /// The keys to remove: partitions that had rows before, in the manifest or left by an export that did not come to its end, and have none now.
  /// - Parameters:
  ///   - keys: those in the target.
  ///   - written: those of this export's files.
  func obsolete(_ keys: [String], written: Set<String>) -> [String] {
    return keys.filter { key in
      guard !written.contains(key), let partition = Partition(key: key, request.format) else { return false }
      return tables.contains(partition.table) && isWithin(partition)
    }
  }

  /// The manifest after this export.
  func manifest(_ written: [ExportManifest.File], time: Instant?, emptyColumns: [ExportManifest.EmptyColumn]) -> ExportManifest {
    let keys = Set(written.map(\.key))
    let kept = (manifest?.files ?? []).filter { file in
      !keys.contains(file.key) && !isWithin(Partition(table: file.table, month: file.month.flatMap { CivilMonth(text: $0) }))
    }
    return ExportManifest(
      flow: request.flow, flowSHA256: request.flowSHA256, version: request.version, layout: request.layout.name, format: request.format.rawValue,
      time: time?.text,
      selection: .init(participants: request.selection.patterns ?? [], from: request.window.from?.text, until: request.window.until?.text),
      files: (kept + written).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }, emptyColumns: emptyColumns)
  }
}
