import FlowCore
import StudyLedger
import StudyModel

extension StoreConformance {
  static let answers: [StoreCheck] = [
    StoreCheck("a whole slice replaces the slices that it contains, in the same commit") { bench in
      try await bench.write(Bench.samples(0..<9), Bench.slice(0, 9, .provisional))
      try await bench.write(Bench.samples(9..<14), Bench.slice(9, 14, .provisional))
      try await bench.store.record([Bench.slice(14, 24, .failed)])
      try expect(try await bench.ledger(), is: ["0-9 provisional 9/0", "9-14 provisional 5/0", "14-24 failed 0/0"])
      try await bench.write(Bench.samples(0..<24), Bench.slice(0, 24, fetched: 2000))
      try expect(try await bench.ledger(), is: ["0-24 written 24/0"])
    },
    StoreCheck("an answer for part of an earlier slice leaves the rest of that slice in place") { bench in
      try await bench.write(Bench.samples(0..<24), Bench.slice(0, 24))
      try await bench.write(Bench.samples(6..<12, value: 70), Bench.slice(6, 12, fetched: 2000))
      try expect(try await bench.ledger(), is: ["0-6 written 6/0", "6-12 written 6/0", "12-24 written 12/0"])
      try expect(try await bench.samples().filter { $0.hasSuffix("=70") }.count, is: 6)
    },
    StoreCheck("an answer older than the ledger's writes nothing") { bench in
      try await bench.write(Bench.samples(0..<24, value: 70), Bench.slice(0, 24, fetched: 2000))
      let result = try await bench.write(Bench.samples(0..<30), Bench.slice(0, 24, fetched: 1000))
      try expect(result.isStale, is: true)
      try expect(result.counts, is: [0, 0, 0, 0])
      try expect(try await bench.samples().allSatisfy { $0.hasSuffix("=70") }, is: true)
      try expect(try await bench.ledger(), is: ["0-24 written 24/0"])
    },
    StoreCheck("an older answer writes only the time without a newer one; rows of a day are stale as a whole") { bench in
      try await bench.write(Bench.samples(6..<12, value: 70), Bench.slice(6, 12, fetched: 2000))
      try expect(try await bench.write(Bench.samples(0..<24), Bench.slice(0, 24, fetched: 1000)).counts, is: [18, 0, 0, 0])
      try expect(try await bench.ledger(), is: ["0-6 written 6/0", "6-12 written 6/0", "12-24 written 12/0"])
      try expect(try await bench.samples().filter { $0.hasSuffix("=70") }.count, is: 6)
      try await bench.write(Bench.zones("2026-01-05", [("Peak", 1)]), Bench.slice(0, 12, fetched: 2000, type: "zones"), in: Bench.zones)
      let result = try await bench.write(
        Bench.zones("2026-01-05", [("Peak", 2)]), Bench.slice(0, 24, fetched: 1000, type: "zones"), in: Bench.zones)
      try expect(result.isStale, is: true)
      try expect(try await bench.rows(in: Bench.zones), is: ["2026-01-05|Peak|1"])
    },
    StoreCheck("a later sync takes precedence over the time of day, because the clock may have been set back") { bench in
      try await bench.write(Bench.samples(0..<5, value: 70), Bench.slice(0, 24, fetched: 2000, sync: 10))
      try expect(try await bench.write(Bench.samples(0..<5), Bench.slice(0, 24, fetched: 1000, sync: 20)).isStale, is: false)
      try expect(try await bench.write(Bench.samples(0..<5, value: 80), Bench.slice(0, 24, fetched: 3000, sync: 15)).isStale, is: true)
      try expect(try await bench.samples().allSatisfy { $0.hasSuffix("=60") }, is: true)
    },
  ]

