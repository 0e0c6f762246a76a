import FlowCore

/// A slice among those that one request covers.
package struct SlicePart: Hashable, Sendable {
  /// Seconds since 1970, half-open.
  package var start: Int64
  package var end: Int64
  /// Whether the answer cannot be final yet.
  package var isProvisional: Bool

  package init(start: Int64, end: Int64, isProvisional: Bool = false) {
    self.start = start
    self.end = end
    self.isProvisional = isProvisional
  }

  /// The slice as a failure names it: an ISO 8601 interval.
  package var text: String { "\(Instant(seconds: start).text)/\(Instant(seconds: end).text)" }
}

/// The attribute `slice.parts`: the slices of a FlowFile that covers several.
///
/// Contiguous slices share their bounds, gaps are spaces, and `?` follows the end of a provisional slice:
/// `2026-01-05T06:00:00Z/2026-01-06T06:00:00Z/2026-01-07T06:00:00Z? 2026-01-08T06:00:00Z/2026-01-09T06:00:00Z?`.
extension SlicePart {
  package static func text(of parts: [SlicePart]) -> String {
    var text = ""
    var end: Int64?
    for part in parts {
      if part.start != end { text += (text.isEmpty ? "" : " ") + Instant(seconds: part.start).text }
      text += "/" + Instant(seconds: part.end).text + (part.isProvisional ? "?" : "")
      end = part.end
    }
    return text
  }

  /// Reads what `text(of:)` writes. nil for anything else: slices must have an extent, follow each other and not overlap.
  package static func parts(of text: String) -> [SlicePart]? {
    var parts: [SlicePart] = []
    for run in text.split(separator: " ") {
      let bounds = run.split(separator: "/", omittingEmptySubsequences: false)
      guard bounds.count > 1, var start = Instant(rfc3339: bounds[0])?.seconds else { return nil }
      for bound in bounds.dropFirst() {
        let isProvisional = bound.hasSuffix("?")
        guard let end = Instant(rfc3339: isProvisional ? bound.dropLast() : bound)?.seconds, start < end, parts.last.map({ $0.end <= start }) ?? true
        else { return nil }
        parts.append(SlicePart(start: start, end: end, isProvisional: isProvisional))
        start = end
      }
    }
    return parts.isEmpty ? nil : parts
  }
}
