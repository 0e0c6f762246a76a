import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// Enrols the participants of a CSV file: all of it is judged first, then each file is written whole.
struct EnrolmentImport {
  let batch: ParticipantBatch
  let file: String
  /// Participants that are there already take over what the file says differently.
  let updates: Bool
  let terminal: Terminal

  private struct Report: Encodable {
    var folder: String
    var created = 0
    var updated = 0
    var unchanged = 0
    /// Of those created: they have no refresh token yet.
    var needsConsent = 0
    /// Held by another run, and left as they are.
    var held = 0

    enum CodingKeys: String, CodingKey {
      case folder, created, updated, unchanged, held
      case needsConsent = "needs_consent"
    }
  }

  func run(_ format: FormatOption.Format) async throws {
    let table = try read()
    let enrolments = table.enrolments
    if try batch.environment.fileSystem.status(batch.store.path) != nil {
      try await batch.store.checkBatch()
      try await batch.store.checkKey()
    }
    let judgements = try await batch.store.judge(enrolments)
    let found = table.problems + zip(enrolments, judgements).compactMap { problem($0, $1) }
    try refuse(found.sorted { ($0.position?.line ?? 0) < ($1.position?.line ?? 0) })
    try await batch.store.makeFolder()
    var report = Report(folder: batch.store.path)
    for (enrolment, judgement) in zip(enrolments, judgements) { try await write(enrolment, judgement, &report) }
    try show(report, format)
    if report.held > 0 { throw ExitCode.retryableLeft }
  }

  private func read() throws -> EnrolmentTable {
    let bytes: [UInt8]
    do {
      bytes = try batch.environment.fileSystem.read(file)
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a CSV file of participants")
      throw ExitCode.usage
    }
    do {
      return try EnrolmentTable(judging: bytes, file: file, now: batch.environment.time.now)
    } catch {
      try refuse(error.all)
      throw error
    }
  }

  private func refuse(_ problems: [Diagnostic]) throws {
    guard !problems.isEmpty else { return }
    for problem in problems { terminal.complain(problem.description) }
    terminal.note("\(problems.count) \(problems.count == 1 ? "problem" : "problems"); nothing was written")
    throw ExitCode.needsPerson
  }

  private func problem(_ enrolment: Enrolment, _ judgement: ParticipantStore.EnrolmentJudgement) -> Diagnostic? {
    switch judgement {
    case .new, .same: return nil
    case .differs(let columns):
      let names = columns.joined(separator: ", ")
      return updates
        ? nil
        : Diagnostic(
          .enrolmentTable, file: file, position: enrolment.position,
          found: "participant '\(enrolment.participant)' is enrolled already, and this line has another \(names)", expected: "a participant that is new, or the same as in \(batch.store.path(of: enrolment.participant))",
          hint: "--update takes over what the line says")
    case .taken(let column, let other):
      return Diagnostic(
        .enrolmentTable, file: file, position: enrolment.position, found: "\(column) of '\(enrolment.participant)' is that of participant '\(other)'",
        expected: "each participant's own", hint: "one account serves one participant of a batch; withdraw the other one first if it has left")
    case .problem(var problem):
      problem.found = "\(problem.file ?? ""): \(problem.found)"
      problem.file = file
      problem.position = enrolment.position
      return problem
    }
  }

  private func write(_ enrolment: Enrolment, _ judgement: ParticipantStore.EnrolmentJudgement, _ report: inout Report) async throws {
    switch judgement {
    case .same: report.unchanged += 1
    case .differs: try await update(enrolment, &report)
    case .new:
      let new = try ParticipantFile(enrolling: enrolment, isSimulated: batch.isSimulated, path: "\(file):\(enrolment.position.line)")
      switch try await batch.store.create(new) {
      case .done(true):
        report.created += 1
        if enrolment.refreshToken == nil { report.needsConsent += 1 }
      case .done(false): held(enrolment, "appeared meanwhile", &report)
      case .heldByAnotherRun: held(enrolment, "held by another run", &report)
      }
    case .problem, .taken: preconditionFailure("a table with problems is refused as a whole")
    }
  }

  private func update(_ enrolment: Enrolment, _ report: inout Report) async throws {
    switch try await batch.store.change(enrolment.participant, { $0.update(from: enrolment) }) {
    case .done: report.updated += 1
    case .heldByAnotherRun: held(enrolment, "held by another run", &report)
    }
  }

  private func held(_ enrolment: Enrolment, _ reason: String, _ report: inout Report) {
    report.held += 1
    terminal.complain("\(reason), left as it is: \(enrolment.participant)")
  }

  private func show(_ report: Report, _ format: FormatOption.Format) throws {
    guard format == .text else { return terminal.print(try JSONOutput.text(report)) }
    var parts = ["\(report.created) enrolled"]
    if report.needsConsent > 0 { parts[0] += " (\(report.needsConsent) without a refresh token: they need consent)" }
    if report.updated > 0 { parts.append("\(report.updated) updated") }
    if report.unchanged > 0 { parts.append("\(report.unchanged) as before") }
    if report.held > 0 { parts.append("\(report.held) left: import again later") }
    terminal.print("\(report.folder): \(parts.joined(separator: ", "))")
    if batch.isSimulated { terminal.note("they are simulated participants: with -p api=… a flow collects real ones") }
  }
}
