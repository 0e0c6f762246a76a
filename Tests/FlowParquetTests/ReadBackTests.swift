import FlowCore
import FlowParquet
import FlowTesting
import Testing

/// What is written, as four other implementations read it.
@Suite("Parquet files are read by pyarrow, DuckDB, Polars and fastparquet", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
struct ReadBackTests {
  @Test("values, types, NULLs, bounds, sizes and metadata of random rows", arguments: Seeds.chosen(usual: 6))
  func random(_ seed: UInt64) async throws {
    var rows = RandomRows(seed: seed)
    let differences = try await rows.table().differences()
    #expect(differences == [])
  }

  @Test("the recorded files", arguments: ParquetWriterTests.goldenTables.indices)
  func golden(_ index: Int) async throws {
    // fastparquet has dates in nanoseconds.
    let differences = try await ParquetWriterTests.goldenTables[index].table.differences(readers: ["pyarrow", "duckdb", "polars"])
    #expect(differences == [])
  }

  @Test("a file without rows", arguments: [true, false])
  func empty(isRequired: Bool) async throws {
    let columns = ParquetColumn.Kind.everyKind.enumerated().map { ParquetColumn("c\($0.offset)", $0.element, isRequired: isRequired) }
    let batch = RecordBatch(columns: columns.map { .init(name: $0.name, values: $0.kind.noValues) }, count: 0)
    let differences = try await ExpectedTable(columns: columns, batch: batch, metadata: [("flow", "empty")]).differences()
    #expect(differences == [])
  }

  @Test("a column of NULLs alone, and pages of NULLs between others")
  func nulls() async throws {
    let count = 200_000
    let isNull = (0..<count).map { (70_000..<140_000).contains($0) }
    let columns = ParquetColumn.Kind.everyKind.enumerated().map { ParquetColumn("c\($0.offset)", $0.element, isRequired: false) }
    for marks in [isNull, [Bool](repeating: true, count: count)] {
      let batch = RecordBatch(
        columns: columns.map { .init(name: $0.name, values: $0.kind.values { Int64($0 / 3 % 100) }(count), isNull: marks) }, count: count)
      let differences = try await ExpectedTable(columns: columns, batch: batch).differences()
      #expect(differences == [])
    }
  }

  @Test("extremes of integers, reals and dates; instants as far as microseconds reach")
  func extremes() async throws {
    let integers: [Int64] = [.min, .max, 0, -1, 1, .min + 1, .max - 1, .min]
    let reals: [Double] = [.nan, .infinity, -.infinity, -0.0, 0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]
    let table = ExpectedTable(
      columns: [
        .init("long", .integer64, isRequired: true), .init("short", .integer32, isRequired: true), .init("real", .real, isRequired: true),
        .init("zero", .real, isRequired: true), .init("nan", .real, isRequired: true), .init("day", .date, isRequired: true),
        .init("instant", .instant, isRequired: true),
      ],
      batch: RecordBatch(
        columns: [
          .init(name: "long", values: .integer(integers)),
          .init(name: "short", values: .integer(integers.map { Int64(Int32(clamping: $0)) })), .init(name: "real", values: .real(reals)),
          .init(name: "zero", values: .real([0, -0.0, 0, -0.0, .nan, 0, 0, 0])), .init(name: "nan", values: .real([Double](repeating: .nan, count: 8))),
          .init(
            name: "day",
            values: .text(["0001-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "2000-02-29", "1900-03-01", "0004-02-29", "1582-10-10"])),
          .init(
            name: "instant",
            values: .integer([-62_135_596_800, 253_402_300_799, 0, -1, 1, 1_767_571_200, -9_000_000_000_000, 9_000_000_000_000])),
        ], count: 8))
    let differences = try await table.differences(readers: ["pyarrow", "duckdb", "polars"])
    #expect(differences == [])
  }

  @Test("instants of dense rows, with jumps of days between them, and of sparse ones", arguments: [1, 40, 3000])
  func jumps(rowsBetween: Int) async throws {
    let seconds = (0..<20_000).map { Int64($0 * 5) + Int64($0 / rowsBetween % 7) * 3_000_000 }
    let table = ExpectedTable(
      columns: [.init("at", .instant, isRequired: true), .init("optional", .instant, isRequired: false)],
      batch: RecordBatch(
        columns: [
          .init(name: "at", values: .integer(seconds)), .init(name: "optional", values: .integer(seconds), isNull: seconds.indices.map { $0 % 11 == 3 }),
        ], count: seconds.count))
    let differences = try await table.differences()
    #expect(differences == [])
  }

  @Test("every instant whose milliseconds fit into 64 bits")
  func instants() async throws {
    let seconds = [Int64.min / 1000, Int64.max / 1000, 0, Int64.min / 1000, Int64.max / 1000, -1, Int64.max / 1000]
    let table = ExpectedTable(
      columns: [.init("instant", .instant, isRequired: true)],
      batch: RecordBatch(columns: [.init(name: "instant", values: .integer(seconds))], count: seconds.count))
    let differences = try await table.differences(readers: ["pyarrow"])
    #expect(differences == [])
  }

  @Test("several row groups and pages, and dictionaries that end within a chunk", arguments: [1, 65_536, 131_073])
  func manyPages(rowGroupRows: Int) async throws {
    let count = rowGroupRows == 1 ? 50 : 200_000
    // Few values first, then ever new ones.
    let values: (Int) -> Int64 = { Int64($0 < 90_000 ? $0 % 50 : $0) }
    let columns = ParquetColumn.Kind.everyKind.enumerated().map { ParquetColumn("c\($0.offset)", $0.element, isRequired: $0.offset % 2 == 0) }
    let batch = RecordBatch(
      columns: columns.map { column in
        .init(name: column.name, values: column.kind.values(values)(count), isNull: column.isRequired ? nil : (0..<count).map { $0 % 1000 == 7 })
      }, count: count)
    let differences = try await ExpectedTable(columns: columns, batch: batch, rowGroupRows: rowGroupRows).differences()
    #expect(differences == [])
  }
}
