import FlowCore
import Foundation
import StudyModel

/// The history of runs in the database of their data, for every host to see: tables `flowrun_run` and `flowrun_bulletin`.
package final class PostgresRunHistory: RunHistory {
  /// A run that lives says so three times within this time.
  private static let aliveSeconds: Int64 = 90

  private let links: PostgresLinks
  private let location: String
  private let host: @Sendable () -> String
  private let environment: RuntimeEnvironment
  private let heartbeat: Heartbeat
  /// Runs begun and not finished by this process.
  private let begun = Locked<Set<String>>([])

  /// Connects on the first call.
  /// - Parameter host: this host's name.
  package init(_ address: PostgresAddress, host: @escaping @Sendable () -> String, environment: RuntimeEnvironment) {
    var limits = PostgresLimits()
    limits.connections = 1
    links = PostgresLinks(address, environment, limits: limits)
    location = address.uri
    self.host = host
    self.environment = environment
    heartbeat = Heartbeat(every: .seconds(Self.aliveSeconds / 3), by: environment.time)
    links.open()
  }

  package func cutWaitsShort() { links.cutWaitsShort() }

  // MARK: Writing

  package func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws {
    let summary = RunSummary(
      run: run, flow: flow, file: file, flowSHA256: sha256, started: started.text, finished: nil, status: .running, exit: nil)
    let host = host()
    try await write { [location, environment] transaction in
      // The history may be asked for before the store has made its tables.
      _ = try await PostgresSchema(transaction: transaction, location: location).prepare(environment)
      try await transaction.run([RunStatements.begin(summary, host: host, started: started, aliveSeconds: Self.aliveSeconds)])
    }
    begun.withLock { _ = $0.insert(run) }
    heartbeat.start { [weak self, environment] in
      Task(executorPreference: environment.executor) { [weak self] in await self?.sayAlive() }
    }
  }

  package func hasBegun(_ run: String) -> Bool { begun.withLock { $0.contains(run) } }

  package func finish(report: RunReport, bulletins: [Bulletin]) async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(report), as: UTF8.self)
    let lines = bulletins.map { ($0.level.rawValue, $0.processor, $0.subject, $0.detail) }
    let host = host()
    try await write { transaction in
      try await transaction.run([
        RunStatements.finish(report, host: host, json: json),
        Statement("DELETE FROM flowrun_bulletin WHERE run = $1", [.text(report.run)]), RunStatements.add(lines, to: report.run),
      ])
    }
    let isLast = begun.withLock { begun in
      begun.remove(report.run)
      return begun.isEmpty
    }
    if isLast { heartbeat.stop() }
  }

  package func prune(olderThan age: Duration) async throws -> Int {
    let oldest = environment.time.now - age
    guard try await isPrepared() else { return 0 }
    return try await write { transaction in
      try await transaction.run([RunStatements.markInterrupted] + RunStatements.prune(before: oldest)) { $0[2].changedCount }
    }
  }

  // MARK: Reading

  package func runs(limit: Int) async throws -> [RunSummary] {
    guard try await isPrepared() else { return [] }
    return try await read([RunStatements.markInterrupted, RunStatements.latest(limit)]) { answers in
      try (0..<answers[1].count).map { try Self.summary(answers[1], $0) }
    }
  }

  package func report(run: String?) async throws -> RunReport? {
    guard let number = try await number(of: run),
      let text = try await read([RunStatements.report(number)], { $0[0].count > 0 ? $0[0].text(0, 0) : nil })
    else { return nil }
    return try JSONDecoder().decode(RunReport.self, from: Data(text.utf8))
  }

  package func bulletins(run: String?) async throws -> [Bulletin] {
    guard let number = try await number(of: run) else { return [] }
    return try await read([RunStatements.bulletins(number)]) { answers in
      (0..<answers[0].count).map { row in
        func text(_ column: Int) -> String { answers[0].text(row, column) ?? "" }
        return Bulletin(Bulletin.Level(rawValue: text(0)) ?? .error, processor: text(1), subject: text(2), detail: text(3))
      }
    }
  }

  private func number(of run: String?) async throws -> Int64? {
    guard try await isPrepared() else { return nil }
    let found = try await read([run.map(RunStatements.named) ?? RunStatements.lastReported]) { answers in
      (0..<answers[0].count).map { (number: answers[0].integer($0, 0) ?? 0, run: answers[0].text($0, 1) ?? "") }
    }
    if let exact = found.first(where: { $0.run == run }) { return exact.number }
    guard found.count <= 1 else {
      throw Diagnostic(
        .ambiguousName, subject: "run '\(run ?? "")'", found: "\(found.count) runs match: \(found.prefix(3).map(\.run).joined(separator: ", "))",
        expected: "more characters of the id")
    }
    return found.first?.number
  }

  private static func summary(_ answer: Answer, _ row: Int) throws -> RunSummary {
    let run = answer.text(row, 0) ?? "", text = answer.text(row, 6) ?? ""
    guard let status = RunSummary.Status(rawValue: text) else {
      throw Diagnostic(.storedSetting, subject: "run '\(run)'", found: "its status is '\(text)'", expected: "a status of this version")
    }
    return RunSummary(
      run: run, flow: answer.text(row, 1) ?? "", file: answer.text(row, 2) ?? "", flowSHA256: answer.text(row, 3) ?? "",
      started: answer.moment(row, 4)?.text ?? "", finished: answer.moment(row, 5)?.text, status: status,
      exit: answer.integer(row, 7).map { Int32(clamping: $0) })
  }

  private func isPrepared() async throws -> Bool { try await read([RunStatements.prepared]) { $0[0].boolean(0, 0) } }

  // MARK: Transactions

  private func write<Result: Sendable>(_ body: @Sendable (PostgresTransaction) async throws -> Result) async throws -> Result {
    let limits = links.limits
    return try await reporting {
      try await links.lend { link in try await PostgresTransaction.write(on: link, limits, faultPoint: { _ in }, body) }
    }
  }

  private func read<Value: Sendable>(_ statements: [Statement], _ read: @escaping @Sendable ([Answer]) throws -> Value) async throws -> Value {
    // Not read-only: runs that were interrupted are marked on the way.
    try await reporting { try await links.lend { link in try await link.run(statements, read: read) } }
  }

  private func reporting<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch { throw PostgresFailure(location: location).opening(error) }
  }

  // MARK: Heartbeat

  private func sayAlive() async {
    let runs = begun.withLock { $0.sorted() }
    guard !runs.isEmpty else { return }
    do {
      try await links.lend { link in try await link.run(runs.map { RunStatements.stayAlive($0, seconds: Self.aliveSeconds) }) { _ in } }
    } catch {
      environment.log("the history could not be told that the run lives", ["error": "\(error)"])
    }
  }
}
