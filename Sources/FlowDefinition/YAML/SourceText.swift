import FlowCore

/// A flow file's text as Unicode scalars, with the positions of its lines.
///
/// Indices count scalars like libyaml's marks (both exclude a byte order mark at the start).
struct SourceText: Sendable {
  /// Larger files are rejected: flow files are written by hand.
  static let maximumBytes = 1 << 20

  let scalars: [Unicode.Scalar]
  /// The text as UTF-8, without a byte order mark.
  let utf8: [UInt8]
  /// Index of the first scalar of each line.
  private let lineStarts: [Int]

  /// Checks that the bytes are text that YAML allows.
  init(_ bytes: [UInt8]) throws(Diagnostic) {
    guard bytes.count <= SourceText.maximumBytes else { throw Diagnostic.fileTooLarge(bytes: bytes.count) }
    guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else { throw Diagnostic.utf16 }
    guard !bytes.contains(0) else { throw Diagnostic.binary }
    utf8 = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
    let (decoded, isWhole) = SourceText.decode(utf8)
    scalars = decoded
    lineStarts = SourceText.lineStarts(of: decoded)
    if let invalid = decoded.firstIndex(where: { !SourceText.isText($0) }) {
      throw Diagnostic.notText(decoded[invalid]).at(position(of: invalid))
    }
    guard isWhole else { throw Diagnostic.notUTF8.at(position(of: decoded.count)) }
  }

  /// Line and column of a scalar; one past the last is allowed.
  func position(of index: Int) -> SourcePosition {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= index { low = middle } else { high = middle }
    }
    return SourcePosition(line: low + 1, column: index - lineStarts[low] + 1)
  }

  /// The scalar indices of a line (from 1), without its line break; empty if there is no such line.
  func line(_ number: Int) -> Range<Int> {
    guard (1...lineStarts.count).contains(number) else { return 0..<0 }
    let start = lineStarts[number - 1]
    return start..<(scalars[start...].firstIndex(where: SourceText.isBreak) ?? scalars.count)
  }

  /// The line breaks of YAML 1.1, by which libyaml counts lines.
  static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
    var starts = [0]
    for index in scalars.indices where isBreak(scalars[index]) {
      let isFirstHalf = scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
      if !isFirstHalf { starts.append(index + 1) }
    }
    return starts
  }

  /// The scalars up to the first byte that is not UTF-8, and whether the whole input was decoded.
  private static func decode(_ bytes: [UInt8]) -> ([Unicode.Scalar], Bool) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(bytes.count)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): scalars.append(scalar)
      case .emptyInput: return (scalars, true)
      case .error: return (scalars, false)
      }
    }
  }

  /// YAML 1.1, "c-printable": tab and line breaks are the only allowed control characters.
  private static func isText(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x85: true
    case 0..<0x20, 0x7F..<0xA0, 0xFEFF, 0xFFFE, 0xFFFF: false
    default: true
    }
  }
}
