import FlowCore

/// The bulletins that share a processor, level and subject.
package struct GroupedBulletin: Sendable, Equatable {
  package var level: Bulletin.Level
  /// The processor's name; empty for the run.
  package var processor: String
  package var subject: String
  package var count: Int
  /// Up to three distinct details: the alphabetically first, so that equal runs report the same.
  package var details: [String]
  /// Whether there are more details.
  package var hasMore: Bool

  package init(
    level: Bulletin.Level, processor: String, subject: String, count: Int, details: [String], hasMore: Bool = false
  ) {
    self.level = level
    self.processor = processor
    self.subject = subject
    self.count = count
    self.details = details
    self.hasMore = hasMore
  }
}

/// Groups bulletins, so that a thousand of a kind take one line.
struct BulletinGroups: Sendable {
  private struct Key: Hashable, Sendable {
    var processor: String
    var level: Bulletin.Level
    var subject: String
  }
  private var groups: [Key: GroupedBulletin] = [:]
  static let detailCount = 3

  mutating func post(_ bulletin: Bulletin) {
    let key = Key(processor: bulletin.processor, level: bulletin.level, subject: bulletin.subject)
    var group =
      groups[key]
      ?? GroupedBulletin(level: bulletin.level, processor: bulletin.processor, subject: bulletin.subject, count: 0, details: [])
    group.count += 1
    if !group.details.contains(bulletin.detail) {
      group.details = (group.details + [bulletin.detail]).sorted()
      group.hasMore = group.hasMore || group.details.count > Self.detailCount
      group.details = Array(group.details.prefix(Self.detailCount))
    }
    groups[key] = group
  }

  /// Sorted by processor, the run's own first, then by severity: an order independent of thread timing.
  func sorted(by processors: [String]) -> [GroupedBulletin] {
    let places = Dictionary(processors.enumerated().map { ($1, $0) }) { first, _ in first }
    return groups.values.sorted { left, right in
      let (leftPlace, rightPlace) = (places[left.processor] ?? -1, places[right.processor] ?? -1)
      if leftPlace != rightPlace { return leftPlace < rightPlace }
      return left.level == right.level ? left.subject < right.subject : left.level > right.level
    }
  }
}
