import FlowCore
import FlowParquet
import FlowTesting
import Testing

@testable import FlowExport

@Suite("CSV files")
struct CSVWriterTests {
  private static let columns = [
    ParquetColumn("who", .text, isRequired: true), ParquetColumn("n", .integer64, isRequired: false), ParquetColumn("x,\"y\"", .real, isRequired: false),
    ParquetColumn("day", .date, isRequired: false), ParquetColumn("at", .instant, isRequired: false),
  ]

  private static func text(_ batches: [RecordBatch], _ columns: [ParquetColumn] = columns) throws -> String {
    let bytes = Locked<[UInt8]>([])
    let writer = try CSVWriter(columns) { piece in bytes.withLock { $0 += piece } }
    for batch in batches { try writer.append(batch) }
    return String(decoding: bytes.withLock { $0 }, as: UTF8.self)
  }

  @Test("records end with CRLF, texts are quoted where they must be, NULL is empty and an empty text is not")
  func values() throws {
    let batch = RecordBatch(
      columns: [
        .init(name: "at", values: .integer([0, 1_767_571_200, -1, 0]), isNull: [false, false, false, true]),
        .init(name: "who", values: .text(["plain", "a,b", "say \"hi\"\r\n", ""])),
        .init(name: "n", values: .integer([.max, .min, 0, 0]), isNull: [false, false, false, true]),
        .init(name: "x,\"y\"", values: .real([0.1, -0.0, 1e300, .nan])),
        .init(name: "day", values: .text(["2026-01-05", "", "0001-01-01", ""]), isNull: [false, true, false, true]),
      ], count: 4)
    let expected = [
      "who,n,\"x,\"\"y\"\"\",day,at", "plain,9223372036854775807,0.1,2026-01-05,1970-01-01T00:00:00Z", "\"a,b\",-9223372036854775808,-0.0,,2026-01-05T00:00:00Z",
      "\"say \"\"hi\"\"\r\n\",0,1e+300,0001-01-01,1969-12-31T23:59:59Z", "\"\",,,,",
    ]
    #expect(try Self.text([batch]) == expected.map { $0 + "\r\n" }.joined())
    let read = try StrictCSV.records(Array(try Self.text([batch, batch]).utf8))
    #expect(read.count == 9 && read[3][0] == "say \"hi\"\r\n" && read[4] == ["", nil, nil, nil, nil])
  }

  @Test("a number is the shortest text that reads back as the same number")
  func numbers() throws {
    let random = SeededRandomSource(seed: 1)
    let numbers = (0..<2000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
    let batch = RecordBatch(columns: [.init(name: "x", values: .real(numbers))], count: numbers.count)
    let read = try StrictCSV.records(Array(try Self.text([batch], [ParquetColumn("x", .real, isRequired: true)]).utf8)).dropFirst()
    #expect(zip(read, numbers).allSatisfy { Double($0[0] ?? "")?.bitPattern == $1.bitPattern })
  }

  @Test("a batch without a column is refused")
  func missingColumn() throws {
    #expect(throws: ProcessorError.self) { _ = try Self.text([RecordBatch(columns: [], count: 0)]) }
  }
}
