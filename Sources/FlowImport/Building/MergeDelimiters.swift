/// MergeContent's delimiters: which of header, footer and demarcator mean anything.
enum MergeDelimiters {
  private static let names: Set<String> = ["header", "footer", "demarcator"]

  /// NiFi uses them with the strategies `Text` and `Filename` only; before 1.9 it had `Filename` even where there was nothing to read.
  /// - Parameter members: the properties of flowrun's MergeContent, without those that it has by default.
  static func adjust(_ members: inout [YAMLValue.Member]) {
    let isGiven = members.contains { names.contains($0.name) && $0.value != .text("") }
    switch members.first(where: { $0.name == "delimiter_strategy" })?.value {
    case nil: members.removeAll { names.contains($0.name) }
    case .text("filename") where !isGiven: members.removeAll { names.contains($0.name) || $0.name == "delimiter_strategy" }
    // A file with the delimiter is not read here: validate names the strategy.
    default: break
    }
  }
}
