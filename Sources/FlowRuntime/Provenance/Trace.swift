import FlowCore
import StudyModel

/// Tells where a row or a FlowFile comes from: the ledger knows the response of every row for good, and the state folder the ways of FlowFiles for
/// some time.
package struct Trace: Sendable {
  private let state: String
  private let database: String?
  private let environment: RuntimeEnvironment
  private let lane: any Lane
  private var reader: ProvenanceReader { ProvenanceReader(folder: ProvenanceFolder(state: state, environment.fileSystem)) }
  private var flows: FlowKeeping { FlowKeeping(state: state, environment.fileSystem) }

  /// - Parameters:
  ///   - state: path of the state folder.
  ///   - database: where the rows are; nil for where the flows of the state folder wrote last.
  package init(state: String, database: String?, on machine: Machine) {
    self.state = state
    self.database = database
    environment = machine.toolEnvironment
    lane = environment.lane("trace")
  }

  // MARK: A FlowFile

  /// Throws `Diagnostics` if no run's file knows the FlowFile.
  package func flowFile(_ uuid: String) async throws -> TraceReport {
    guard let id = FlowFileID(text: uuid) else {
      throw Diagnostics([Diagnostic(.unknownName, subject: "FlowFile '\(uuid)'", found: "it is no UUID", expected: "one such as flowrun errors list and the ledger name")])
    }
    let runs = try await lane.run { [reader] in try reader.folder.runs() }
    for run in runs {
      let steps = try await steps(of: id.text, in: run)
      if !steps.isEmpty { return await report(id.text, steps, run: run) }
    }
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "FlowFile '\(uuid)'", found: "the state folder \(state) does not know its way", expected: "one of the last \(Self.bounds)",
        hint: "a killed run loses what its last half second did without writing a row; a row is traced for good: flowrun trace --row TABLE participant=ID KEY=VALUE")
    ])
  }

  private func report(_ uuid: String, _ steps: [ProvenanceStep], run: String) async -> TraceReport {
    var report = TraceReport(flowfile: uuid, way: steps.map(TraceReport.Step.init), run: run)
    if let asked = steps.last(where: { $0.url != nil }) { report.response = TraceReport.Response(url: asked.url, status: asked.status) }
    return report
  }

  private static var bounds: String { "30 days, or of the last \(ProvenanceFolder.largestBytes >> 30) GB" }

  private func steps(of uuid: String, in run: String) async throws -> [ProvenanceStep] {
    try await lane.run { [reader] in try reader.steps(of: uuid, in: run) }
  }

  // MARK: A row

  /// - Parameter conditions: `participant` and the columns of the table's key, each once.
  /// - Throws: `Diagnostics` for unknown names, and if there is no such row; `StopRun` for a database that cannot be read.
  package func row(of table: String, where conditions: [(name: String, value: String)]) async throws -> TraceReport {
    let known = try await lane.run { [flows] in try flows.all() }
    let uses = known.compactMap { flow in flow.tables.first { $0.name == table }.map { (flow, $0) } }
    guard let (_, first) = uses.first else { throw Diagnostics([unknown(table, among: known)]) }
    let row = try TracedRow(first.schema, conditions)
    var locations: [String] = []
    for location in database.map({ [$0] }) ?? uses.flatMap(\.0.databases) where !locations.contains(location) { locations.append(location) }
    let dataTypes = Set(uses.flatMap(\.1.dataTypes)).sorted()
    var isThere = false
    for location in locations {
      let store = try ServiceCatalog.store(at: location, environment)
      let found = try await store.reading { reader in try await row.find(in: reader, dataTypes: dataTypes) }
      guard let found else { continue }
      isThere = true
      guard let slice = found else { continue }
      var report = try await report(slice, location)
      report.table = table
      report.key = Dictionary(conditions.map { ($0.name, $0.value) }) { first, _ in first }
      return report
    }
    let place = "\(locations.count == 1 ? "database" : "databases") '\(locations.joined(separator: "', '"))'"
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "table '\(table)'", found: isThere ? "\(place) has no such row, or the ledger has no slice for it" : "there is no \(place)",
        expected: isThere ? "the key of a row: participant=ID \(first.key.map { "\($0)=VALUE" }.joined(separator: " "))" : "the database of a run: name it with -p database=…")
    ])
  }

  private func unknown(_ table: String, among flows: [FlowKeeping.Known]) -> Diagnostic {
    let names = Set(flows.flatMap(\.tables).map(\.name)).sorted()
    return Diagnostic(
      .unknownName, subject: "table '\(table)'", found: "no flow that ran with the state folder \(state) writes it",
      expected: names.isEmpty ? "a state folder in which a flow has run: name it with --state" : "one of \(names.joined(separator: ", "))",
      hint: NearestName.hint(for: table, among: names))
  }

  private func report(_ slice: LedgerSlice, _ location: String) async throws -> TraceReport {
    var report = TraceReport(flowfile: slice.flowFile ?? "", way: [], run: slice.run)
    report.database = location
    report.slice = TraceReport.Slice(
      participant: slice.key.participant, dataType: slice.key.dataType, start: Instant(seconds: slice.key.start).text, end: Instant(seconds: slice.key.end).text,
      state: slice.state.rawValue, rows: slice.rows)
    report.response = TraceReport.Response(url: nil, status: nil, sha256: slice.sha256, fetchedAt: slice.fetchedAt?.text)
    report.raw = slice.object
    report.flowSHA256 = slice.flowSHA256
    if let sha256 = slice.flowSHA256 {
      let file = flows.textFile(of: sha256)
      let isKept = try await lane.run { [environment] in try environment.fileSystem.status(file) != nil }
      report.flowText = isKept ? file : nil
      report.flow = try await lane.run { [flows] in try flows.all().first { $0.sha256 == sha256 }?.flow }
    }
    try await addWay(of: slice, to: &report)
    return report
  }

  /// The run that wrote the row may have taken the FlowFile over from one that asked for it.
  private func addWay(of slice: LedgerSlice, to report: inout TraceReport) async throws {
    guard let flowFile = slice.flowFile else { return }
    var steps = try await steps(of: flowFile, in: slice.run)
    if !steps.contains(where: { $0.url != nil }) {
      for run in try await lane.run({ [reader] in try reader.folder.runs() }) where run < slice.run {
        let earlier = try await self.steps(of: flowFile, in: run)
        steps = earlier + steps
        if earlier.contains(where: { $0.url != nil }) { break }
      }
    }
    report.way = steps.map(TraceReport.Step.init)
    let asked = steps.last { $0.url != nil }
    report.response?.url = asked?.url
    report.response?.status = asked?.status
    let what = asked == nil ? "the address, the status and the way of the FlowFile" : "what became of the FlowFile afterwards"
    guard asked == nil || steps.last?.event != "ended" else { return }
    report.missing = "\(what): \(try await gap(in: slice.run, at: report.database).words)"
  }

  /// Why the steps of a run are not there.
  /// - Parameter database: where the run wrote its rows.
  private func gap(in run: String, at database: String?) async throws -> TraceGap {
    let folder = ProvenanceFolder(state: state, environment.fileSystem)
    let (isThere, removed) = try await lane.run { (try folder.fileSystem.status(folder.file(of: run)) != nil, try folder.removed()) }
    let history = try ServiceCatalog.runHistory(in: state, database: database, environment)
    let known = isThere ? try await history.runs(limit: .max).first { $0.run == run } : nil
    return TraceGap(run: run, state: state, now: environment.time.now, hasFile: isThere, status: known?.status, removed: removed)
  }
}
