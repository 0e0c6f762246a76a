import FlowCore
import Foundation
import StudyModel

/// Lossless conversion of a batch to lines of JSON and back.
///
/// The first line declares the columns: `{"columns":[{"name":"value","kind":"integer"}],"count":2,"dropped":0}`. Each
/// further line is one row: `{"value":61}`, with members in column order. A real that JSON cannot represent is written
/// as text (`"nan"`).
package enum RecordLines {
  static let contentType = "application/x-ndjson; records"

  package static func bytes(of batch: RecordBatch) throws -> [UInt8] {
    let header = Header(
      columns: batch.columns.map { Header.Column(name: $0.name, kind: $0.values.kind, nullable: $0.isNull == nil ? nil : true) },
      count: batch.count, dropped: batch.droppedCount)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(header)) + [newline] + batch.jsonLines
  }

  /// Throws `Diagnostic` if the lines were not written by `bytes(of:)`.
  package static func batch(from bytes: [UInt8]) throws -> RecordBatch {
    let lines = bytes.split(separator: newline)
    guard let first = lines.first, let header = try? JSONDecoder().decode(Header.self, from: Data(first)) else {
      throw Diagnostic.damagedEntry("content: its first line does not describe columns")
    }
    // Only compare the stored count, without arithmetic: it may be any number.
    guard lines.count - 1 == header.count else {
      throw Diagnostic.damagedEntry("content: it has \(lines.count - 1) rows, but its first line declares \(header.count)")
    }
    let rows = try lines.dropFirst().enumerated().map { index, line in
      guard let row = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        throw Diagnostic.damagedEntry("content: row \(index + 1) is not a JSON object")
      }
      return row
    }
    var batch = RecordBatch(columns: try header.columns.map { try $0.read(rows) }, count: header.count)
    batch.droppedCount = header.dropped
    return batch
  }

  private static let newline = UInt8(ascii: "\n")

  fileprivate struct Header: Codable {
    struct Column: Codable {
      var name: String
      var kind: Kind
      var nullable: Bool?
    }
    enum Kind: String, Codable { case integer, real, text }
    var columns: [Column]
    var count: Int
    var dropped: Int
  }
}

extension RecordBatch.Values {
  fileprivate var kind: RecordLines.Header.Kind {
    switch self {
    case .integer: .integer
    case .real: .real
    case .text: .text
    }
  }
}

extension RecordLines.Header.Column {
  /// Reads this column's values from all rows.
  func read(_ rows: [[String: Any]]) throws -> RecordBatch.Column {
    var isNull: [Bool] = []
    func value<Value>(_ row: [String: Any], _ missing: Value, _ read: (Any) -> Value?) throws -> Value {
      guard let found = row[name] else { throw Diagnostic.damagedEntry("content: a row lacks '\(name)'") }
      isNull.append(found is NSNull)
      if found is NSNull, nullable == true { return missing }
      guard let value = read(found) else { throw Diagnostic.damagedEntry("content: '\(name)' is not \(kind.rawValue) in every row") }
      return value
    }
    let values: RecordBatch.Values =
      switch kind {
      case .integer: .integer(try rows.map { try value($0, 0) { ($0 as? NSNumber).flatMap { Int64(exactly: $0) } } })
      case .real: .real(try rows.map { try value($0, 0) { ($0 as? NSNumber)?.doubleValue ?? ($0 as? String).flatMap(Double.init) } })
      case .text: .text(try rows.map { try value($0, "") { $0 as? String } })
      }
    return RecordBatch.Column(name: name, values: values, isNull: nullable == true ? isNull : nil)
  }
}
