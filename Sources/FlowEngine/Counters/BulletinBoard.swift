import FlowCore

/// Bulletins of one processor, level and subject.
package struct GroupedBulletin: Sendable, Equatable {
  package var level: Bulletin.Level
  /// Name of the processor; empty for the run.
  package var processor: String
  package var subject: String
  package var count: Int
  /// The words of the first three.
  package var details: [String]

  package init(level: Bulletin.Level, processor: String, subject: String, count: Int, details: [String]) {
    self.level = level
    self.processor = processor
    self.subject = subject
    self.count = count
    self.details = details
  }
}

/// Gathers bulletins into groups, so that a thousand of a kind take one line.
struct BulletinGroups: Sendable {
  private struct Key: Hashable, Sendable {
    var processor: String
    var level: Bulletin.Level
    var subject: String
  }
  /// In the order in which each kind first came.
  private(set) var all: [GroupedBulletin] = []
  private var places: [Key: Int] = [:]
  static let detailCount = 3

  mutating func post(_ bulletin: Bulletin) {
    let key = Key(processor: bulletin.processor, level: bulletin.level, subject: bulletin.subject)
    let place: Int
    if let known = places[key] {
      place = known
    } else {
      place = all.count
      places[key] = place
      all.append(
        GroupedBulletin(
          level: bulletin.level, processor: bulletin.processor, subject: bulletin.subject, count: 0, details: []))
    }
    all[place].count += 1
    if all[place].details.count < Self.detailCount { all[place].details.append(bulletin.detail) }
  }
}
