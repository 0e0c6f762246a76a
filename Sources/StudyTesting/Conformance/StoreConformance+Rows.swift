import FlowCore
import StudyModel

extension StoreConformance {
  static let writes: [StoreCheck] = [
    StoreCheck("rows and ledger row are written together, and the same answer again changes nothing") { bench in
      let batch = Bench.samples(0..<100)
      try expect(try await bench.write(batch, Bench.slice(0, 1440)).counts, is: [100, 0, 0, 0])
      let before = try await (bench.rows(), bench.ledger())
      try expect(try await bench.write(batch, Bench.slice(0, 1440)).counts, is: [0, 0, 100, 0])
      try expect(try await bench.rows(), is: before.0)
      try expect(try await bench.ledger(), is: before.1)
    },
    StoreCheck("inserted, updated, unchanged and missing rows are counted; missing ones are kept") { bench in
      try await bench.write(Bench.samples([(0, 60), (1, 61), (2, nil), (3, 63)]), Bench.slice(0, 1440))
      let result = try await bench.write(Bench.samples([(0, 60), (1, 59), (2, 62), (4, 64)]), Bench.slice(0, 1440, fetched: 2000))
      try expect(result.counts, is: [1, 2, 1, 1])
      try expect(try await bench.samples(), is: ["0=60", "1=59", "2=62", "3=63", "4=64"])
      try expect(try await bench.ledger(), is: ["0-1440 written 5/1"])
    },
    StoreCheck("a value that becomes NULL is a change, NULL that stays NULL is not, and NaN is NULL") { bench in
      try await bench.write(Bench.samples([(0, 60), (1, nil)]), Bench.slice(0, 60))
      try expect(try await bench.write(Bench.samples([(0, nil), (1, nil)]), Bench.slice(0, 60)).counts, is: [0, 1, 1, 0])
      try expect(try await bench.samples(), is: ["0=NULL", "1=NULL"])
      let batch = RecordBatch(columns: [.init(name: "date", values: .text(["2026-01-05"])), .init(name: "distance", values: .real([.nan]))], count: 1)
      try await bench.write(batch, Bench.slice(0, 1440, type: "day"), in: Bench.days)
      try expect(try await bench.write(batch, Bench.slice(0, 1440, type: "day"), in: Bench.days).counts, is: [0, 0, 1, 0])
      try expect(try await bench.rows(in: Bench.days), is: ["2026-01-05|NULL|NULL"])
    },
    StoreCheck("a batch of any size, in any order, with repeated keys: the last row of a key is used") { bench in
      for (run, count) in [1, 47, 48, 49, 96, 300].enumerated() {
        let rows = (0..<Int64(count)).reversed().map { (minute: $0, value: Optional($0)) }
        let participant = "P\(run)"
        let result = try await bench.write(
          Bench.samples(rows + rows.map { ($0.minute, $0.value.map { $0 + 1000 }) }), Bench.slice(0, 1440, of: participant), of: participant)
        try expect(result.counts, is: [count, 0, 0, 0], "\(count) rows")
        try expect(result.repeated, is: count)
        try expect(try await bench.samples(of: participant), is: (0..<count).map { "\($0)=\($0 + 1000)" })
      }
    },
    StoreCheck("text keys are compared by their bytes") { bench in
      // Equal to Swift (canonical equivalence), different as bytes.
      let composed = "Caf\u{E9}", decomposed = "Cafe\u{301}"
      let slice = Bench.slice(0, 1440, type: "zones")
      let first = Bench.zones("2026-01-05", [("Peak", 3), (composed, 1), ("", 1), ("fat burn", 7)])
      try expect(try await bench.write(first, slice, in: Bench.zones).counts, is: [4, 0, 0, 0])
      try expect(try await bench.write(first, slice, in: Bench.zones).counts, is: [0, 0, 4, 0])
      let second = Bench.zones("2026-01-05", [(decomposed, 1), ("Peak", 4), ("fat burn", 7)])
      try expect(try await bench.write(second, slice, in: Bench.zones).counts, is: [1, 1, 1, 2])
      try expect(try await bench.ledger(), is: ["0-1440 written 5/2"])
    },
    StoreCheck("columns missing from a batch keep their values") { bench in
      func batch(_ column: RecordBatch.Column) -> RecordBatch {
        RecordBatch(columns: [.init(name: "date", values: .text(["2026-01-05"])), column], count: 1)
      }
      let slice = Bench.slice(0, 1440, type: "day")
      try await bench.write(batch(.init(name: "steps", values: .integer([1000]))), slice, in: Bench.days)
      try expect(try await bench.write(batch(.init(name: "distance", values: .real([2.5]))), slice, in: Bench.days).counts, is: [0, 1, 0, 0])
      try expect(try await bench.rows(in: Bench.days), is: ["2026-01-05|1000|2.5"])
    },
    StoreCheck("rows of other participants and times are neither changed nor counted") { bench in
      for (participant, start) in [("P0001", -1440 as Int64), ("P0001", 1440), ("P0002", 0)] {
        try await bench.write(
          Bench.samples([(start, 50), (start + 1439, 51)]), Bench.slice(start, start + 1440, of: participant), of: participant)
      }
      try expect(try await bench.write(Bench.samples([(0, 60)]), Bench.slice(0, 1440)).counts, is: [1, 0, 0, 0])
      try expect(try await bench.samples(), is: ["-1440=50", "-1=51", "0=60", "1440=50", "2879=51"])
      try expect(try await bench.samples(of: "P0002"), is: ["0=50", "1439=51"])
    },
    StoreCheck("an empty answer leaves the rows and counts them as missing") { bench in
      try await bench.write(Bench.samples(0..<2), Bench.slice(0, 1440))
      try expect(try await bench.write(Bench.empty, Bench.slice(0, 1440)).counts, is: [0, 0, 0, 2])
      let zones = Bench.slice(0, 1440, type: "zones")
      try await bench.write(Bench.zones("2026-01-05", [("Peak", 3)]), zones, in: Bench.zones)
      try expect(try await bench.write(Bench.empty, zones, in: Bench.zones).counts, is: [0, 0, 0, 1])
      try expect(try await bench.ledger(), is: ["0-1440 written 2/2", "0-1440 written 1/1"])
      try expect(try await bench.rows(in: Bench.zones), is: ["2026-01-05|Peak|3"])
    },
    StoreCheck("rows without a slice are merged without a ledger row") { bench in
      try await bench.write(Bench.samples(0..<3), nil)
      try expect(try await bench.write(Bench.samples([(2, 61), (3, 60)]), nil).counts, is: [1, 1, 0, 0])
      try expect(try await bench.samples(), is: ["0=60", "1=60", "2=61", "3=60"])
      try expect(try await bench.ledger(), is: [])
    },
    StoreCheck("a NULL or missing key is bad data of that slice only; so are two different rows for one day") { bench in
      var bad = Bench.samples(0..<2)
      bad.columns[0].isNull = [false, true]
      let good = SliceWrite(
        table: Bench.samples, participant: "P0002", batch: Bench.samples(0..<1), ledger: Bench.slice(0, 1, of: "P0002"))
      let results = try await bench.store.write([
        good, SliceWrite(table: Bench.samples, participant: "P0001", batch: bad, ledger: Bench.slice(0, 1)), good,
      ])
      try expect(results.map { (try? $0.get())?.counts ?? [] }, is: [[1, 0, 0, 0], [], [0, 0, 1, 0]])
      try expect(results[1].cause, is: .badData)
      try expect(try await bench.ledger(), is: [])
      let twice = Bench.zones("2026-01-05", [("Peak", 5), ("Peak", 6)])
      let slice = Bench.slice(0, 1440, type: "zones")
      try await expectFailure("two values of one day") {
        try await bench.write(twice, slice, in: Bench.zones)
      } _: { ($0 as? ProcessorError)?.failure.cause == .badData }
      let same = Bench.zones("2026-01-05", [("Peak", 5), ("Peak", 5)])
      try expect(try await bench.write(same, slice, in: Bench.zones).repeated, is: 1)
    },
  ]

