import FlowCore
import StudyModel

/// What figures were gathered from, when, and how long it took: decides whether a reader may have them.
struct FiguresAge: Sendable {
  /// What the figures depend on.
  struct Basis: Equatable, Sendable {
    /// The latest run.
    var run: RunSummary?
    /// Participant files with their times.
    var files: [String]
    /// Times of the database's files.
    var databases: [Instant?]
  }

  enum Use: Equatable {
    /// They are right, or as good as new.
    case keep
    /// They are to be gathered again, which takes longer than a reader waits; until then the reader has these.
    case keepMeanwhile
    /// The reader waits for new ones.
    case wait
  }

  /// For so long at least, changes are not looked at unless a run has begun or ended.
  static let rest = Duration.seconds(5)
  /// What the basis does not show, such as a discarded error entry, is seen after this time.
  static let lifetime = Duration.seconds(60)
  /// Somebody who opens a page waits for so long.
  static let patience = Duration.milliseconds(500)

  var basis: Basis
  /// When gathering began, on the running clock.
  var at: Duration
  /// How long it took.
  var cost: Duration

  /// Whether only another run would have them gathered again.
  func isResting(_ run: RunSummary?, now: Duration) -> Bool { basis.run == run && now - at < max(Self.rest, cost * 20) }

  func use(_ current: Basis, now: Duration) -> Use {
    if isResting(current.run, now: now) || (now - at < Self.lifetime && basis == current) { return .keep }
    return cost > Self.patience ? .keepMeanwhile : .wait
  }
}
