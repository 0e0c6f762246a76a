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
  private let known: KnownStatuses?
  private let environment: RuntimeEnvironment

  /// - Parameter known: what the participant files said before; nil reads all of them.
  package init(
    graph: FlowGraph,
    errors: String,
    selection: ParticipantSelection,
    view: CoverageView,
    hint: CommandHint,
    knowing known: KnownStatuses? = nil,
    on machine: Machine
  ) {
    self.graph = graph
    self.errors = errors
    self.selection = selection
    self.view = view
    self.hint = hint
    self.known = known
    environment = machine.toolEnvironment
  }

  /// Throws a `Diagnostic` if the flow collects nothing by slices, and `StopRun` if batch or database cannot be read.
  package func report() async throws -> CoverageReport {
    var participants: [CoverageReport.Participant] = []
    let frame = try await evaluate { evaluation, _ in participants.append(evaluation.report) }
    return CoverageReport(
      flow: graph.name, until: frame.until.text, participants: participants, types: frame.types, emptyColumns: try await emptyColumns(frame.types))
  }

  /// Evaluates the participants one after the other, in order of their names. Ledger and rows of one participant at a time are in memory.
  /// `until` is the end of the time counted as not synced. Throws as `report` does, and what `body` throws.
  package func evaluate(_ body: (CoverageEvaluation, _ until: Instant) throws -> Void) async throws -> CoverageFrame {
    let types = try CoveredDataType.all(of: graph)
    guard let first = types.first, let provider = graph.services.first(where: { $0.name == first.provider }),
      let folder = provider.values.optional(ProviderProperties.participants)
    else {
      throw Diagnostic(.unsuitableFlow, file: graph.file, found: "no SliceTimeRange with slices", expected: "a flow that collects data types of participants")
    }
    let isSimulated = provider.values.optional(ProviderProperties.baseURL) == "simulator"
    let store = ParticipantStore(
      path: folder, filter: .init(isSimulated: isSimulated, oauthType: "fitbit"), environment: environment)
    let batch = try await store.statuses(knowing: known)
    try selection.check(among: batch.map(\.participant), option: "--participant", place: "'\(folder)'")
    let statuses = batch.filter { selection.includes($0.participant) }
    let entries = try await entriesByParticipant()
    return try await withReaders(of: types) { readers in
      let clocked = types.filter { $0.step != .civilDay }.map(\.name)
      var syncs = batch.compactMap(\.sync.latest)
      let chosen = statuses.map(\.participant)
      for reader in readers {
        syncs += try await reader.reader.latestSyncs(endsOf: clocked, of: chosen).values.map { Instant(seconds: $0) }
      }
      let until = until(lastSync: syncs.max(), isSimulated: isSimulated)
      let words = CoverageWords(flowFile: graph.file, hint: hint)
      for status in statuses {
        var records = ParticipantRecords()
        for reader in readers { records.add(try await reader.reader.records(of: status.participant, reader.wanted)) }
        let subject = CoverageSubject(
          status: status, records: records, entries: entries[status.participant] ?? [], types: types, view: view, words: words)
        try body(try subject.evaluation(until: until), until)
      }
      return CoverageFrame(types: types, until: until, isSimulated: isSimulated)
    }
  }

  /// Error entries of the flow's databases and providers, oldest first.
  private func entriesByParticipant() async throws -> [String: [StoredEntry]] {
    let folder = ErrorFolder(
      folder: errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"))
    let own = try await EntryOwnership.read(graph, environment).owned(try await folder.entries(flow: graph.name).entries)
    return Dictionary(grouping: own) { $0.participant ?? "" }
  }

  /// Simulated time is independent of the machine's clock: the latest sync of the batch is its best estimate.
  private func until(lastSync: Instant?, isSimulated: Bool) -> Instant {
    let now = environment.time.now
    guard let lastSync else { return now }
    // A tracker whose clock is wrong by more must not extend the time counted for everyone.
    return isSimulated ? lastSync : max(now, min(lastSync, now + .seconds(86_400)))
  }

  private struct OpenStore: Sendable {
    var reader: any RecordReader
    var wanted: WantedRecords
  }

  /// Opens the databases that hold ledgers and exist, in order of their names.
  private func withReaders<Result: Sendable>(of types: [CoveredDataType], _ body: ([OpenStore]) async throws -> Result) async throws -> Result {
    let ledgers = Set(types.map(\.ledger))
    let stores = try ServiceCatalog.stores(of: graph, environment).sorted { $0.name < $1.name }.filter { ledgers.contains($0.name) }
    let tables = graph.tableUses().map(\.table)
    var open: [OpenStore] = []
    return try await withClosing {
      for (service, store) in stores {
        guard let reader = try await store.reader() else { continue }
        open.append(OpenStore(reader: reader, wanted: Self.wanted(types.filter { $0.ledger == service }, tables: tables)))
      }
      return try await body(open)
    } close: {
      for store in open { try await store.reader.close() }
    }
  }

  private func emptyColumns(_ types: [CoveredDataType]) async throws -> [TableColumn] {
    let ledgers = Set(types.map(\.ledger))
    let tables = graph.tableUses()
    var columns: [TableColumn] = []
    for (service, store) in try ServiceCatalog.stores(of: graph, environment).sorted(by: { $0.name < $1.name }) where ledgers.contains(service) {
      columns += try await store.reading { try await $0.emptyColumns(of: tables.filter { $0.service == service }.map(\.table)) } ?? []
    }
    return columns
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