  static let intervals: [StoreCheck] = [
    StoreCheck("a revised night replaces the earlier one; other days and participants are not affected") { bench in
      func write(_ batch: RecordBatch, fetched: Int64, date: String = "2026-01-05", of participant: String = "P0001") async throws -> SliceWriteResult {
        let start: Int64 = date == "2026-01-05" ? 0 : 1440
        return try await bench.write(
          batch, Bench.slice(start, start + 1440, fetched: fetched, type: "stages", of: participant), in: Bench.stages, of: participant,
          replacing: SliceReplacement(values: ["date": date], intervals: ["log"]))
      }
      _ = try await write(Bench.stages("other", [60]), fetched: 1, of: "P0002")
      _ = try await write(Bench.stages("next", [100], date: "2026-01-06"), fetched: 1, date: "2026-01-06")
      try expect(try await write(Bench.stages("a", [7200, 300, 21_300]), fetched: 10).counts, is: [3, 0, 0, 0])
      let second = try await write(Bench.stages("a", [7200, 10_800, 10_800]), fetched: 20)
      try expect(second.counts + [second.replaced], is: [1, 1, 1, 0, 1])
      try expect(try await write(Bench.stages("b", [28_800]), fetched: 30).replaced, is: 3)
      try expect(try await write(Bench.stages("a", [60]), fetched: 25).isStale, is: true, "an older answer")
      try expect(try await bench.rows(in: Bench.stages), is: ["b|-3600|28800|2026-01-05", "next|-3600|100|2026-01-06"])
      try expect(try await bench.rows(in: Bench.stages, of: "P0002"), is: ["other|-3600|60|2026-01-05"])
      try expect(try await write(Bench.stages("b", []), fetched: 50).replaced, is: 1, "an empty night")
      try expect(try await bench.rows(in: Bench.stages), is: ["next|-3600|100|2026-01-06"])
    },
    StoreCheck("rows that predate the slice's columns are replaced with the night that ends in the slice, and only those") { bench in
      try await bench.write(Bench.stages("old", [7200, 300], date: nil), nil, in: Bench.stages)
      var later = Bench.stages("later", [100], date: nil)
      later.columns[1].values = .integer([Bench.day + 100_000])
      try await bench.write(later, nil, in: Bench.stages)
      let result = try await bench.write(
        Bench.stages("new", [28_800]), Bench.slice(0, 1440, type: "stages"), in: Bench.stages,
        replacing: SliceReplacement(values: ["date": "2026-01-05"], intervals: ["log"]))
      try expect(result.replaced, is: 2)
      try expect(try await bench.rows(in: Bench.stages), is: ["later|100000|100|NULL", "new|-3600|28800|2026-01-05"])
    },
    StoreCheck("an unfinished answer keeps rows that it lacks, and the ledger counts them") { bench in
      let slice = Bench.slice(0, 1440, type: "stages")
      let replacement = SliceReplacement(values: ["date": "2026-01-05"], intervals: ["log"])
      try await bench.write(Bench.stages("a", [7200, 300]), slice, in: Bench.stages, replacing: replacement)
      let unfinished = SliceReplacement(values: ["date": "2026-01-05"], intervals: ["log"], isUnfinished: true)
      let result = try await bench.write(
        Bench.stages("a", []), Bench.slice(0, 1440, fetched: 2000, type: "stages"), in: Bench.stages, replacing: unfinished)
      try expect(result.replaced, is: 0)
      try expect(try await bench.ledger(), is: ["0-1440 written 2/0"])
    },
  ]

