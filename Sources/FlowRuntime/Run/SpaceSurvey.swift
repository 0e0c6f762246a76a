import FlowCore
import FlowErrors
import FlowFileSystem
import StudyModel
import StudyParticipants
import StudyProcessors

/// Estimates before a run how much it will write, and checks the free space.
struct SpaceSurvey: Sendable {
  let graph: FlowGraph
  let request: RunRequest
  let environment: RuntimeEnvironment

  /// Minimum free space for any folder: a few entries, a history, a replaced file.
  private static let least: Int64 = 1 << 20

  /// Throws `StopRun`: `failed` for too little space, `misconfigured` for a missing batch.
  func check(isSimulated: Bool) async throws {
    let needs = try await needs(isSimulated: isSimulated)
    let check = SpaceCheck(environment.fileSystem)
    try await environment.lane("free space").run { try check.check(needs) }
  }

  /// What a run will write, by path. Throws `StopRun` for a missing batch.
  func needs(isSimulated: Bool) async throws -> [SpaceNeed] {
    var needs = [
      SpaceNeed(path: request.errors, subject: "error folder '\(request.errors)'", bytes: Self.least, reason: "minimum"),
      SpaceNeed(path: request.state, subject: "state folder '\(request.state)'", bytes: Self.least, reason: "minimum"),
    ]
    let types = try CoveredDataType.all(of: graph)
    let stores = try ServiceCatalog.stores(of: graph, environment)
    for service in graph.services {
      if request.rebuild == nil, let folder = service.values.optional(ProviderProperties.participants) {
        needs.append(
          SpaceNeed(path: folder, subject: "participants folder '\(folder)'", bytes: Self.least, reason: "its files are replaced one by one"))
      }
      guard let path = stores.first(where: { $0.name == service.name })?.store.localPath else { continue }
      let days = try await days(of: types.filter { $0.ledger == service.name }, isSimulated: isSimulated)
      let detail = graph.parameters.first { $0.name == "detail" }?.value
      let bytes = SpaceEstimate.databaseBytes(types.filter { $0.ledger == service.name }, days: days.sum, detail: detail)
      let longest = "\(SpaceEstimate.longestDays) days each at most"
      needs.append(
        SpaceNeed(
          path: path, subject: "database '\(path)'", bytes: max(bytes, Self.least),
          reason: "\(days.participants) participants, \(days.sum) days of data\(detail.map { " at \($0)" } ?? ""), \(longest)"))
    }
    return needs
  }

  /// A replay covers single slices: count one day for each participant.
  private func days(of types: [CoveredDataType], isSimulated: Bool) async throws -> (participants: Int, sum: Int64) {
    // What will be made of the kept responses is not known before they are read.
    if request.rebuild != nil { return (0, 0) }
    if let replay = request.replay {
      let count = Set((replay.returning.map(\.entry) + replay.rereading).compactMap(\.participant)).count
      return (count, Int64(count))
    }
    guard let type = types.first, let provider = graph.services.first(where: { $0.name == type.provider }),
      let folder = provider.values.optional(ProviderProperties.participants)
    else { return (0, 0) }
    let store = ParticipantStore(
      path: folder, filter: .init(isSimulated: isSimulated, oauthType: ""), environment: environment)
    let now = environment.time.now
    let days = try await store.statuses().compactMap { status -> Int64? in
      guard request.selection.includes(status.participant), status.collection == .active, let previous = status.previousSync else {
        return nil
      }
      return SpaceEstimate.days(since: previous, now: now, backfill: SliceTimeRange.backfill(of: graph))
    }
    return (days.count, days.reduce(0, +))
  }
}
