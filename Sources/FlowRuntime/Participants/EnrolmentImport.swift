import FlowCore
import StudyModel
import StudyParticipants

/// Enrols the participants of a CSV file: the whole table is validated before any file is written.
package struct EnrolmentImport: Sendable {
  package struct Report: Encodable, Sendable, Equatable {
    package enum Reason: String, Sendable { case heldByAnotherRun, appearedMeanwhile }
    /// A participant left unchanged.
    package struct Left: Sendable, Equatable {
      package var participant: String
      package var reason: Reason
    }

    package var folder: String
    package var created = 0
    package var updated = 0
    package var unchanged = 0
    /// Number of created participants without a refresh token.
    package var needsConsent = 0
    package var left: [Left] = []

    package enum CodingKeys: String, CodingKey {
      case folder, created, updated, unchanged, held
      case needsConsent = "needs_consent"
    }

    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(folder, forKey: .folder)
      try members.encode(created, forKey: .created)
      try members.encode(updated, forKey: .updated)
      try members.encode(unchanged, forKey: .unchanged)
      try members.encode(left.count, forKey: .held)
      try members.encode(needsConsent, forKey: .needsConsent)
    }

    package var status: ExitStatus { left.isEmpty ? .success : .retryableLeft }
  }

  package enum Outcome: Sendable {
    case imported(Report)
    /// The table was rejected with all its problems, ordered by line; nothing was written.
    case refused([Diagnostic])
  }

  private let batch: ParticipantBatch
  private let file: String
  private let updates: Bool

  /// - Parameters:
  ///   - file: path of the CSV file.
  ///   - updates: whether existing participants are updated from the table.
  package init(_ batch: ParticipantBatch, file: String, updates: Bool = false) {
    self.batch = batch
    self.file = file
    self.updates = updates
  }

  /// Enrols all participants or none. Throws `Diagnostics` for an unreadable file and for a batch of the other kind or
  /// with another key, and `StopRun`.
  package func run() async throws -> Outcome {
    let bytes = try read()
    let table: EnrolmentTable
    do {
      table = try EnrolmentTable(judging: bytes, file: file, now: batch.now)
    } catch {
      return refusal(error.all)
    }
    if try batch.environment.fileSystem.status(batch.path) != nil {
      try await batch.store.checkBatch()
      try await batch.store.checkKey()
    }
    let judgements = try await batch.store.judge(table.enrolments)
    let found = table.problems + zip(table.enrolments, judgements).compactMap { problem($0, $1) }
    guard found.isEmpty else { return refusal(found) }
    try await batch.store.makeFolder()
    return try await batch.services.whileLeasing {
      var report = Report(folder: batch.path)
      for (enrolment, judgement) in zip(table.enrolments, judgements) { try await write(enrolment, judgement, &report) }
      return .imported(report)
    }
  }

  // MARK: Judging

  private func refusal(_ problems: [Diagnostic]) -> Outcome {
    .refused(problems.sorted { ($0.position?.line ?? 0) < ($1.position?.line ?? 0) })
  }

  private func read() throws -> [UInt8] {
    do {
      return try batch.environment.fileSystem.read(file)
    } catch let error as FileSystemError {
      throw Diagnostics([Diagnostic(.unknownName, found: "\(error)", expected: "a CSV file of participants")])
    }
  }

  private func problem(_ enrolment: Enrolment, _ judgement: ParticipantStore.EnrolmentJudgement) -> Diagnostic? {
    switch judgement {
    case .new, .same: return nil
    case .differs(let columns): return updates ? nil : difference(enrolment, columns)
    case .taken(let column, let other):
      return Diagnostic(
        .enrolmentTable, file: file, position: enrolment.position, found: "\(column) of '\(enrolment.participant)' is that of participant '\(other)'",
        expected: "each participant's own", hint: "one account serves one participant of a batch; withdraw the other participant first if it no longer takes part")
    case .problem(var problem):
      problem.found = "\(problem.file ?? ""): \(problem.found)"
      problem.file = file
      problem.position = enrolment.position
      return problem
    }
  }

  private func difference(_ enrolment: Enrolment, _ columns: [String]) -> Diagnostic {
    let participant = enrolment.participant
    return Diagnostic(
      .enrolmentTable, file: file, position: enrolment.position,
      found: "participant '\(participant)' is enrolled already, and this line has a different \(columns.joined(separator: ", "))",
      expected: "a new participant, or the values of \(batch.store.path(of: participant))", hint: "--update applies the values of the line")
  }

  // MARK: Writing

  private func write(_ enrolment: Enrolment, _ judgement: ParticipantStore.EnrolmentJudgement, _ report: inout Report) async throws {
    switch judgement {
    case .same: report.unchanged += 1
    case .differs: try await update(enrolment, &report)
    case .new: try await create(enrolment, &report)
    case .problem, .taken: preconditionFailure("tables with problems are rejected before")
    }
  }

  private func create(_ enrolment: Enrolment, _ report: inout Report) async throws {
    let new = try ParticipantFile(enrolling: enrolment, isSimulated: batch.isSimulated, path: "\(file):\(enrolment.position.line)")
    switch try await batch.store.create(new) {
    case .done(true):
      report.created += 1
      if enrolment.refreshToken == nil { report.needsConsent += 1 }
    case .done(false): report.left.append(Report.Left(participant: enrolment.participant, reason: .appearedMeanwhile))
    case .heldByAnotherRun: report.left.append(Report.Left(participant: enrolment.participant, reason: .heldByAnotherRun))
    }
  }

  private func update(_ enrolment: Enrolment, _ report: inout Report) async throws {
    switch try await batch.store.change(enrolment.participant, { $0.update(from: enrolment) }) {
    case .done: report.updated += 1
    case .heldByAnotherRun: report.left.append(Report.Left(participant: enrolment.participant, reason: .heldByAnotherRun))
    }
  }
}
