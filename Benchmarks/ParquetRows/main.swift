// Writes rows of intraday heart rate as a Parquet file, beside Benchmarks/parquet_rows.py.
// ParquetRows FILE ROWS [all]: an instant and a value each; with `all` also whose they are and the offset, as in an export.
// Prints `ROWS SECONDS BYTES`. The batches are made before the clock starts.
import FlowCore
import FlowParquet
import Foundation

let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count), let rowCount = Int(arguments[2]), arguments.count == 3 || arguments[3] == "all" else {
  FileHandle.standardError.write(Data("usage: ParquetRows FILE ROWS [all]\n".utf8))
  exit(64)
}
let isWhole = arguments.count == 4

/// As many as one participant has in a day, at a sample every 5 seconds.
let batchRows = 17_280
/// 2026-01-05T00:00:00Z.
let firstDay: Int64 = 1_767_571_200

/// A day of a participant: a sample every 3 to 7 seconds, whose value wanders as a pulse does.
func day(_ number: Int, rows: Int) -> RecordBatch {
  let random = SeededRandomSource(seed: UInt64(number))
  var instants: [Int64] = []
  var values: [Int64] = []
  var instant = firstDay + Int64(number % 30) * 86_400
  var value: Int64 = 70
  for _ in 0..<rows {
    let bits = random.next()
    instant += 3 + Int64(bits % 5)
    value = min(180, max(45, value + Int64(bits >> 8 & 7) - 3 - (value > 70 ? 1 : 0)))
    instants.append(instant)
    values.append(value)
  }
  var columns: [RecordBatch.Column] = [.init(name: "instant", values: .integer(instants)), .init(name: "value", values: .integer(values))]
  if isWhole {
    columns.append(.init(name: "participant", values: .text([String](repeating: "STUDY-\(1000 + number / 30)", count: rows))))
    columns.append(.init(name: "utc_offset", values: .integer([Int64](repeating: -21_600, count: rows))))
  }
  return RecordBatch(columns: columns, count: rows)
}

let columns: [ParquetColumn] =
  isWhole
  ? [
    .init("participant", .text, isRequired: true), .init("instant", .instant, isRequired: true), .init("utc_offset", .integer32, isRequired: false),
    .init("value", .integer64, isRequired: false),
  ] : [.init("instant", .instant, isRequired: true), .init("value", .integer64, isRequired: false)]
let batches = stride(from: 0, to: rowCount, by: batchRows).enumerated().map { day($0.offset, rows: min(batchRows, rowCount - $0.element)) }

guard FileManager.default.createFile(atPath: arguments[1], contents: nil), let file = FileHandle(forWritingAtPath: arguments[1]) else {
  FileHandle.standardError.write(Data("ParquetRows: cannot write '\(arguments[1])'\n".utf8))
  exit(74)
}
let begin = ContinuousClock.now
var writer = try ParquetWriter(columns, metadata: []) { try file.write(contentsOf: $0) }
for batch in batches { try writer.append(batch) }
try writer.finish()
let size = try file.offset()
try file.close()
let taken = (ContinuousClock.now - begin).components
print(rowCount, Double(taken.seconds) + Double(taken.attoseconds) / 1e18, size)
