import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@Suite("Several hosts, one store: participants are leased", .serialized)
struct LeaseTests {
  /// How far the first host has come when it is paused.
  struct Pause: Sendable, CustomTestStringConvertible {
    var path: String
    var requests: Int
    var testDescription: String { "request \(requests) to \(path)" }
  }
  static let pauses = [
    Pause(path: "/oauth2/token", requests: 1), Pause(path: "/oauth2/token", requests: 4), Pause(path: "/devices.json", requests: 2),
    Pause(path: "/activities/", requests: 1), Pause(path: "/activities/", requests: 20),
  ]

  private func details(_ report: RunReport) -> String { (report.warnings ?? []).map { "\($0.subject): \($0.detail)" }.joined(separator: "\n") }

  @Test("two hosts share the participants of one batch: who comes second leaves them to the first, by name", arguments: pauses)
  func second(_ pause: Pause) throws {
    let study = try HostsOnOneStore()
    let (a, b) = (try study.host("alpha"), try study.host("beta"))
    a.begin()
    try a.drive(untilRequests: pause.requests, to: pause.path)
    let left = try b.runToEnd()
    #expect(left.exit == 75 && left.participants.deferred > 0 && left.errors.count == 0, "\(left)")
    #expect(details(left).contains("run run-alpha on alpha"), "\(details(left))")
    let report = try a.finish()
    #expect(report.exit == 0 && report.errors.count == 0, "\(details(report))")
    #expect(report.participants.complete + left.participants.complete == 4)
    #expect(study.isEverythingCollected)
    #expect(a.tokenRequests + b.tokenRequests == 4)
  }

  @Test("a run that was paused past its term commits nothing more and spends no token; nothing is lost", arguments: pauses, [true, false])
  func paused(_ pause: Pause, isTakenOver: Bool) async throws {
    let study = try HostsOnOneStore()
    let a = try study.host("alpha")
    a.begin()
    try a.drive(untilRequests: pause.requests, to: pause.path)
    study.medium.endLeaseTerms()
    let spent = a.tokenRequests
    if isTakenOver {
      // What the first host has sent arrives after its pause.
      let taken = try study.host("beta").runToEnd()
      #expect(taken.exit == 0 && study.isEverythingCollected, "\(details(taken))")
    }
    let ledger = study.medium.ledger
    let report = try a.finish()
    #expect(report.exit == 75 && report.participants.deferred == report.participants.total, "\(report) \(details(report))")
    #expect(report.errors.count == 0 && report.flowfiles.inErrors == 0, "\(details(report))")
    #expect(report.flowfiles.isBalanced)
    #expect(details(report).contains("P000"), "\(details(report))")
    #expect(study.medium.ledger == ledger)
    #expect(a.tokenRequests == spent)
    let last = try study.host("gamma").runToEnd()
    #expect(last.exit == 0 && study.isEverythingCollected, "\(details(last))")
    #expect(try await study.lostTokens() == [])
  }

  @Test("the leases of a killed run are taken over after their term, not before")
  func killed() throws {
    let study = try HostsOnOneStore()
    let a = try study.host("alpha")
    a.begin()
    try a.drive(untilRequests: 3, to: "/activities/")
    let early = try study.host("beta").runToEnd()
    #expect(early.exit == 75 && early.participants.deferred == 4 && details(early).contains("run run-alpha on alpha"))
    study.medium.endLeaseTerms()
    let late = try study.host("gamma").runToEnd()
    #expect(late.exit == 0 && late.participants.complete == 4, "\(details(late))")
    #expect(study.isEverythingCollected)
    // So that nothing is left under way.
    _ = try a.finish()
  }

  @Test("a second batch with the same participants is told, and not collected")
  func secondBatch() throws {
    let study = try HostsOnOneStore()
    #expect(try study.host("alpha").runToEnd().exit == 0)
    try study.enrol("other")
    let other = try study.host("beta", batch: "other")
    let ledger = study.medium.ledger
    let report = try other.runToEnd()
    #expect(report.exit == 65 && report.participants.failed == 4 && report.errors.count == 4, "\(report)")
    #expect(details(report).contains("alpha:\(study.folder.path("participants"))"), "\(details(report))")
    #expect(other.requests.withLock { $0 } == [] && study.medium.ledger == ledger)
    // From the same folder, mounted elsewhere under another name, they are collected.
    try POSIXFileSystem().rename(study.folder.path("participants"), to: study.folder.path("mounted"))
    #expect(try study.host("gamma", batch: "mounted").runToEnd().exit == 0)
  }

  @Test("without leases, shards of a batch on a network file system are refused with the remedy")
  func refused() throws {
    let study = try HostsOnOneStore()
    let shard = ParticipantSelection(shard: ParticipantShard(index: 0, of: 2))
    let error = #expect(throws: StopRun.self) { try study.host("alpha", selection: shard, isLeased: false).runToEnd() }
    #expect(error?.reason == .misconfigured && error?.message.contains("--shard 0/2") == true && error?.message.contains("postgresql://") == true)
    #expect(try study.host("beta", isLeased: false).runToEnd().exit == 0, "without --shard it is as before")
  }

  @Test("shards divide a batch on a network file system among hosts, and together collect everything once")
  func shards() throws {
    let study = try HostsOnOneStore(participants: 9)
    var collected: [String: Int] = [:]
    for index in 0..<3 {
      let host = try study.host("host-\(index)", selection: ParticipantSelection(shard: ParticipantShard(index: index, of: 3)))
      let report = try host.runToEnd()
      #expect(report.exit == 0 && report.participants.total == 9, "\(details(report))")
      #expect(report.participants.complete + report.participants.skipped == 9)
      for (name, outcome) in host.run.register.outcomes where outcome == .complete { collected[name, default: 0] += 1 }
    }
    #expect(collected.count == 9 && collected.values.allSatisfy { $0 == 1 })
    #expect(study.isEverythingCollected)
  }
}
