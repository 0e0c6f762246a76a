import FlowCore
import StudyModel
import StudyParticipants

extension FlowCheck {
  /// The key, and whether every file of the batch can be read.
  func participants(of provider: OAuthProvider) async -> [CheckFinding] {
    let check = "participants", store = provider.store
    if isMadeByTheRun(store.path) { return [.ok(check, "\(store.path): not there yet; the first run makes a batch of the simulator's participants")] }
    let statuses: [ParticipantStatus], refusals: [String]
    do {
      try await store.checkBatch()
      statuses = try await store.statuses()
      refusals = try await provider.outlooks().compactMap { if case .refused(let problem) = $0.standing { problem } else { nil } }
    } catch {
      let isKey = ((error as? Diagnostics)?.all ?? []).contains { $0.code == .participantKey }
      return CheckFinding.failed(isKey ? "participants key" : check, error)
    }
    let locked = statuses.filter(\.isEncrypted).count
    let key = CheckFinding.ok(
      "participants key", locked == 0 ? "no participant file needs a key" : "it opens \(locked) encrypted \(locked == 1 ? "file" : "files")")
    return [key, files(statuses, of: provider)] + refused(refusals, of: statuses.count, path: store.path)
  }

  /// A finding for each reason: those who share an account have one together.
  private func refused(_ problems: [String], of count: Int, path: String) -> [CheckFinding] {
    let reasons = problems.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let next = "a run asks nothing for them, and collects the others"
    return reasons.map { reason in
      let finding = "\(path): \(problems.count { $0 == reason }) of \(count) refused: \(reason)"
      return problems.count < count ? .warn("participants", finding, next: next) : .failed("participants", finding, next: next, exit: .misconfigured)
    }
  }

  private func files(_ statuses: [ParticipantStatus], of provider: OAuthProvider) -> CheckFinding {
    let check = "participants", path = provider.store.path
    guard !statuses.isEmpty else {
      let next = "is its volume mounted? flowrun participants import \(CommandHint.quoted(graph.file)) FILE.csv enrols people"
      return .warn(check, "\(path): no participants", next: next)
    }
    let unreadable = statuses.filter { $0.problem != nil }
    guard let first = unreadable.first, let problem = first.problem else {
      let waiting = statuses.filter { $0.needsConsent(for: provider.wire.oauthType) }.count
      let consent = waiting == 0 ? "" : ", \(waiting) of them \(waiting == 1 ? "needs" : "need") consent"
      return .ok(check, "\(path): \(statuses.count) readable\(consent)")
    }
    let why = problem.split(separator: "\n").first.map(String.init) ?? problem
    let finding = "\(path): \(unreadable.count) of \(statuses.count) cannot be read: \(why)"
    let next = "mend the file or restore it from a copy; flowrun tokens \(CommandHint.quoted(graph.file)) names each"
    // The others are collected without them.
    return unreadable.count < statuses.count ? .warn(check, finding, next: next) : .failed(check, finding, next: next, exit: .misconfigured)
  }
}
