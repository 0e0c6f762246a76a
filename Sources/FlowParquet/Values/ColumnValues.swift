/// The values of a column that wait for their page, without NULLs, and what a column chunk knows of all its values: dictionary and bounds.
protocol ColumnValues {
  /// The values that wait.
  var count: Int { get }
  /// The size of these values with the encoding PLAIN.
  var plainByteCount: Int { get }

  /// Adds the values of these rows until the page is large enough, or has to end before a value.
  /// - Returns: the number of rows that were taken, NULL or not; if it is not all of them, the page ends.
  mutating func append(_ column: PreparedColumn, rows: Range<Int>) -> Int
  func appendPlain(to bytes: inout [UInt8])
  /// DELTA_BINARY_PACKED, which only integers have. false, and bytes of no use at the end, if the values do not suit it.
  func appendDelta(to bytes: inout [UInt8]) -> Bool
  /// The values as entries of the dictionary, which takes in those that it does not have; nil if it would become too large.
  mutating func dictionaryIndices() -> [UInt32]?
  var dictionary: any ValueDictionary { get }
  /// Takes back what the last page has added to the dictionary, which is not asked again in this chunk.
  mutating func truncateDictionary(to count: Int)
  /// Takes the values that wait into the bounds of the chunk.
  mutating func noteBounds()
  mutating func removeValues()
  /// Ends the column chunk.
  mutating func takeBounds() -> ValueBounds
}

extension ColumnValues {
  func appendDelta(to bytes: inout [UInt8]) -> Bool { preconditionFailure("only integers are written as differences") }
}

/// The distinct values of a column chunk, in the order in which they occurred.
protocol ValueDictionary {
  var count: Int { get }
  /// The entries, encoded PLAIN.
  var plainByteCount: Int { get }
  func appendPlain(to bytes: inout [UInt8])
}

/// The smallest and the largest value of a column chunk, encoded PLAIN, texts without their length.
struct ValueBounds: Equatable {
  var least: [UInt8]?
  var largest: [UInt8]?
  /// false if a bound is a text that stands for a longer one.
  var isLeastExact = true
  var isLargestExact = true
  /// nil for values other than reals.
  var nanCount: Int64?
}

/// Limits of a page and of a dictionary. They decide where a page ends by the rows alone, whatever batches they come in.
enum PageLimits {
  static let rows = 65_536
  /// Before compression. The page ends with the value that reaches it.
  static let bytes = 1 << 20
  /// Before a difference of more than 1.5 days between instants a page ends, if it has this many values: in dense rows all pages are differences.
  static let valuesBeforeJump = 1024
  static let jump: Int64 = 1 << 27
  static let dictionaryEntries = 65_536
  static let dictionaryBytes = 1 << 20
}
