/// Source text in which every character keeps its offset in the user's text.
///
/// Quoted texts inside expressions are compiled again after unescaping; the offsets survive that.
struct PlacedText {
  private(set) var scalars: [Unicode.Scalar]
  /// One element more than `scalars`: the last is the offset just after the text.
  private var offsets: [Int]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    offsets = Array(0...scalars.count)
  }

  /// Empty text at an offset.
  init(at offset: Int) {
    scalars = []
    offsets = [offset]
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }
  var text: String { PlacedText.string(scalars[...]) }

  subscript(position: Int) -> Unicode.Scalar { scalars[position] }

  subscript(range: Range<Int>) -> PlacedText {
    var slice = PlacedText(at: offsets[range.upperBound])
    slice.scalars = Array(scalars[range])
    slice.offsets = Array(offsets[range.lowerBound...range.upperBound])
    return slice
  }

  /// The offset in the user's text of the character at `position`, or of the end.
  func offset(at position: Int) -> Int { offsets[position] }

  /// Appends a character that represents the user's text at `offset`.
  mutating func append(_ scalar: Unicode.Scalar, at offset: Int, endingAt end: Int) {
    scalars.append(scalar)
    offsets[offsets.count - 1] = offset
    offsets.append(end)
  }

  /// Appends `other` with its offsets.
  mutating func append(_ other: PlacedText) {
    scalars += other.scalars
    offsets.removeLast()
    offsets += other.offsets
  }

  /// Appends characters that all represent the user's text at `offset`.
  mutating func append(_ text: String, at offset: Int, endingAt end: Int) {
    for scalar in text.unicodeScalars { append(scalar, at: offset, endingAt: end) }
  }

  /// The text between two positions.
  func string(_ range: Range<Int>) -> String { PlacedText.string(scalars[range]) }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
