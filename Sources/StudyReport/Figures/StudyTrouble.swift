import FlowCore
import FlowErrors
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyProcessors

/// A participant about whom a person has to do something.
package struct StudyTrouble: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case consent
    case scope
    case notPaired = "not_paired"
    /// For `overdueDays` at least.
    case notSynced = "not_synced"
    case badData = "bad_data"
    case file
    case access
    case other
  }

  package var participant: String
  package var kind: Kind
  /// Whether coverage says so too; the others have to be reminded, as of a sync.
  package var isStanding: Bool
  /// `consent withdrawn or expired`, `not synced for 5 days`.
  package var title: String
  /// Why, in the words of `flowrun coverage`.
  package var why: String
  package var next: String
  /// nil if it is unknown.
  package var since: Instant?
  /// Whole days; nil if it is unknown since when.
  package var days: Int?

  /// nil if nobody has to do anything.
  /// - Parameters:
  ///   - until: end of the study's time.
  ///   - now: the machine's clock, which error entries and tokens go by.
  init?(_ evaluation: CoverageEvaluation, until: Instant, now: Instant) {
    let subject = evaluation.subject, verdict = evaluation.verdict
    guard subject.isCollected else { return nil }
    participant = evaluation.participant
    isStanding = verdict.standing == .needsPerson
    why = verdict.finding.hasPrefix(Self.prefix) ? String(verdict.finding.dropFirst(Self.prefix.count)) : verdict.finding
    next = verdict.next
    let causes = Set(subject.entries.map(\.cause))
    if verdict.standing == .needsPerson || subject.status.tokenState == .needsConsent {
      let cause = Self.order.first { causes.contains($0) || ($0 == .needsConsent && subject.status.tokenState == .needsConsent) }
      kind = evaluation.problem != nil || evaluation.enrolled == nil ? .file : cause.map(Self.kind) ?? .other
      title = kind == .other ? "failed" + (cause.map { ": " + $0.rawValue.replacing("_", with: " ") } ?? "") : Self.title(kind)
      since = Self.since(kind, cause, subject)
      if verdict.standing != .needsPerson {
        why = "the provider refused the participant's consent"
        next = subject.words.remedy(.needsConsent, participant: participant, canReplay: false)
      }
      days = since.map { Self.days(from: $0, to: now) }
    } else if Self.isStale(evaluation, until: until) {
      let reached = subject.latestSync ?? evaluation.enrolled
      since = reached
      days = reached.map { Self.days(from: $0, to: until) }
      kind = subject.status.sync.tracker == SyncRecord.Tracker.none ? .notPaired : .notSynced
      // Trackers sync by themselves: until then there is nobody to call.
      if kind == .notSynced, let days, days < Self.overdueDays { return nil }
      title = Self.title(kind) + (kind == .notSynced ? Self.words(days) : "")
      why = subject.notSynced
      next = subject.notSyncedRemedy
    } else {
      return nil
    }
  }

  /// What coverage says first of each participant of this standing.
  private static let prefix = "needs a person: "

  /// Whole days without a sync after which somebody has to ask the participant.
  package static let overdueDays = 2

  /// At the end of the study's time: whoever was complete in the days that are looked at may not have synced since.
  private static func isStale(_ evaluation: CoverageEvaluation, until: Instant) -> Bool {
    switch evaluation.verdict.standing {
    case .notSynced: true
    case .complete: evaluation.subject.isStale(at: until)
    case .waiting, .needsPerson, .notCollected: false
    }
  }

  /// The gravest first.
  private static let order: [Cause] =
    [.needsConsent, .badParticipantFile, .clientRefused, .gone, .badData, .scope]
    + Cause.allCases.filter { !$0.isRetryable && ![.needsConsent, .badParticipantFile, .clientRefused, .gone, .badData, .scope].contains($0) }

  private static func kind(_ cause: Cause) -> Kind {
    switch cause {
    case .needsConsent: .consent
    case .scope: .scope
    case .badData: .badData
    case .badParticipantFile: .file
    case .clientRefused, .gone: .access
    default: .other
    }
  }

  package static func title(_ kind: Kind) -> String {
    switch kind {
    case .consent: "needs consent"
    case .scope: "consent lacks a scope"
    case .notPaired: "no tracker paired"
    case .notSynced: "not synced"
    case .badData: "bad data"
    case .file: "participant file"
    case .access: "the provider refuses access"
    case .other: "failed"
    }
  }

  private static func words(_ days: Int?) -> String {
    guard let days else { return "" }
    return days == 0 ? "" : " for \(days) \(days == 1 ? "day" : "days")"
  }

  private static func since(_ kind: Kind, _ cause: Cause?, _ subject: CoverageSubject) -> Instant? {
    let entries = subject.entries.filter { $0.cause == cause }.map(\.time)
    guard kind == .consent else { return entries.min() }
    return (entries + subject.status.refusals.compactMap(\.time) + [subject.status.since].compactMap { $0 }).min()
  }

  private static func days(from: Instant, to: Instant) -> Int { max(Int((to.seconds - from.seconds) / 86_400), 0) }
}
