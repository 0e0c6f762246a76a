/// Converts JSON to typed rows according to a mapping, without an object per row.
///
/// Pure computation on the caller's thread. Throws `ExtractionError` with the JSON pointer of the first problem. A
/// document that is truncated, repeated or not JSON yields no rows.
package protocol RecordExtractor: Sendable {
  /// Prepares a mapping for any number of documents. Throws `ExtractionError` if the mapping is inconsistent.
  func compile(_ mapping: RecordMapping) throws -> any CompiledMapping
  /// Extracts with a mapping that is used once.
  func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch
  /// Reads one value by JSON pointer (RFC 6901) as text; nil if absent or null. For small responses and next-page
  /// links.
  func text(at pointer: String, in document: [UInt8]) throws -> String?
}

/// A prepared mapping. Pure computation, safe for concurrent use; throws like `RecordExtractor`.
package protocol CompiledMapping: Sendable {
  func extract(_ document: [UInt8], context: ExtractionContext) throws -> RecordBatch
  /// Extracts a document that answers several requests at once, such as each of its days.
  ///
  /// Each row belongs to the context whose window contains it. A value that is invalid fails only the part it belongs to. Throws
  /// `ExtractionError` for a problem of the document as a whole, as if its rows are outside of every window.
  /// - Parameter contexts: not empty; their windows do not overlap. They differ in windows and attribute values only.
  func extract(_ document: [UInt8], parts contexts: [ExtractionContext]) throws -> PartedRecords
}

/// The records of a document that answers several requests.
package struct PartedRecords: Sendable {
  /// In the order of the contexts.
  package var parts: [Result<RecordBatch, ExtractionError>]
  /// The number of rows dropped because they belong to no part.
  package var droppedCount: Int

  package init(parts: [Result<RecordBatch, ExtractionError>], droppedCount: Int) {
    self.parts = parts
    self.droppedCount = droppedCount
  }
}

extension RecordExtractor {
  package func compile(_ mapping: RecordMapping) throws -> any CompiledMapping { UncompiledMapping(extractor: self, mapping: mapping) }
}

/// The fallback for extractors without a compiled form.
private struct UncompiledMapping: CompiledMapping {
  let extractor: any RecordExtractor
  let mapping: RecordMapping

  func extract(_ document: [UInt8], context: ExtractionContext) throws -> RecordBatch {
    try extractor.extract(document, mapping: mapping, context: context)
  }

  func extract(_ document: [UInt8], parts contexts: [ExtractionContext]) throws -> PartedRecords {
    let parts = try contexts.map { context -> Result<RecordBatch, ExtractionError> in
      do {
        return .success(try extract(document, context: context))
      } catch let error as ExtractionError {
        return .failure(error)
      }
    }
    return PartedRecords(parts: parts, droppedCount: 0)
  }
}

package struct ExtractionError: Error, Sendable, Equatable, CustomStringConvertible {
  package var isDocument: Bool
  /// JSON pointer (RFC 6901) from the root; empty for the whole document.
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
  /// Also for unparsable documents: the document arrived whole, so parsing it again does not help.
  package var cause: Cause { .badData }
}

/// The inputs of an extraction besides the document.
package struct ExtractionContext: Sendable {
  /// Values of the columns that come from attributes, by column name.
  package var attributeValues: [String: String]
  /// The UTC offset in seconds east at an instant (seconds since 1970), in the zone of the records' owner; nil if the
  /// zone is unknown, which makes the columns derived from it NULL.
  package var utcOffset: (@Sendable (Int64) -> Int32)?
  /// The civil date on which times of day start, for `instant` columns made from a time of day alone; nil if the
  /// mapping names a date.
  package var firstDate: CivilDate?
  /// The half-open window, in seconds since 1970. Rows outside are dropped and counted; if all rows are outside, the
  /// response answers a different request and is rejected. nil keeps all rows.
  package var window: Range<Int64>?
  /// The same for a `windowColumn` that holds dates.
  package var dates: Range<CivilDate>?
  /// The column that decides whether a row is in the window; nil: the first instant.
  package var windowColumn: String?
  /// The document answers other requests too: it is valid that no row is inside the window, and that a list has no element
  /// for an attribute's value.
  package var isPartOfAnswer = false
  /// The request has an open end: it is valid that all rows are outside of the window.
  package var isOpenEnded = false

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
