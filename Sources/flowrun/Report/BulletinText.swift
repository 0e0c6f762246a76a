import FlowCore
import StudyModel

/// Formats bulletins of one kind as one line.
enum BulletinText {
  static func line(_ warning: RunReport.Warning) -> String {
    let place = warning.processor.isEmpty ? "" : "\(warning.processor): "
    let count = warning.count > 1 ? " (\(warning.count) times)" : ""
    return "\(warning.level): \(place)\(warning.subject)\(count)" + (warning.detail.isEmpty ? "" : ": \(warning.detail)")
  }
}
