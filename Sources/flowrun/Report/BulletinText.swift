import FlowCore
import FlowEngine

/// A grouped bulletin as one line.
enum BulletinText {
  static func line(_ bulletin: GroupedBulletin) -> String {
    let place = bulletin.processor.isEmpty ? "" : "\(bulletin.processor): "
    let count = bulletin.count > 1 ? " (\(bulletin.count) times)" : ""
    let more = bulletin.count > bulletin.details.count ? ", …" : ""
    let details = bulletin.details.isEmpty ? "" : ": " + bulletin.details.joined(separator: ", ") + more
    return "\(bulletin.level.rawValue): \(place)\(bulletin.subject)\(count)\(details)"
  }
}