  static let ledger: [StoreCheck] = [
    StoreCheck("an object is noted with the rows of the slices that name it, once, and not if none does") { bench in
      var slice = Bench.slice(0, 24)
      slice.object = "a"
      try await bench.write(Bench.samples(0..<5), slice)
      slice = Bench.slice(24, 48)
      slice.object = "a"
      try await bench.write(Bench.samples(24..<27), slice)
      func object(_ key: String, _ digest: Character, _ second: Int64) -> ProcessedObject {
        ProcessedObject(
          key: key, sha256: String(repeating: digest, count: 64), participant: "P0001", run: "run-\(second)", time: Instant(milliseconds: second * 1000 + 7))
      }
      try await bench.store.note([object("a", "1", 1), object("b", "2", 1)])
      var expected = object("a", "1", 1)
      expected.rows = 8
      func noted() async throws -> [ProcessedObject] { try await bench.store.reading { try await $0.processedObjects(of: "P0001") } ?? [] }
      try expect(try await noted(), is: [expected])
      slice.key.start = Bench.day
      slice.key.end = Bench.day + 48 * 60
      slice.object = nil
      slice.fetchedAt = Instant(seconds: 2000)
      try await bench.write(Bench.samples(0..<27), slice)
      // What no slice names any more stays as it was noted.
      try await bench.store.note([object("a", "3", 2)])
      try expect(try await noted(), is: [expected])
      try expect(try await bench.store.erase(participant: "P0001").rows["object_processed"], is: 1)
      try expect(try await noted(), is: [])
    },
    StoreCheck("every member of a ledger row is stored and read back") { bench in
      var written = Bench.slice(0, 24, .provisional)
      written.fetchedAt = Instant(milliseconds: 1_767_571_200_007)
      written.flowFile = "flowfile-1"
      written.sha256 = String(repeating: "b", count: 64)
      written.latestSync = Bench.day + 80_000
      written.provider = "fitbit"
      written.flowSHA256 = String(repeating: "c", count: 64)
      written.zone = "America/Chicago"
      written.lackingScopes = ["heartrate", "sleep"]
      written.object = "provider=fitbit/data_type=mixed/date=2026-01-06/RUN-P0001.jsonl.zst"
      try await bench.write(Bench.samples(0..<3), written)
      var deferred = Bench.slice(24, 48, .deferred)
      deferred.cause = .rateLimited
      try await bench.store.record([deferred])
      written.rows = 3
      try expect(try await bench.store.ledger(of: "P0001", dataTypes: nil), is: [written, deferred])
      try expect(try await bench.store.ledger(of: "P0001", dataTypes: ["steps"]), is: [])
      try expect(try await bench.store.ledger(of: "nobody", dataTypes: nil), is: [])
      try expect(try await bench.look { try await $0.ledger(of: "P0001") }, is: [written, deferred])
    },
    StoreCheck("the ledger can be read by data type from an instant on, including the row that spans it") { bench in
      let slices = (0..<10).map { Bench.slice($0 * 10, $0 * 10 + 10, .deferred) }
      try await bench.store.record(slices + [Bench.slice(0, 500, .deferred, type: "steps")])
      for (minute, count) in [(-1 as Int64, 10), (0, 10), (9, 10), (10, 9), (15, 9), (99, 1), (100, 0)] {
        let rows = try await bench.store.ledger(of: "P0001", dataTypes: ["heart"], endingAfter: Bench.day + minute * 60)
        try expect(rows, is: Array(slices.suffix(count)), "from minute \(minute)")
      }
      try expect(try await bench.store.ledger(of: "P0001", dataTypes: nil, endingAfter: Bench.day + 6000).map(\.key.dataType), is: ["steps"])
      try expect(try await bench.store.ledger(of: "P0001", dataTypes: nil).map(\.key.dataType), is: slices.map { _ in "heart" } + ["steps"])
    },
    StoreCheck("the outline keeps unsettled slices and merges settled neighbours") { bench in
      for (from, sync) in [(0, 5), (10, 7), (20, 6), (40, 6), (50, 99)] as [(Int64, Int64)] {
        try await bench.write(Bench.samples(from..<from + 2), Bench.slice(from, from + 10, sync: sync))
      }
      var lacking = Bench.slice(60, 70, sync: 6)
      lacking.lackingScopes = ["sleep"]
      try await bench.write(Bench.empty, lacking)
      try await bench.write(Bench.empty, Bench.slice(70, 80, .provisional, sync: 6))
      try await bench.store.record([Bench.slice(30, 40, .failed)])
      try await bench.write(Bench.empty, Bench.slice(0, 10, type: "steps"))
      let whole = try await bench.store.ledger(of: "P0001", dataTypes: ["heart"])
      let outline = try await bench.store.outline(of: "P0001", dataTypes: ["heart"], settledBy: 50, each: nil)
      let spans = outline.rows.map { "\(($0.key.start - Bench.day) / 60)-\(($0.key.end - Bench.day) / 60) \($0.state.rawValue) \($0.latestSync ?? -1)" }
      try expect(
        spans,
        is: ["0-30 written -1", "30-40 failed -1", "40-50 written -1", "50-60 written 99", "60-70 written 6", "70-80 provisional 6"])
      try expect(outline.rows.filter { $0.latestSync != nil || $0.state != .written }, is: whole.filter { $0.state == .failed } + whole.suffix(3))
      try expect(outline.latestSync, is: 7)
      try expect(try await bench.store.outline(of: "P0001", dataTypes: ["heart"], settledBy: 6, each: nil).latestSync, is: 6)
      try expect(try await bench.store.outline(of: "nobody", dataTypes: ["heart"], settledBy: 50, each: nil), is: LedgerOutline())
    },
    StoreCheck("the outline has each slice of a window that is asked for") { bench in
      for from in stride(from: Int64(0), to: 100, by: 10) { try await bench.write(Bench.empty, Bench.slice(from, from + 10)) }
      for (window, expected) in [
        (35..<41, ["0-30", "30-40", "40-50", "50-100"]), (0..<1, ["0-10", "10-100"]), (100..<200, ["0-100"]), (95..<200, ["0-90", "90-100"]),
      ] as [(Range<Int64>, [String])] {
        let seconds = Bench.day + window.lowerBound * 60..<Bench.day + window.upperBound * 60
        let rows = try await bench.store.outline(of: "P0001", dataTypes: ["heart"], settledBy: 50, each: seconds).rows
        try expect(rows.map { "\(($0.key.start - Bench.day) / 60)-\(($0.key.end - Bench.day) / 60)" }, is: expected, "window \(window)")
        let whole = try await bench.store.ledger(of: "P0001", dataTypes: nil)
        try expect(rows.filter { $0.window.overlaps(seconds) }, is: whole.filter { $0.window.overlaps(seconds) }, "window \(window)")
      }
      let all = try await bench.store.outline(of: "P0001", dataTypes: ["heart"], settledBy: 50, each: .min..<Int64.max)
      try expect(all.rows, is: try await bench.store.ledger(of: "P0001", dataTypes: nil))
    },
    StoreCheck("whatever becomes of slices, the outline says what is settled and progress how far it reaches") { bench in
      let random = SeededRandomSource(seed: 7)
      for step in 0..<120 {
        let start = Int64(random.next() % 30), end = start + 1 + Int64(random.next() % 6)
        switch random.next() % 8 {
        case 0: try await bench.store.record([Bench.slice(start, end, step % 2 == 0 ? .deferred : .failed)])
        case 1: try await bench.write(Bench.empty, Bench.slice(start, end, .provisional, fetched: Int64(step)))
        case 2:
          let keys = try await bench.store.ledger(of: "P0001", dataTypes: nil).map(\.key)
          if !keys.isEmpty { _ = try await bench.store.recollect([keys[Int(random.next() % UInt64(keys.count))]]) }
        default:
          var slice = Bench.slice(start, end, fetched: Int64(step))
          if step % 9 == 0 { slice.lackingScopes = ["sleep"] }
          try await bench.write(Bench.empty, slice)
        }
        let rows = try await bench.store.ledger(of: "P0001", dataTypes: nil)
        var settled = SettledSpans(of: "P0001", "heart")
        for row in rows where row.isSettled(asOf: .max) { settled.add(row.window) }
        let expected = (settled.rows + rows.filter { !$0.isSettled(asOf: .max) }).sorted { $0.key.start < $1.key.start }
        let outline = try await bench.store.outline(of: "P0001", dataTypes: ["heart"], settledBy: .max, each: nil)
        try expect(outline.rows, is: expected, "step \(step) of seed 7")
        var progress = LedgerProgress()
        for row in rows { progress.add("heart", row.window, isAnswered: row.state.isAnswered, from: Bench.day) }
        try expect(try await bench.store.progress(of: "P0001", from: Bench.day).reached, is: progress.reached, "step \(step) of seed 7")
      }
    },
    StoreCheck("slices without data are recorded around answered ones and replace unanswered ones") { bench in
      try await bench.write(Bench.samples(6..<12), Bench.slice(6, 12))
      try await bench.store.record([Bench.slice(0, 24, .deferred)])
      try await bench.store.record([Bench.slice(3, 15, .failed)])
      try expect(
        try await bench.ledger(),
        is: ["0-3 deferred 0/0", "3-6 failed 0/0", "6-12 written 6/0", "12-15 failed 0/0", "15-24 deferred 0/0"])
    },
    StoreCheck("progress reports how far each data type is answered without a gap, and the unanswered slices") { bench in
      for (from, until) in [(0, 10), (10, 20), (30, 40)] as [(Int64, Int64)] { try await bench.write(Bench.empty, Bench.slice(from, until)) }
      try await bench.write(Bench.empty, Bench.slice(0, 15, .provisional, type: "steps"))
      let failed = Bench.slice(15, 20, .failed, type: "steps"), deferred = Bench.slice(0, 10, .deferred, type: "zones")
      try await bench.store.record([failed, deferred])
      func reached(from minute: Int64) async throws -> [String: Int64] {
        try await bench.store.progress(of: "P0001", from: Bench.day + minute * 60).reached.mapValues { ($0 - Bench.day) / 60 }
      }
      try expect(try await reached(from: 0), is: ["heart": 20, "steps": 15, "zones": 0])
      try expect(try await reached(from: 5), is: ["heart": 20, "steps": 15, "zones": 5])
      try expect(try await reached(from: 35), is: ["heart": 40, "steps": 35, "zones": 35])
      try expect(try await reached(from: -5), is: ["heart": -5, "steps": -5, "zones": -5])
      try expect(try await bench.store.progress(of: "P0001", from: Bench.day).unanswered, is: [failed, deferred])
      try expect(try await bench.store.progress(of: "nobody", from: 0), is: LedgerProgress())
    },
    StoreCheck("slices marked for recollection keep their rows; unanswered ones become deferred") { bench in
      try await bench.write(Bench.samples(0..<10), Bench.slice(0, 10, sync: 5))
      var failed = Bench.slice(10, 20, .failed)
      failed.cause = .badData
      try await bench.store.record([failed])
      let unknown = [Bench.slice(0, 9).key, Bench.slice(0, 10, of: "P0002").key]
      try expect(try await bench.store.recollect([Bench.slice(0, 10).key, failed.key] + unknown), is: 2)
      let rows = try await bench.store.ledger(of: "P0001", dataTypes: nil)
      try expect(rows.map(\.state), is: [.provisional, .deferred])
      try expect(rows.map(\.latestSync), is: [nil, nil])
      try expect(rows.map(\.cause), is: [nil, nil])
      try expect(try await bench.samples().count, is: 10)
    },
  ]

