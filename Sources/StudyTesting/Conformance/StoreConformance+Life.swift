import FlowCore
import StudyModel

extension StoreConformance {
  static let life: [StoreCheck] = [
    StoreCheck("written data is there when a store is opened again, and a closed store refuses calls") { bench in
      try await bench.write(Bench.samples(0..<3), Bench.slice(0, 10))
      try await bench.store.close()
      try await expectFailure("after close") { _ = try await bench.store.ledger(of: "P0001", dataTypes: nil) }
      let next = try await bench.another()
      try expect(try await next.ledger(of: "P0001", dataTypes: nil).map(\.rows), is: [3])
      try await bench.store.prepare()
      try expect(try await bench.samples().count, is: 3)
    },
    StoreCheck("a power cut spares what any store of the data has synchronised, and takes commits from the end only") { bench in
      try await bench.write(Bench.samples(0..<3), Bench.slice(0, 10))
      let other = try await bench.another()
      try await bench.write(Bench.samples(10..<13), Bench.slice(10, 20), with: other)
      try await bench.store.synchronize()
      try await bench.write(Bench.samples(20..<23), Bench.slice(20, 30), with: other)
      try await bench.write(Bench.samples(30..<33), Bench.slice(30, 40))
      try bench.home.cutPower()
      let next = try await StoreBench(bench.home)
      let ledger = try await next.ledger(), slices = ["0-10", "10-20", "20-30", "30-40"].map { "\($0) written 3/0" }
      try expect(ledger.count >= 2 && ledger == Array(slices.prefix(ledger.count)), is: true, "\(ledger)")
      try expect(try await next.samples().count, is: ledger.count * 3)
    },
    StoreCheck("what was written before a store was closed outlives a power cut, though another store is open; a closed one cannot synchronise") { bench in
      let other = try await bench.another()
      try await bench.write(Bench.samples(0..<3), Bench.slice(0, 10))
      try await bench.store.close()
      try await expectFailure("after close") { try await bench.store.synchronize() } _: { ($0 as? ProcessorError)?.failure.cause == .internal }
      try bench.home.cutPower()
      try expect(try await StoreBench(bench.home).ledger(), is: ["0-10 written 3/0"])
      try await other.close()
    },
    StoreCheck("a table and its columns must be prepared before use") { bench in
      let unknown = TableSchema(name: "unknown", columns: Bench.samples.columns, key: ["instant"])
      try await expectFailure("an unknown table") { try await bench.write(Bench.samples(0..<1), Bench.slice(0, 10), in: unknown) } _: {
        ($0 as? ProcessorError)?.failure.cause == .internal
      }
      var batch = Bench.samples(0..<1)
      batch.columns.append(.init(name: "more", values: .integer([1])))
      let wide = batch
      try await expectFailure("an unknown column") { try await bench.write(wide, Bench.slice(0, 10)) } _: {
        ($0 as? ProcessorError)?.failure.cause == .internal
      }
      try expect(try await bench.ledger(), is: [])
    },
  ]

  static let schema: [StoreCheck] = [
    StoreCheck("a different kind or key is rejected without a change; new columns are added") { bench in
      try await bench.write(Bench.samples(0..<1), Bench.slice(0, 10))
      var other = Bench.samples
      other.columns[2].kind = .text
      var rekeyed = Bench.samples
      rekeyed.key = ["instant", "value"]
      for wrong in [other, rekeyed] {
        let store = try await bench.another()
        try await expectFailure("\(wrong)") { try await store.prepare(tables: [wrong]) } _: { $0 is Diagnostics }
      }
      var wider = Bench.samples
      wider.columns.append(.init("note", .text))
      let widened = wider
      let store = try await bench.another()
      try await store.prepare(tables: [widened])
      var batch = Bench.samples(1..<2)
      batch.columns.append(.init(name: "note", values: .text(["n"])))
      try await bench.write(batch, Bench.slice(0, 10, fetched: 2000), in: widened, with: store)
      try expect(try await bench.rows(in: widened), is: ["0|-21600|60|NULL", "60|-21600|60|n"])
      let misnamed = TableSchema(name: "odd", columns: [.init("a", .integer), .init("A", .integer)], key: ["a"])
      try await expectFailure("a column twice") { try await store.prepare(tables: [misnamed]) } _: { $0 is Diagnostics }
    },
    StoreCheck("facts are recorded the first time and compared afterwards") { bench in
      try await bench.store.agree(on: "detail", value: "1min")
      let other = try await bench.another()
      try await other.agree(on: "detail", value: "1min")
      try await expectFailure("another value") { try await other.agree(on: "detail", value: "1sec") } _: { $0 is Diagnostic }
      try await expectFailure("another value when it is opened") {
        try await bench.home.store(agreements: ["detail": "1sec"]) { _ in }.prepare()
      } _: { $0 is Diagnostics }
    },
  ]

