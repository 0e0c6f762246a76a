/// Turns JSON into typed rows as a mapping says, without an object per row.
///
/// Pure computation; runs on the caller's thread. Throws `ExtractionError` with the JSON pointer of the first offence: a document
/// that is cut off, doubled or no JSON at all gives no row.
package protocol RecordExtractor: Sendable {
  /// Makes of a mapping what can be used for any number of documents. Throws `ExtractionError` for one that cannot be meant.
  func compile(_ mapping: RecordMapping) throws -> any CompiledMapping
  /// For a mapping that is used once.
  func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch
  /// Reads one value by JSON pointer (RFC 6901) as text; nil where absent or null. For small answers and the address of a next page.
  func text(at pointer: String, in document: [UInt8]) throws -> String?
}

/// A mapping, ready for documents. Pure computation, any thread, several at a time; throws as `RecordExtractor` does.
package protocol CompiledMapping: Sendable {
  func extract(_ document: [UInt8], context: ExtractionContext) throws -> RecordBatch
}

extension RecordExtractor {
  package func compile(_ mapping: RecordMapping) throws -> any CompiledMapping { UncompiledMapping(extractor: self, mapping: mapping) }
}

/// A mapping of an extractor that reads it anew for each document.
private struct UncompiledMapping: CompiledMapping {
  let extractor: any RecordExtractor
  let mapping: RecordMapping

  func extract(_ document: [UInt8], context: ExtractionContext) throws -> RecordBatch {
    try extractor.extract(document, mapping: mapping, context: context)
  }
}

package struct ExtractionError: Error, Sendable, Equatable, CustomStringConvertible {
  package var isDocument: Bool
  /// JSON pointer (RFC 6901) from the root; empty for the document.
  package var pointer: String
  package var found: String
  package var expected: String

  package init(isDocument: Bool = false, pointer: String, found: String, expected: String) {
    self.isDocument = isDocument
    self.pointer = pointer
    self.found = found
    self.expected = expected
  }
  package var description: String {
    pointer.isEmpty ? "\(found); expected \(expected)" : "\(pointer) is \(found); expected \(expected)"
  }
  /// Also of a document that cannot be read: it came whole, and a second look at it does not help.
  package var cause: Cause { .badData }
}

/// What a mapping needs to know beside the document.
package struct ExtractionContext: Sendable {
  /// Values of the columns that come from attributes, by column name.
  package var attributeValues: [String: String]
  /// Offset from UTC, seconds east, at an instant (seconds since 1970), in the zone of the records' owner; nil if the zone is not known:
  /// columns made from it are NULL.
  package var utcOffset: (@Sendable (Int64) -> Int32)?
  /// The civil date on which times of day begin, for `instant` columns made of a time alone; nil if the mapping names a date.
  package var firstDate: CivilDate?
  /// Rows outside the half-open window are dropped and counted; where all are, the answer is one to another question and refused. nil keeps
  /// all. Seconds since 1970.
  package var window: Range<Int64>?
  /// The same for a `windowColumn` of dates.
  package var dates: Range<CivilDate>?
  /// The column by which a row belongs to the window; nil: the first instant.
  package var windowColumn: String?

  package init(
    attributeValues: [String: String] = [:], utcOffset: (@Sendable (Int64) -> Int32)? = nil,
    firstDate: CivilDate? = nil, window: Range<Int64>? = nil, dates: Range<CivilDate>? = nil, windowColumn: String? = nil
  ) {
    self.attributeValues = attributeValues
    self.utcOffset = utcOffset
    self.firstDate = firstDate
    self.window = window
    self.dates = dates
    self.windowColumn = windowColumn
  }
}