  static let reading: [StoreCheck] = [
    StoreCheck("records has the minutes, intervals, dates and totals of one participant, and omits missing tables and columns") { bench in
      try await bench.write(Bench.samples([(0, 1), (1, 1), (3, 1)]), Bench.slice(0, 1440))
      try await bench.write(Bench.samples(0..<9), Bench.slice(0, 1440, of: "P0002"), of: "P0002")
      try await bench.write(Bench.stages("a", [90, 30]), Bench.slice(0, 1440, type: "stages"), in: Bench.stages)
      let days = RecordBatch(
        columns: [
          .init(name: "date", values: .text(["2026-01-05", "2026-01-06"])),
          .init(name: "steps", values: .integer([10, 0]), isNull: [false, true]),
        ], count: 2)
      try await bench.write(days, Bench.slice(0, 1440, type: "day"), in: Bench.days)
      var wanted = WantedRecords()
      wanted.minutes = [.init(table: "samples", column: "instant"), .init(table: "nowhere", column: "instant")]
      wanted.intervals = [(.init(table: "stages", column: "instant"), seconds: "seconds")]
      wanted.dates = [.init(table: "days", column: "date")]
      wanted.totals = [(.init(table: "days", column: "steps"), date: "date"), (.init(table: "days", column: "nothing"), date: "date")]
      let asked = wanted
      let records = try await bench.look { try await $0.records(of: "P0001", asked) }
      let start = Bench.day
      try expect(records.minutes, is: ["samples": [start..<start + 120, start + 180..<start + 240], "stages": [start - 3600..<start - 3480]])
      let dates = Set(["2026-01-05", "2026-01-06"].compactMap { CivilDate(text: $0) })
      try expect(records.dates, is: ["days": dates])
      try expect(records.totals.map { "\($0.key.column) \($0.value.map { "\($0.key.text) \($0.value)" })" }, is: [#"steps ["2026-01-05 10.0"]"#])
      try expect(records.ledger.map(\.key.dataType), is: ["day", "heart", "stages"])
    },
    StoreCheck("answers are found by participant, data type and time; unanswered slices are excluded") { bench in
      for minute in stride(from: 0 as Int64, to: 100, by: 10) { try await bench.write(Bench.empty, Bench.slice(minute, minute + 10)) }
      try await bench.write(Bench.empty, Bench.slice(0, 100, .provisional, type: "steps"))
      try await bench.store.record([Bench.slice(100, 110, .failed)])
      func answers(_ types: [String], _ from: Int64, _ until: Int64) async throws -> [Int64] {
        let window = Bench.day + from * 60..<Bench.day + until * 60
        return try await bench.look { try await $0.answers(of: "P0001", dataTypes: types, window: window) }
          .map { ($0.key.start - Bench.day) / 60 }
      }
      try expect(try await answers(["heart"], 15, 31), is: [10, 20, 30])
      try expect(try await answers(["steps", "heart"], 20, 30), is: [20, 0])
      try expect(try await answers(["heart"], 100, 200), is: [])
    },
    StoreCheck("a column without values in a table with rows is reported") { bench in
      try await bench.write(Bench.samples([(0, nil), (1, nil)]), Bench.slice(0, 10))
      let empty = try await bench.look { try await $0.emptyColumns(of: Bench.tables) }
      try expect(empty, is: [TableColumn(table: "samples", column: "value")])
    },
    StoreCheck("rows of a window are those whose time lies in it, in key order and with NULLs, of one participant") { bench in
      try await bench.write(Bench.samples([(0, 1), (1, nil), (1440, 3), (2880, 4)]), Bench.slice(0, 4320))
      try await bench.write(Bench.samples(0..<9), Bench.slice(0, 1440, of: "P0002"), of: "P0002")
      try await bench.write(Bench.stages("b", [60, 60]), Bench.slice(0, 1440, type: "b"), in: Bench.stages)
      try await bench.write(Bench.stages("a", [3600, 60], date: nil), nil, in: Bench.stages)
      for date in ["2026-01-05", "2026-01-31", "2026-02-01"] { try await bench.write(Bench.zones(date, [("Peak", 1), ("Fat Burn", 2)]), nil, in: Bench.zones) }
      let day = Bench.day..<Bench.day + 86_400, month = CivilMonth(year: 2026, month: 1).days
      func rows(_ table: TableSchema, _ window: RowWindow, of participant: String = "P0001") async throws -> [String] { try await bench.rows(in: table, of: participant, within: window) }
      try expect(try await rows(Bench.samples, .instants(day)), is: ["0|-21600|1", "60|-21600|NULL"])
      try expect(try await rows(Bench.samples, .instants(Bench.day + 60..<Bench.day + 86_401)), is: ["60|-21600|NULL", "86400|-21600|3"])
      try expect(try await rows(Bench.samples, .everything).count, is: 4)
      try expect(try await rows(Bench.samples, .instants(Bench.day + 1..<Bench.day + 60)), is: [])
      try expect(try await rows(Bench.stages, .instants(Bench.day - 3600..<Bench.day)), is: ["a|-3600|3600|NULL", "b|-3600|60|2026-01-05", "b|-3540|60|2026-01-05"])
      try expect(
        try await rows(Bench.zones, .dates(month)), is: ["2026-01-05|Fat Burn|2", "2026-01-05|Peak|1", "2026-01-31|Fat Burn|2", "2026-01-31|Peak|1"])
      try expect(try await rows(Bench.zones, .dates(month), of: "nobody"), is: [])
      let unknown = TableSchema(name: "unknown", columns: Bench.samples.columns, key: ["instant"])
      let batches = try await bench.look { try await $0.rows(of: "P0001", [TableRows(Bench.zones), TableRows(unknown), TableRows(Bench.samples, .instants(day))]) }
      try expect(batches.map(\.count), is: [6, 0, 2])
      try expect(batches.map(\.columns.count), is: [3, 0, 3])
    },
    StoreCheck("the extent of a table is the first and the last time of each participant with rows") { bench in
      try await bench.write(Bench.samples([(5, 1), (9, 1), (3000, nil)]), Bench.slice(0, 4320))
      try await bench.write(Bench.samples(2..<3), Bench.slice(0, 1440, of: "P0002"), of: "P0002")
      try await bench.store.record([Bench.slice(0, 10, .deferred, of: "P0003")])
      try await bench.write(Bench.stages("b", [60, 60]), nil, in: Bench.stages)
      for date in ["2026-02-01", "2026-01-31"] { try await bench.write(Bench.zones(date, [("Peak", 1)]), nil, in: Bench.zones) }
      func extents(_ table: TableSchema) async throws -> [String: RowExtent] { try await bench.look { try await $0.extents(in: table) } }
      let start = Bench.day
      try expect(try await extents(Bench.samples), is: ["P0001": .instants(start + 300...start + 180_000), "P0002": .instants(start + 120...start + 120)])
      try expect(try await extents(Bench.stages), is: ["P0001": .instants(start - 3600...start - 3540)])
      let dates = CivilDate(year: 2026, month: 1, day: 31)...CivilDate(year: 2026, month: 2, day: 1)
      try expect(try await extents(Bench.zones), is: ["P0001": .dates(dates)])
      try expect(try await extents(Bench.days), is: [:])
      try expect(try await extents(TableSchema(name: "unknown", columns: Bench.days.columns, key: ["date"])), is: [:])
    },
    StoreCheck("the latest fetches are those of each participant and of the months in which slices begin and end") { bench in
      func fetch(_ from: Int64, _ until: Int64, _ milliseconds: Int64, of participant: String = "P0001", type: String = "heart") async throws {
        var slice = Bench.slice(from, until, type: type, of: participant)
        slice.fetchedAt = Instant(milliseconds: milliseconds)
        try await bench.write(Bench.empty, slice, of: participant)
      }
      try await fetch(0, 1440, 2_000_000)
      try await fetch(1440, 2880, 2_000_123)
      try await fetch(0, 1440, 1_999_999, type: "steps")
      let february: Int64 = 27 * 1440
      try await fetch(february - 1440, february, 5000)
      try await fetch(february - 60, february + 1380, 7000, type: "days")
      try await fetch(0, 1440, 3000, of: "P0002")
      try await bench.store.record([Bench.slice(2880, 4320, .failed)])
      let fetches = try await bench.look { try await $0.latestFetches() }
      try expect(
        fetches.map { "\($0.participant) \($0.months.lowerBound) \($0.months.upperBound) \($0.latest.milliseconds)" },
        is: ["P0001 2026-01 2026-01 2000123", "P0001 2026-01 2026-02 7000", "P0002 2026-01 2026-01 3000"])
    },
    StoreCheck("the latest sync of a participant is that of its requests, or the end of a slice that never extends past it") { bench in
      func record(_ slice: LedgerSlice, sync: Int64?) async throws {
        var slice = slice
        slice.latestSync = sync
        try await bench.store.record([slice])
      }
      try await record(Bench.slice(0, 1440, .deferred), sync: Bench.day + 500)
      try await record(Bench.slice(1440, 2880, .deferred), sync: Bench.day + 400)
      try await record(Bench.slice(0, 2880, .deferred, type: "days"), sync: nil)
      try await record(Bench.slice(0, 60, .deferred, type: "days", of: "P0002"), sync: nil)
      func syncs(_ clocked: [String], of participants: [String]? = nil) async throws -> [String: Int64] {
        try await bench.look { try await $0.latestSyncs(endsOf: clocked, of: participants) }
      }
      try expect(try await syncs([]), is: ["P0001": Bench.day + 500])
      try expect(try await syncs(["heart"]), is: ["P0001": Bench.day + 2880 * 60])
      try expect(try await syncs(["heart", "days"]), is: ["P0001": Bench.day + 2880 * 60, "P0002": Bench.day + 3600])
      try expect(try await syncs(["heart", "days"], of: ["P0002", "P0009"]), is: ["P0002": Bench.day + 3600])
    },
    StoreCheck("the store keeps its runs, participants and identity") { bench in
      try await bench.write(Bench.empty, Bench.slice(0, 10))
      var later = Bench.slice(10, 20, .deferred, of: "P0002")
      later.run = "run-2"
      try await bench.store.record([later])
      try await bench.store.agree(on: "participants", value: "simulated")
      try expect(try await bench.look { try await $0.history() }, is: StoreHistory(runs: ["run-1", "run-2"], participants: ["P0001", "P0002"]))
      try expect(try await bench.look { try await $0.participants() }, is: ["P0001", "P0002"])
      let identity = try await bench.look { try await $0.identity() }
      try expect(identity.isSimulated, is: true)
      try expect(identity.id == nil, is: false, "it has no identity")
      try await bench.store.close()
      try expect(try await bench.look { try await $0.identity() }, is: identity, "after closing")
    },
  ]
}
