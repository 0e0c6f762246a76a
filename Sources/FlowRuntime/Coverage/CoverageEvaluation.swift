import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors

/// The coverage of one participant, before it is put into words.
package struct CoverageEvaluation: Sendable {
  package let subject: CoverageSubject
  /// nil if it is unknown.
  package let enrolled: Instant?
  /// Why nothing can be evaluated.
  package let problem: String?
  /// In the order of `subject.types`; empty if nothing can be evaluated.
  package let coverages: [Coverage]
  package let verdict: CoverageVerdict

  package var participant: String { subject.status.participant }

  /// For each data type, every span that is not `have`, with its reason and remedy.
  package var report: CoverageReport.Participant {
    var report = CoverageReport.Participant(
      participant: participant, enrolled: enrolled?.text, latestSync: subject.latestSync?.text, zone: subject.status.zone,
      state: subject.status.collection?.rawValue, problem: problem, dataTypes: [], verdict: verdict)
    report.dataTypes = zip(subject.types, coverages).map { type, coverage in
      CoverageReport.DataType(type.name, coverage) { span in
        let words = subject.words(for: span, type)
        return CoverageReport.Gap(
          span, zone: subject.localZone(at: span.start), why: words.why, next: words.next, isProblem: subject.isProblem(span))
      }
    }
    return report
  }
}

/// What is the same for all participants of a survey.
package struct CoverageFrame: Sendable {
  package let types: [CoveredDataType]
  /// End of the time counted as not synced.
  package let until: Instant
  /// The participants and their data are simulated.
  package let isSimulated: Bool
}