  static let failures: [StoreCheck] = [
    StoreCheck("a write that fails at any point has no effect, or its full effect once committed; repeating it succeeds") { bench in
      for failing in 1..<200 {
        let participant = "P\(failing)"
        let calls = Locked<Int?>(nil)
        let boundary = Locked<StoreBoundary?>(nil)
        let store = try await bench.another { here in
          guard calls.withLock({ calls in
            calls = calls.map { $0 + 1 }
            return calls == failing
          }) else { return }
          boundary.withLock { $0 = here }
          throw ProcessorError(.disk, "injected by the test")
        }
        let write = SliceWrite(
          table: Bench.samples, participant: participant, batch: Bench.samples(0..<60), ledger: Bench.slice(0, 60, of: participant))
        try await store.record([Bench.slice(0, 30, .deferred, of: participant)])
        calls.withLock { $0 = 0 }
        let isWritten: Bool
        do {
          isWritten = try await store.write([write]).allSatisfy { $0.cause == nil }
        } catch {
          isWritten = false
        }
        calls.withLock { $0 = nil }
        let isThere = isWritten || boundary.withLock { $0 } == .committed
        let subject = "call \(failing)"
        try expect(try await bench.samples(of: participant).count, is: isThere ? 60 : 0, subject)
        try expect(try await bench.ledger(of: participant), is: isThere ? ["0-60 written 60/0"] : ["0-30 deferred 0/0"], subject)
        try expect(try await store.write([write]).first?.cause, is: nil, subject)
        try expect(try await bench.ledger(of: participant), is: ["0-60 written 60/0"], subject)
        try await store.close()
        if isWritten { return }
      }
      throw BrokenPromise(description: "a write passes more boundaries than were tried")
    },
  ]

  static let concurrency: [StoreCheck] = [
    StoreCheck("many tasks write, compare and read at once, by participant and through two stores: nothing is lost or mixed up") { bench in
      let other = try await bench.another()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<12 {
          let participant = "P\(number)"
          let store = number % 2 == 0 ? bench.store : other
          group.addTask {
            for round in 0..<4 as Range<Int64> {
              let batch = Bench.samples(round * 10..<round * 10 + 10, value: Int64(number))
              let slice = Bench.slice(round * 10, round * 10 + 10, of: participant)
              let finding = try await store.compare(batch, of: participant, in: Bench.samples, slice: slice.key).finding
              try await bench.write(batch, slice, of: participant, finding: finding, with: store)
              let known = try await store.ledger(of: participant, dataTypes: ["heart"])
              try expect(known.count, is: Int(round) + 1, participant)
            }
          }
        }
        try await group.waitForAll()
      }
      for number in 0..<12 {
        try expect(try await bench.samples(of: "P\(number)"), is: (0..<40).map { "\($0)=\(number)" })
        try expect(try await bench.ledger(of: "P\(number)"), is: (0..<4).map { "\($0 * 10)-\($0 * 10 + 10) written 10/0" })
      }
    },
    StoreCheck("of concurrent answers for the same time the newest remains") { bench in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for value in [3, 8, 1, 6, 2, 7, 5, 4] as [Int64] {
          group.addTask {
            let slice = Bench.slice(0, 20, fetched: 1000 + value)
            let batch = Bench.samples(0..<20, value: value)
            let finding = try await bench.store.compare(batch, of: "P0001", in: Bench.samples, slice: slice.key).finding
            try await bench.write(batch, slice, finding: finding)
          }
        }
        try await group.waitForAll()
      }
      try expect(try await bench.samples(), is: (0..<20).map { "\($0)=8" })
      try expect(try await bench.ledger(), is: ["0-20 written 20/0"])
    },
  ]

  static let erasure: [StoreCheck] = [
    StoreCheck("erasing removes the ledger and rows of one participant only, who may return later") { bench in
      for participant in ["P0001", "P0002"] {
        try await bench.write(Bench.samples(0..<50), Bench.slice(0, 60, of: participant), of: participant)
        try await bench.write(
          Bench.zones("2026-01-05", [("Peak", 1), ("Cardio", 2)]), Bench.slice(0, 60, type: "zones", of: participant), in: Bench.zones,
          of: participant)
      }
      let erasure = try await bench.store.erase(participant: "P0001")
      try expect(erasure.rows, is: ["samples": 50, "zones": 2])
      try expect(erasure.slices, is: 2)
      try expect(try await bench.store.erase(participant: "P0001"), is: Erasure())
      try expect(try await bench.look { try await $0.participants() }, is: ["P0002"])
      try expect(try await bench.samples(), is: [])
      try expect(try await bench.samples(of: "P0002").count, is: 50)
      try expect(try await bench.ledger(of: "P0002").count, is: 2)
      try await bench.write(Bench.samples(0..<1), Bench.slice(0, 60))
      try expect(try await bench.samples(), is: ["0=60"])
    },
    StoreCheck("after an interruption at any point no ledger row refers to erased rows, and repeating the erasure completes it") { bench in
      for failing in 1..<200 {
        let participant = "P\(failing)"
        let calls = Locked<Int?>(nil)
        let store = try await bench.another { _ in
          guard calls.withLock({ calls in
            calls = calls.map { $0 + 1 }
            return calls == failing
          }) else { return }
          throw ProcessorError(.disk, "injected by the test")
        }
        try await bench.write(Bench.samples(0..<50), Bench.slice(0, 60, of: participant), of: participant)
        calls.withLock { $0 = 0 }
        var isWhole = true
        do { _ = try await store.erase(participant: participant) } catch { isWhole = false }
        calls.withLock { $0 = nil }
        let slices = try await bench.ledger(of: participant).count, rows = try await bench.samples(of: participant).count
        try expect(slices == 0 || rows == 50, is: true, "call \(failing): \(slices) slices, \(rows) rows")
        _ = try await store.erase(participant: participant)
        try expect(try await bench.samples(of: participant).count, is: 0)
        try expect(try await bench.look { try await $0.participants() }, is: [])
        try await store.close()
        if isWhole { return }
      }
      throw BrokenPromise(description: "an erasure passes more boundaries than were tried")
    },
  ]
}