  static let findings: [StoreCheck] = [
    StoreCheck("a comparison distinguishes new, changed, missing and duplicate rows, and writes nothing") { bench in
      try expect(try await bench.verdict(Bench.samples(0..<2)), is: .distinct, "an unknown participant")
      try await bench.write(Bench.samples(0..<3), Bench.slice(0, 1440))
      try expect(try await bench.verdict(Bench.samples(0..<3)), is: .duplicate)
      try expect(try await bench.verdict(Bench.samples(0..<4)), is: .distinct)
      try expect(try await bench.verdict(Bench.samples([(0, 61), (1, 60), (2, 60)])), is: .changed)
      try expect(try await bench.verdict(Bench.samples(0..<2)), is: .changed, "a row is missing")
      try expect(try await bench.samples().count, is: 3)
    },
    StoreCheck("the write applies a comparison without comparing again") { bench in
      try await bench.write(Bench.samples(0..<10), Bench.slice(0, 1440))
      let slice = Bench.slice(0, 1440, fetched: 2000)
      let batch = Bench.samples([(0, 61)] + (1..<9).map { ($0, 60) } + [(20, 60)])
      let comparison = try await bench.store.compare(batch, of: "P0001", in: Bench.samples, slice: slice.key)
      // Writes for other times and participants do not matter.
      try await bench.write(Bench.samples([(1500, 1)]), Bench.slice(1440, 2880))
      try await bench.write(Bench.samples(0..<1), Bench.slice(0, 1440, of: "P0002"), of: "P0002")
      let result = try await bench.write(batch, slice, finding: comparison.finding)
      try expect(result.counts, is: [1, 1, 8, 1])
      try expect(result.wasCompared, is: false)
      try expect(try await bench.ledger().first, is: "0-1440 written 11/1")
    },
    StoreCheck("a comparison is invalid once rows or ledger of its time have changed, whoever changed them") { bench in
      let other = try await bench.another()
      try await bench.write(Bench.samples(0..<10), Bench.slice(0, 1440))
      let changes: [(String, @Sendable () async throws -> Void)] = [
        ("rows without ledger", { try await bench.write(Bench.samples([(0, 99)]), nil) }),
        ("another data type's rows", { try await bench.write(Bench.samples([(1, 99), (50, 1)]), Bench.slice(0, 1440, type: "other")) }),
        ("another store's rows without ledger", { try await bench.write(Bench.samples([(2, 98)]), nil, with: other) }),
        ("another store's answer", { try await bench.write(Bench.samples([(2, 99)]), Bench.slice(0, 1440, fetched: 2002), with: other) }),
        ("the participant was erased", { _ = try await bench.store.erase(participant: "P0001") }),
      ]
      for (index, (name, change)) in changes.enumerated() {
        let slice = Bench.slice(0, 1440, fetched: 2000 + Int64(index))
        let batch = Bench.samples(0..<10, value: 60 + Int64(index))
        let comparison = try await bench.store.compare(batch, of: "P0001", in: Bench.samples, slice: slice.key)
        try await change()
        let result = try await bench.write(batch, slice, finding: comparison.finding)
        try expect(result.wasCompared, is: true, name)
        try expect(try await bench.samples().filter { $0.hasPrefix("0=") || $0.hasPrefix("1=") || $0.hasPrefix("2=") },
          is: (0..<3).map { "\($0)=\(60 + index)" }, name)
      }
    },
    StoreCheck("a row inserted unnoticed since the comparison is handled correctly") { bench in
      let other = try await bench.another()
      try await bench.write(Bench.samples(0..<1), Bench.slice(0, 1440))
      let slice = Bench.slice(0, 1440, fetched: 2000)
      let comparison = try await bench.store.compare(Bench.samples(0..<5), of: "P0001", in: Bench.samples, slice: slice.key)
      try await bench.write(Bench.samples([(3, 7)]), nil, with: other)
      let result = try await bench.write(Bench.samples(0..<5), slice, finding: comparison.finding)
      try expect(result.counts, is: [3, 1, 1, 0])
    },
    StoreCheck("a finding of another batch, slice or table is not used") { bench in
      try await bench.write(Bench.samples(0..<10), Bench.slice(0, 1440))
      let slice = Bench.slice(0, 1440, fetched: 2000)
      let finding = try await bench.store.compare(Bench.samples(0..<10), of: "P0001", in: Bench.samples, slice: slice.key).finding
      try expect(try await bench.write(Bench.samples(0..<9), slice, finding: finding).wasCompared, is: true)
      try expect(try await bench.write(Bench.samples(0..<10), Bench.slice(0, 720, fetched: 3000), finding: finding).wasCompared, is: true)
    },
  ]
}

extension Result where Failure == ProcessorError {
  var cause: Cause? {
    if case .failure(let error) = self { error.failure.cause } else { nil }
  }
}
