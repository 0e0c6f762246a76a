import FlowCore
import StudyModel

/// Series, which the store puts together itself.
extension StoreConformance {
  static let series: [StoreCheck] = [
    StoreCheck("a series has mean, smallest, largest and number of the known values of each bucket, and only buckets with some") { bench in
      // Minutes 0…119 count up; a NULL, a bucket of NULLs, and a gap.
      try await bench.write(Bench.samples((0..<120).map { ($0, $0 == 7 ? nil : $0) } + (180..<240).map { ($0, nil) } + [(300, 5)]), Bench.slice(0, 1440))
      try await bench.write(Bench.samples([(0, 1000)]), Bench.slice(0, 1440, of: "P0002"), of: "P0002")
      let day = Bench.day..<Bench.day + 86_400
      try expect(
        try await points(bench, .instants(day), .seconds(3600)),
        is: ["0 29.88135593220339 0.0 59.0 59", "3600 89.5 60.0 119.0 60", "18000 5.0 5.0 5.0 1"])
      let minutes = try await points(bench, .instants(day), .seconds(60))
      try expect(minutes.count, is: 120)
      try expect(minutes[7], is: "480 8.0 8.0 8.0 1")
      try expect(try await points(bench, .everything, .seconds(86_400)), is: ["0 59.483333333333334 0.0 119.0 120"])
    },
    StoreCheck("a series' window is half-open, and its buckets begin at whole multiples since 1970, also before 1970") { bench in
      let before: Int64 = -(Bench.day / 60)
      try await bench.write(Bench.samples([(before - 1, 7), (before, 8), (0, 1), (1, 2), (60, 3)]), nil)
      try expect(try await points(bench, .instants(Bench.day + 60..<Bench.day + 3600), .seconds(3600)), is: ["0 2.0 2.0 2.0 1"])
      try expect(try await points(bench, .instants(Bench.day..<Bench.day + 3601), .seconds(3600)), is: ["0 1.5 1.0 2.0 2", "3600 3.0 3.0 3.0 1"])
      try expect(
        try await points(bench, .instants(-3600..<60), .seconds(3600)),
        is: ["\(-3600 - Bench.day) 7.0 7.0 7.0 1", "\(-Bench.day) 8.0 8.0 8.0 1"])
      try expect(try await points(bench, .instants(Bench.day + 120..<Bench.day + 120), .seconds(60)), is: [])
    },
    StoreCheck("a daily series has a point a date, over all rows of the date") { bench in
      try await bench.write(Bench.zones("2026-01-05", [("Peak", 3), ("Fat Burn", 10)]), nil, in: Bench.zones)
      try await bench.write(Bench.zones("2026-01-06", [("Peak", 4)]), nil, in: Bench.zones)
      try await bench.write(Bench.zones("2026-01-07", [("Peak", 5)]), nil, in: Bench.zones)
      let dates = CivilDate(year: 2026, month: 1, day: 5)..<CivilDate(year: 2026, month: 1, day: 7)
      try expect(
        try await points(bench, .dates(dates), .date, in: Bench.zones, column: "minutes"), is: ["0 6.5 3.0 10.0 2", "86400 4.0 4.0 4.0 1"])
      try expect(try await points(bench, .everything, .date, in: Bench.zones, column: "minutes").count, is: 3)
      let batch = RecordBatch(
        columns: [.init(name: "date", values: .text(["2026-01-05", "2026-01-06"])), .init(name: "distance", values: .real([2.5, .nan]))], count: 2)
      try await bench.write(batch, nil, in: Bench.days)
      try expect(try await points(bench, .dates(dates), .date, in: Bench.days, column: "distance"), is: ["0 2.5 2.5 2.5 1"])
    },
    StoreCheck("a series of what the store lacks is empty, and so is its extent") { bench in
      try await bench.write(Bench.samples(0..<1), nil)
      let unknown = TableSchema(name: "unknown", columns: Bench.samples.columns, key: ["instant"])
      let wider = TableSchema(name: "samples", columns: Bench.samples.columns + [.init("quality", .integer)], key: ["instant"])
      try expect(try await points(bench, .everything, .seconds(60), in: unknown), is: [])
      try expect(try await points(bench, .everything, .seconds(60), in: wider, column: "quality"), is: [])
      try expect(try await points(bench, .everything, .seconds(60), of: "nobody"), is: [])
      let tables = [Bench.samples, unknown, Bench.days]
      let extents = try await bench.look { try await $0.extents(of: "P0001", in: tables) }
      try expect(extents, is: [.instants(Bench.day...Bench.day), nil, nil])
      try expect(try await bench.look { try await $0.extents(of: "nobody", in: tables) }, is: [nil, nil, nil])
    },
    StoreCheck("a participant's extents are those of the participant's own rows, in the order asked") { bench in
      try await bench.write(Bench.samples([(5, 1), (3000, nil)]), nil)
      try await bench.write(Bench.samples([(0, 1), (9000, 1)]), nil, of: "P0002")
      try await bench.write(Bench.zones("2026-02-01", [("Peak", 1)]), nil, in: Bench.zones)
      let date = CivilDate(year: 2026, month: 2, day: 1)
      try expect(
        try await bench.look { try await $0.extents(of: "P0001", in: [Bench.zones, Bench.samples]) },
        is: [.dates(date...date), .instants(Bench.day + 300...Bench.day + 180_000)])
    },
  ]

  /// `start mean min max count` of each point, the start in seconds of the day.
  private static func points(
    _ bench: StoreBench, _ window: RowWindow, _ bucket: SeriesQuery.Bucket, in table: TableSchema = StoreBench.samples, column: String = "value",
    of participant: String = "P0001"
  ) async throws -> [String] {
    let query = SeriesQuery(table, column: column, window: window, bucket: bucket)
    return try await bench.look { try await $0.series(of: participant, query) }.map {
      "\($0.start - Bench.day) \($0.mean) \($0.min) \($0.max) \($0.count)"
    }
  }
}
