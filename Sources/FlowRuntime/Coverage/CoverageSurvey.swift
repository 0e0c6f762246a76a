import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import StudyProcessors

/// Collects data from participant files, ledger, tables and error folder and evaluates it. Makes no request and writes
/// nothing.
package struct CoverageSurvey: Sendable {
  package let graph: FlowGraph
  /// Path of the error folder.
  package let errors: String
  package let selection: ParticipantSelection
  package let view: CoverageView
  package let hint: CommandHint
  private let environment: RuntimeEnvironment

  package init(
    graph: FlowGraph,
    errors: String,
    selection: ParticipantSelection,
    view: CoverageView,
    hint: CommandHint,
    on machine: Machine
  ) {
    self.graph = graph
    self.errors = errors
    self.selection = selection
    self.view = view
    self.hint = hint
    environment = machine.toolEnvironment
  }

  /// Throws a `Diagnostic` if the flow collects nothing by slices, and `StopRun` if batch or database cannot be read.
  package func report() async throws -> CoverageReport {
    let types = try CoveredDataType.all(of: graph)
    guard let first = types.first, let provider = graph.services.first(where: { $0.name == first.provider }),
      let folder = provider.values.optional(ProviderProperties.participants)
    else {
      throw Diagnostic(.unsuitableFlow, file: graph.file, found: "no SliceTimeRange with slices", expected: "a flow that collects data types of participants")
    }
    let isSimulated = provider.values.optional(ProviderProperties.baseURL) == "simulator"
    let store = ParticipantStore(
      path: folder, filter: .init(isSimulated: isSimulated, oauthType: "fitbit"), environment: environment)
    let batch = try await store.statuses()
    try selection.check(among: batch.map(\.participant), option: "--participant", place: "'\(folder)'")
    let statuses = batch.filter { selection.includes($0.participant) }
    let entries = ErrorFolder(
      folder: errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"))
    let own = try await EntryOwnership.read(graph, environment).owned(try await entries.entries(flow: graph.name).entries)
    let byParticipant = Dictionary(grouping: own) { $0.participant ?? "" }
    let found = try await look(for: statuses.map(\.participant), types)
    let records = found.records
    let subjects = statuses.map { status in
      CoverageSubject(
        status: status, records: records[status.participant] ?? ParticipantRecords(),
        entries: byParticipant[status.participant] ?? [], types: types, view: view,
        words: CoverageWords(flowFile: graph.file, hint: hint))
    }
    let until = until(lastSync: (subjects.compactMap(\.latestSync) + batch.compactMap(\.sync.latest)).max(), isSimulated: isSimulated)
    return CoverageReport(
      flow: graph.name, until: until.text, participants: try subjects.map { try $0.report(until: until) }, types: types,
      emptyColumns: found.emptyColumns)
  }

  /// Simulated time is independent of the machine's clock: the latest sync of the batch is its best estimate.
  private func until(lastSync: Instant?, isSimulated: Bool) -> Instant {
    let now = environment.time.now
    guard let lastSync else { return now }
    // A tracker whose clock is wrong by more must not extend the time counted for everyone.
    return isSimulated ? lastSync : max(now, min(lastSync, now + .seconds(86_400)))
  }

  private func look(
    for participants: [String], _ types: [CoveredDataType]
  ) async throws -> (records: [String: ParticipantRecords], emptyColumns: [TableColumn]) {
    var all: [String: ParticipantRecords] = [:]
    var emptyColumns: [TableColumn] = []
    let ledgers = Set(types.map(\.ledger))
    for (service, store) in try ServiceCatalog.stores(of: graph, environment).sorted(by: { $0.name < $1.name }) where ledgers.contains(service) {
      let tables = graph.tableUses()
      let wanted = Self.wanted(types.filter { $0.ledger == service }, tables: tables.map(\.table))
      let found = try await store.reading { reader in
        var records: [String: ParticipantRecords] = [:]
        for participant in participants { records[participant] = try await reader.records(of: participant, wanted) }
        return (records, try await reader.emptyColumns(of: tables.filter { $0.service == service }.map(\.table)))
      }
      guard let found else { continue }
      emptyColumns += found.1
      for (participant, records) in found.0 { all[participant, default: ParticipantRecords()].add(records) }
    }
    return (all, emptyColumns)
  }

  private static func wanted(_ types: [CoveredDataType], tables: [TableSchema]) -> WantedRecords {
    var wanted = WantedRecords()
    for type in types {
      if let table = type.table, let time = table.timeColumn {
        let column = TableColumn(table: table.name, column: time.name)
        if let seconds = type.durationColumn {
          wanted.intervals.append((column, seconds))
        } else if time.kind == .instant {
          wanted.minutes.append(column)
        } else {
          wanted.dates.append(column)
        }
      }
      if let total = type.total, let date = tables.first(where: { $0.name == total.table })?.timeColumn {
        wanted.totals.append((column: total, date: date.name))
      }
    }
    return wanted
  }
}

extension ParticipantRecords {
  fileprivate mutating func add(_ other: ParticipantRecords) {
    ledger += other.ledger
    minutes.merge(other.minutes) { $1 }
    dates.merge(other.dates) { $1 }
    totals.merge(other.totals) { $1 }
  }
}
