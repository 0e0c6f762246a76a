import FlowCore
import FlowParquet
import FlowTesting
import Foundation
import Testing

@Suite("Writing Parquet files")
struct ParquetWriterTests {
  /// The smallest tables that have everything: dictionary and PLAIN, differences, NULLs, bounds, metadata. Their pages are so short that zstd
  /// keeps them as they are, whatever its version.
  static let goldenTables: [(name: String, table: ExpectedTable)] = [
    (
      "kinds",
      ExpectedTable(
        columns: [
          .init("name", .text, isRequired: true), .init("at", .instant, isRequired: true), .init("offset", .integer32, isRequired: false),
          .init("value", .integer64, isRequired: false), .init("share", .real, isRequired: false), .init("day", .date, isRequired: false),
        ],
        batch: RecordBatch(
          columns: [
            .init(name: "name", values: .text(["a", "a", "ü"])), .init(name: "at", values: .integer([1_767_571_200, 1_767_571_205, -1])),
            .init(name: "offset", values: .integer([-21_600, 0, 3600]), isNull: [false, true, false]), .init(name: "value", values: .integer([61, 61, 61])),
            .init(name: "share", values: .real([0, 1.5, .nan])), .init(name: "day", values: .text(["2026-01-05", "", "0001-01-01"]), isNull: [false, true, false]),
          ], count: 3), metadata: [("flow", "fitbit"), ("version", "1")])
    ),
    (
      "groups",
      ExpectedTable(
        columns: [.init("at", .instant, isRequired: true), .init("value", .integer64, isRequired: false)],
        batch: RecordBatch(
          columns: [
            .init(name: "at", values: .integer((0..<20).map { 1_767_571_200 + $0 * 5 })),
            .init(name: "value", values: .integer((0..<20).map { 60 + $0 % 2 }), isNull: (0..<20).map { $0 == 13 }),
          ], count: 20), rowGroupRows: 12)
    ),
    (
      "empty",
      ExpectedTable(
        columns: [.init("name", .text, isRequired: true)],
        batch: RecordBatch(columns: [.init(name: "name", values: .text([]))], count: 0))
    ),
  ]

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// `RECORD=1` rewrites the files and still fails; `ReadBackTests` has the others read them.
  @Test("small files are as recorded", arguments: goldenTables.indices)
  func golden(_ index: Int) throws {
    let (name, table) = Self.goldenTables[index]
    let found = try table.file()
    let place = Self.fixtures.appending(path: "\(name).parquet")
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try Data(found).write(to: place)
      Issue.record("recorded \(place.lastPathComponent)")
    }
    #expect(found == Array(try Data(contentsOf: place)), "\(name)")
  }

  @Test("the same rows make the same bytes, whatever batches they come in", arguments: Seeds.chosen(usual: 20))
  func cuts(_ seed: UInt64) throws {
    var rows = RandomRows(seed: seed)
    let table = rows.table()
    let whole = try table.file()
    for _ in 0..<4 {
      let sizes = (0..<200).map { _ in rows.number(0...(rows.number(0...3) == 0 ? 3000 : 60)) }
      #expect(try table.file(cut: sizes) == whole)
    }
  }

  @Test("nor do batches matter where pages end: by rows, by bytes, before a jump in time")
  func pageEnds() throws {
    let count = 70_000
    let columns: [ParquetColumn] = [
      .init("at", .instant, isRequired: false), .init("text", .text, isRequired: false), .init("value", .integer64, isRequired: true),
    ]
    let isNull = (0..<count).map { $0 % 97 == 5 }
    let batch = RecordBatch(
      columns: [
        .init(name: "at", values: .integer((0..<count).map { Int64($0 + $0 / 1500 * 1_000_000) }), isNull: isNull),
        .init(name: "text", values: .text((0..<count).map { String(repeating: "x", count: $0 % 50) + "\($0)" }), isNull: isNull),
        .init(name: "value", values: .integer((0..<count).map { Int64($0 % 7) })),
      ], count: count)
    let table = ExpectedTable(columns: columns, batch: batch, rowGroupRows: 66_000)
    let whole = try table.file()
    for sizes in [[65_536, 1], [1499, 1, 1, 64_000], [Int](repeating: 4321, count: 20), [66_000]] { #expect(try table.file(cut: sizes) == whole) }
  }

  @Test("a full row group is written at once, and no row waits in memory for longer")
  func streams() throws {
    let sizes = Locked<[Int]>([])
    var writer = try ParquetWriter([.init("value", .integer64, isRequired: true)], metadata: [], rowGroupRows: 10) { piece in
      sizes.withLock { $0.append(piece.count) }
    }
    func append(_ count: Int) throws {
      try writer.append(RecordBatch(columns: [.init(name: "value", values: .integer([Int64](repeating: 1, count: count)))], count: count))
    }
    try append(9)
    #expect(sizes.withLock { $0 } == [4])
    try append(1)
    let afterOne = sizes.withLock { $0.count }
    #expect(afterOne > 1)
    try append(25)
    #expect(sizes.withLock { $0.count } == 1 + (afterOne - 1) * 3)
    try writer.finish()
  }

  /// Rows that are refused: the column, the values, and what is said.
  static let refused: [(column: ParquetColumn, values: RecordBatch.Column, message: String)] = [
    (
      .init("a", .integer64, isRequired: true), .init(name: "a", values: .integer([1, 2]), isNull: [false, true]),
      "column 'a' of the Parquet file has NULL in row 5; expected a value: the column is required"
    ),
    (
      .init("a", .date, isRequired: false), .init(name: "a", values: .text(["2026-02-28", "2026-02-29"])),
      "column 'a' of the Parquet file has '2026-02-29' in row 5; expected a date yyyy-MM-dd"
    ),
    (
      .init("a", .date, isRequired: false), .init(name: "a", values: .text(["", "2026-02-28"])),
      "column 'a' of the Parquet file has '' in row 4; expected a date yyyy-MM-dd"
    ),
    (
      .init("a", .instant, isRequired: true), .init(name: "a", values: .integer([0, .max / 1000 + 1])),
      "column 'a' of the Parquet file has 9223372036854776 in row 5; expected seconds since 1970 whose milliseconds fit into 64 bits, "
        + "from -9223372036854775 to 9223372036854775"
    ),
    (
      .init("a", .integer32, isRequired: true), .init(name: "a", values: .integer([-2_147_483_649, 0])),
      "column 'a' of the Parquet file has -2147483649 in row 4; expected an integer of 32 bits, from -2147483648 to 2147483647"
    ),
    (
      .init("a", .real, isRequired: true), .init(name: "a", values: .integer([1, 2])),
      "column 'a' of the Parquet file has integers in a batch; expected reals"
    ),
    (
      .init("a", .instant, isRequired: true), .init(name: "a", values: .text(["x", "y"])),
      "column 'a' of the Parquet file has texts in a batch; expected integers: seconds since 1970"
    ),
    (
      .init("a", .text, isRequired: true), .init(name: "b", values: .text(["x", "y"])),
      "column 'a' of the Parquet file has no values in a batch with the columns 'b'; expected a column of this name in every batch"
    ),
  ]

  @Test("rows that do not fit are refused with column and row, and none of their batch is taken", arguments: refused.indices)
  func refuses(_ index: Int) throws {
    let (column, values, message) = Self.refused[index]
    let good = RecordBatch(columns: [.init(name: "a", values: column.kind.values { Int64($0) }(3))], count: 3)
    func file(_ batches: [RecordBatch]) throws -> [UInt8] {
      let bytes = Locked<[UInt8]>([])
      var writer = try ParquetWriter([column], metadata: []) { piece in bytes.withLock { $0 += piece } }
      for batch in batches {
        do {
          try writer.append(batch)
          #expect(batch == good)
        } catch let problem as ParquetProblem { #expect(problem.description == message && batch != good) }
      }
      try writer.finish()
      return bytes.withLock { $0 }
    }
    #expect(try file([good, RecordBatch(columns: [values], count: 2), good]) == file([good, good]))
  }

  @Test("what a NULL row holds beside its mark does not matter")
  func nullRows() throws {
    let isNull = [false, true, false]
    func file(_ integer: Int64, _ text: String) throws -> [UInt8] {
      try ExpectedTable(
        columns: [
          .init("short", .integer32, isRequired: false), .init("at", .instant, isRequired: false), .init("day", .date, isRequired: false),
          .init("text", .text, isRequired: false),
        ],
        batch: RecordBatch(
          columns: [
            .init(name: "short", values: .integer([1, integer, 2]), isNull: isNull), .init(name: "at", values: .integer([1, integer, 2]), isNull: isNull),
            .init(name: "day", values: .text(["2026-01-01", text, "2026-01-02"]), isNull: isNull),
            .init(name: "text", values: .text(["a", text, "b"]), isNull: isNull),
          ], count: 3)
      ).file()
    }
    #expect(try file(.max, "no date") == file(0, ""))
  }

  @Test("columns that make no file are refused", arguments: [
    [], [ParquetColumn("", .text, isRequired: true)], [ParquetColumn("a", .text, isRequired: true), ParquetColumn("a", .real, isRequired: true)],
  ])
  func columns(_ columns: [ParquetColumn]) {
    #expect(throws: ParquetProblem.self) { try ParquetWriter(columns, metadata: []) { _ in } }
  }

  @Test("texts that are equal to Swift and have other bytes are two values")
  func canonicalEquivalence() throws {
    let table = ExpectedTable(
      columns: [.init("text", .text, isRequired: true)],
      batch: RecordBatch(columns: [.init(name: "text", values: .text((0..<100).map { $0 % 2 == 0 ? "\u{e9}" : "e\u{301}" }))], count: 100))
    let file = try table.file()
    let other = ExpectedTable(
      columns: table.columns, batch: RecordBatch(columns: [.init(name: "text", values: .text([String](repeating: "\u{e9}", count: 100)))], count: 100))
    #expect(try other.file() != file)
  }

  @Test("what the sink throws is thrown")
  func sink() throws {
    struct Full: Error {}
    #expect(throws: Full.self) { try ParquetWriter([.init("a", .real, isRequired: true)], metadata: []) { _ in throw Full() } }
  }
}
