import FlowCore
import FlowJSON
import Testing

/// One extractor for all tests, as in a run, so parsers are reused.
private let sharedExtractor = SimdJSONExtractor()

func extract(
  _ json: String, rows: String = "/rows", rowsMayBeAbsent: Bool = false, _ columns: [MappedColumn],
  _ context: ExtractionContext = ExtractionContext()
) throws -> RecordBatch {
  let path = try #require(JSONPath(rows))
  let mapping = RecordMapping(rows: path, rowsMayBeAbsent: rowsMayBeAbsent, columns: columns)
  return try sharedExtractor.extract(Array(json.utf8), mapping: mapping, context: context)
}

func extractionError(_ body: () throws -> RecordBatch) -> ExtractionError? {
  do {
    let batch = try body()
    Issue.record("gave \(batch.count) rows")
    return nil
  } catch let error as ExtractionError {
    return error
  } catch {
    Issue.record(error)
    return nil
  }
}

func column(_ name: String, _ kind: ColumnKind, _ path: String? = nil) throws -> MappedColumn {
  MappedColumn(name: name, kind: kind, origin: .path(try #require(JSONPath(path ?? name))))
}

extension RecordBatch {
  /// Rows as text, `∅` for NULL.
  var lines: [String] {
    (0..<count).map { row in
      columns.map { column in
        if column.isNull?[row] == true { return "∅" }
        return switch column.values {
        case .integer(let values): String(values[row])
        case .real(let values): String(values[row])
        case .text(let values): values[row]
        }
      }.joined(separator: " | ")
    }
  }
}
