import FlowCore

/// Finds a quote that was not closed on its line.
///
/// libyaml reads on to the next quote, possibly lines later, and fails after that one. The useful position is where the
/// quoted text started.
struct QuoteScan {
  private let source: SourceText
  private var index = 0
  private var depth = 0
  /// Whether a scalar may start here; elsewhere, a quote is an ordinary character.
  private var isAtStart = true
  /// Quoted texts that span lines.
  private var found: [Range<Int>] = []

  /// The start of the quoted text after whose end the parser failed; nil if it failed for another reason.
  static func unclosed(in source: SourceText, before index: Int) -> Int? {
    var scan = QuoteScan(source: source)
    scan.run(upTo: index)
    let line = source.position(of: min(index, source.scalars.count)).line
    func lastLine(_ range: Range<Int>) -> Int { source.position(of: max(range.lowerBound, range.upperBound - 1)).line }
    guard var culprit = scan.found.last(where: { $0.lowerBound < index && lastLine($0) >= line }) else { return nil }
    // After one unclosed quote, opening and closing quotes are swapped: report the first of the chain.
    while let before = scan.found.last(where: { $0.upperBound <= culprit.lowerBound }),
      lastLine(before) == source.position(of: culprit.lowerBound).line
    {
      culprit = before
    }
    return culprit.lowerBound
  }

  private init(source: SourceText) { self.source = source }

  private subscript(place: Int) -> Unicode.Scalar? { place < source.scalars.count ? source.scalars[place] : nil }

  private mutating func run(upTo end: Int) {
    while index < min(end, source.scalars.count) { step() }
  }

  private mutating func step() {
    let scalar = source.scalars[index]
    switch scalar {
    case "\"", "'":
      if isAtStart { quoted(scalar) } else { index += 1 }
      isAtStart = false
    case "#" where index == 0 || isBlank(index - 1): skipLine()
    case "|", ">":
      if isAtStart && depth == 0 { skipBlock() } else { text() }
    case "{", "[":
      if isAtStart { depth += 1 }
      index += 1
    case "}", "]":
      depth = max(0, depth - 1)
      text()
    case ",": index += 1; isAtStart = isAtStart || depth > 0
    case ":", "-", "?": sign(scalar)
    default:
      if SourceText.isBreak(scalar) { isAtStart = true } else if scalar != " " { isAtStart = false }
      index += 1
    }
  }

  private mutating func text() {
    isAtStart = false
    index += 1
  }

  private mutating func sign(_ scalar: Unicode.Scalar) {
    let isAlone = isBlank(index + 1)
    isAtStart = isAlone && (scalar == ":" || isAtStart)
    index += 1
  }

  private func isBlank(_ place: Int) -> Bool {
    guard let scalar = self[place] else { return true }
    return scalar == " " || SourceText.isBreak(scalar)
  }

  private mutating func quoted(_ quote: Unicode.Scalar) {
    let start = index
    index += 1
    while let scalar = self[index] {
      if quote == "\"" && scalar == "\\" {
        index += 2
      } else if scalar == quote {
        index += 1
        guard quote == "'", self[index] == "'" else { break }
        index += 1
      } else {
        index += 1
      }
    }
    index = min(index, source.scalars.count)
    if source.scalars[start..<index].contains(where: SourceText.isBreak) { found.append(start..<index) }
  }

  private mutating func skipLine() {
    while let scalar = self[index], !SourceText.isBreak(scalar) { index += 1 }
  }

  /// Skips a block scalar: the lines indented more than the line that starts it.
  private mutating func skipBlock() {
    let first = source.position(of: index).line
    let indentation = source.scalars[source.line(first)].prefix { $0 == " " || $0 == "-" }.count
    var number = first + 1
    while true {
      let line = source.line(number)
      guard line.upperBound > index else { break }
      let content = source.scalars[line]
      guard content.allSatisfy({ $0 == " " }) || content.prefix(while: { $0 == " " }).count > indentation else { break }
      index = line.upperBound
      number += 1
    }
    skipLine()
    isAtStart = false
  }
}
