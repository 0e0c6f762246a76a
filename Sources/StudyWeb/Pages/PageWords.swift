import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// How pages write times, numbers and states.
enum PageWords {
  /// `2026-01-05 14:30` (UTC) of RFC 3339; `-` for nil.
  static func time(_ text: String?) -> String {
    guard let text, text.count >= 16 else { return "-" }
    return String(text.prefix(16)).replacing("T", with: " ")
  }

  static func time(_ instant: Instant?) -> String { time(instant?.text) }

  /// `1 443`.
  static func number(_ value: some BinaryInteger) -> String { CoverageVerdict.grouped(Int64(value)) }

  /// `1 entry`, `3 entries`.
  static func count(_ count: Int, _ one: String, _ many: String) -> String { "\(number(count)) \(count == 1 ? one : many)" }

  /// `2 min 5 s`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int64(seconds), hours = whole / 3600, minutes = whole / 60 % 60
    return hours > 0 ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min \(whole % 60) s" : "\(whole) s"
  }

  /// `0.44 s`; from ten seconds on as `duration`.
  static func busy(_ seconds: Double) -> String {
    guard seconds < 10 else { return duration(seconds) }
    let hundredths = Int64((seconds * 100).rounded())
    return "\(hundredths / 100).\(padded(Int(hundredths % 100), 2)) s"
  }

  /// `needs consent` of `needs_consent`.
  static func words(_ name: String) -> String { name.replacing("_", with: " ") }

  static func units(_ unit: String, _ count: Int64) -> String { count == 1 ? unit : unit + "s" }

  /// How a run stands in words, and its class in the style sheet. A complete run may have participants whom it could do nothing for.
  static func status(_ run: RunSummary) -> (words: String, kind: String) {
    switch run.status {
    case .complete where run.exit == 65: ("complete; some need a person", "bad")
    case .complete where run.exit ?? 0 != 0: ("complete; exit \(run.exit ?? 0)", "wait")
    case .running: ("under way", "wait")
    case .interrupted: ("interrupted", "bad")
    case .complete: ("complete", "good")
    case .partial: ("partial", "wait")
    case .failed: ("failed", "bad")
    }
  }

  static func standing(_ standing: CoverageVerdict.Standing) -> (words: String, kind: String) {
    switch standing {
    case .complete: ("complete", "good")
    case .waiting: ("waits for the next run", "wait")
    case .needsPerson: ("needs a person", "bad")
    case .notSynced: ("not synced", "wait")
    case .notCollected: ("not collected", "none")
    }
  }

  /// Text of unknown origin without control characters, for a page.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 && !"\n\t".unicodeScalars.contains($0) || $0.value == 0x7F ? "\u{FFFD}" : $0 }))
  }
}
