import FlowCore
import FlowCrypto
import FlowObjects
import FlowParquet
import StudyModel

/// Writes a store's tables as files for analysis, in a folder or a bucket.
///
/// Every partition is written to a local file, and then takes the place of what the target has under its key, in one step; the manifest comes
/// last. So after an interruption each partition is the old one or the new one, and repeating the export completes it. Each participant's part of
/// a partition is read from one snapshot; a run may write meanwhile. In memory are the rows of two participants' months at most, and what the
/// format needs.
package struct Export: Sendable {
  package struct Progress: Sendable {
    package var writtenPartitions = 0
    package var partitions: Int
    package var rows: Int64 = 0
    package var partition = ""
  }

  package struct Outcome: Sendable {
    package var manifest: ExportManifest
    /// Files that this export wrote.
    package var written: [ExportManifest.File]
    /// Keys of partitions that had rows before.
    package var removed: [String]
  }

  package let request: ExportRequest
  private let storage: any ObjectStorage
  private let work: WorkFolder
  private let environment: RuntimeEnvironment
  private let lane: any Lane

  /// - Parameter scratch: a local folder for unfinished files, which is created if missing. Several exports may share it.
  package init(_ request: ExportRequest, to storage: any ObjectStorage, scratch: String, _ environment: RuntimeEnvironment) {
    self.request = request
    self.storage = storage
    work = WorkFolder(Hexadecimal.text(environment.random.next(), width: 16), in: scratch, environment.fileSystem)
    self.environment = environment
    lane = environment.lane("export files")
  }

  /// Throws `Diagnostics` before anything is written: for patterns that match nobody, and for a target that holds another export;
  /// `ObjectStorageError`, `FileSystemError`, `ProcessorError` (`bad_data`) for values that are none of their column's kind, and errors of the store.
  package func run(_ reader: any RecordReader, progress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> Outcome {
    let known = try await reader.participants()
    try request.selection.check(among: known, option: "--participant", place: "the database")
    try await lane.run { [work] in try work.make() }
    let outcome: Outcome
    do { outcome = try await export(reader, progress: progress) } catch {
      // The first error counts. What cannot be removed now is removed by the next export.
      do { try await lane.run { [work] in try work.remove() } } catch _ {}
      throw error
    }
    try await lane.run { [work] in try work.remove() }
    return outcome
  }

  private func export(_ reader: any RecordReader, progress: @escaping @Sendable (Progress) -> Void) async throws -> Outcome {
    let tables = request.layout.tables(request.tables)
    let plan = ExportPlan(
      request, tables: tables, extents: try await extents(of: tables, reader), target: storage.location, manifest: try await manifest())
    try plan.check()
    let fetches = try await reader.latestFetches().filter { request.selection.includes($0.participant) }
    var state = Progress(partitions: plan.steps.count)
    var written: [ExportManifest.File] = [], empty = EmptyColumns()
    for step in plan.steps {
      state.partition = step.partition.key(request.format)
      progress(state)
      let file = try await write(step, metadata: metadata(of: step, fetches), reader, &empty) { [state] rows in
        var now = state
        now.rows += rows
        progress(now)
      }
      if let file { written.append(file) }
      state.writtenPartitions += 1
      state.rows += file?.rows ?? 0
    }
    let removed = plan.obsolete(try await keys(plan), written: Set(written.map(\.key)))
    for key in removed { try await storage.remove(key) }
    var manifest = plan.manifest(written, time: fetches.map(\.latest).max(), emptyColumns: [])
    manifest.emptyColumns = empty.all(of: tables, earlier: manifest.files.count > written.count ? plan.manifest?.emptyColumns : nil)
    try await putTrail(reader)
    try await put(manifest)
    progress(state)
    return Outcome(manifest: manifest, written: written, removed: removed)
  }

  // MARK: Before

  /// The folder of this export's unfinished files.
  private var scratch: String {
    guard let path = work.path else { preconditionFailure("files are written while the export runs") }
    return path
  }

  /// The target's manifest; nil if it has none.
  private func manifest() async throws -> ExportManifest? {
    let fetched: FetchedObject
    do {
      fetched = try await storage.fetch(ExportManifest.key, scratch: scratch)
    } catch {
      guard error.kind == .notFound else { throw error }
      return nil
    }
    let bytes = try await lane.run { [environment] in try environment.fileSystem.read(fetched.path, limitBytes: 1 << 30) }
    try await fetched.remove()
    return try ExportManifest(bytes: bytes, target: storage.location)
  }

  /// By table of the layout and participant, of the selected participants.
  private func extents(of tables: [ExportTable], _ reader: any RecordReader) async throws -> [String: [String: [RowExtent]]] {
    var known: [TableSchema: [String: RowExtent]] = [:]
    var all: [String: [String: [RowExtent]]] = [:]
    for table in tables {
      for source in table.leading {
        let extents: [String: RowExtent]
        if let found = known[source.table] { extents = found } else { extents = try await reader.extents(in: source.table) }
        known[source.table] = extents
        for (participant, extent) in extents where request.selection.includes(participant) {
          all[table.name, default: [:]][participant, default: []].append(extent)
        }
      }
    }
    return all
  }

  /// What a reader of the file learns about its origin: the time is that of the latest answer among the partition's own months, so that a file
  /// stays as it is until its part of the data is fetched again.
  private func metadata(of step: ExportPlan.Step, _ fetches: [FetchedMonths]) -> [(key: String, value: String)] {
    let latest = fetches.filter { fetched in step.partition.month.map { fetched.months.contains($0) } ?? true }.map(\.latest).max()
    return [(key: "flow", value: request.flow), (key: "version", value: request.version), (key: "time", value: latest?.text ?? "")]
  }

  // MARK: A partition

  /// nil if it has no rows.
  private func write(
    _ step: ExportPlan.Step, metadata: [(key: String, value: String)], _ reader: any RecordReader, _ empty: inout EmptyColumns, rows: (Int64) -> Void
  ) async throws -> ExportManifest.File? {
    let path = "\(scratch)/partition-\(Hexadecimal.text(environment.random.next(), width: 16))"
    let file = QueueConfined<ScratchFile?>(label: "export \(step.partition.key(request.format))", nil)
    do {
      var count: Int64 = 0
      var next = try await read(step, step.participants.first, reader)
      for (index, participant) in step.participants.enumerated() {
        let batches = next
        // The next participant is read while this one is written.
        async let following = read(step, step.participants.dropFirst(index + 1).first, reader)
        empty.saw(batches)
        count += try await file.run { [request, environment] file in
          var count: Int64 = 0
          for stored in Self.pieces(step, participant, batches) {
            let made = step.table.make(stored)
            guard made.count > 0 else { continue }
            let open = try file ?? ScratchFile(path, request.format, step.table.columns, metadata: metadata, environment.fileSystem)
            file = open
            do {
              try open.append(made)
            } catch let problem as ParquetProblem {
              throw ProcessorError(.badData, "cannot write \(step.partition.key(request.format)): the rows of \(participant) do not fit: \(problem)")
            }
            count += Int64(made.count)
          }
          return count
        }
        next = try await following
        rows(count)
      }
      let written = try await file.run { try $0?.finish() }
      guard let written else { return nil }
      let key = step.partition.key(request.format)
      try await storage.replace(key, from: path, sha256: written.sha256)
      try await Self.remove(file)
      return ExportManifest.File(
        key: key, table: step.partition.table, month: step.partition.month?.text, from: step.days?.lowerBound.text, until: step.days?.upperBound.text,
        rows: written.rows, bytes: written.bytes, sha256: Hexadecimal.text(written.sha256))
    } catch {
      // The first error counts. What cannot be removed now is removed with the folder.
      do { try await Self.remove(file) } catch _ {}
      throw error
    }
  }

  private static func remove(_ file: QueueConfined<ScratchFile?>) async throws {
    try await file.run { file in
      defer { file = nil }
      try file?.remove()
    }
  }

  /// The stored rows that a participant's part of a partition needs, by table, from one snapshot. None for no participant.
  private func read(_ step: ExportPlan.Step, _ participant: String?, _ reader: any RecordReader) async throws -> [String: RecordBatch] {
    guard let participant else { return [:] }
    let wanted = step.table.sources.map { source in TableRows(source.table, Self.window(source, step.days)) }
    let batches = try await reader.rows(of: participant, wanted)
    return Dictionary(zip(wanted.map(\.table.name), batches)) { first, _ in first }
  }

  private static func window(_ source: ExportTable.Source, _ days: Range<CivilDate>?) -> RowWindow {
    guard let days, let time = source.table.timeColumn else { return .everything }
    let first = days.lowerBound.advanced(byDays: -source.reachDays), last = days.upperBound.advanced(byDays: source.reachDays)
    return time.kind == .date ? .dates(first..<last) : .instants(first.startOfDayUTC.seconds..<last.startOfDayUTC.seconds)
  }

  /// The rows as they are made into others: whole, or day by day, so that what is made of a month of samples is not in memory at once.
  private static func pieces(_ step: ExportPlan.Step, _ participant: String, _ batches: [String: RecordBatch]) -> some Sequence<ExportRows> {
    let whole = step.days ?? CivilDate(daysSince1970: 0)..<CivilDate(daysSince1970: 0)
    let days = step.table.isMadeByDay ? whole.lowerBound.daysSince1970..<whole.upperBound.daysSince1970 : 0..<1
    return days.lazy.map { day in
      guard step.table.isMadeByDay else { return ExportRows(participant: participant, days: whole, batches: batches) }
      var parts = batches
      for source in step.table.leading {
        guard let time = source.table.timeColumn, let batch = batches[source.table.name] else { continue }
        parts[source.table.name] = batch.rows(with: time.name, in: day * 86_400..<(day + 1) * 86_400)
      }
      return ExportRows(participant: participant, days: CivilDate(daysSince1970: day)..<CivilDate(daysSince1970: day + 1), batches: parts)
    }
  }

  // MARK: After

  /// The keys of the target below its tables.
  private func keys(_ plan: ExportPlan) async throws -> [String] {
    var keys: [String] = []
    for table in plan.tables.sorted() { keys += try await storage.list(table + "/").map(\.key) }
    return keys
  }

  private func put(_ manifest: ExportManifest) async throws { try await put(try manifest.bytes, as: ExportManifest.key) }

  /// The audit trail beside the manifest, one entry a line; the trail is of the whole database, whatever was selected.
  private func putTrail(_ reader: any RecordReader) async throws {
    var bytes: [UInt8] = [], last: Int64 = .min
    while true {
      let part = try await reader.auditEntries(after: last, limit: 1000)
      guard let end = part.last else { break }
      for entry in part { bytes += try entry.jsonLine }
      last = end.number
    }
    if !bytes.isEmpty { try await put(bytes, as: ExportManifest.auditKey) }
  }

  private func put(_ bytes: [UInt8], as key: String) async throws {
    let path = "\(scratch)/\(key.dropFirst())"
    try await lane.run { [environment] in try environment.fileSystem.writeDurably(bytes, to: path) }
    try await storage.replace(key, from: path, sha256: SHA256.digest(of: bytes))
    try await lane.run { [environment] in try environment.fileSystem.removeFile(path) }
  }
}

extension RecordBatch {
  /// The rows whose time lies in a range; the batch is in the order of that column.
  fileprivate func rows(with time: String, in range: Range<Int64>) -> RecordBatch {
    guard case .integer(let instants)? = self[time]?.values else { return self }
    func first(from bound: Int64) -> Int {
      var low = 0, high = instants.count
      while low < high {
        let middle = (low + high) / 2
        if instants[middle] < bound { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return rows(first(from: range.lowerBound)..<first(from: range.upperBound))
  }
}
