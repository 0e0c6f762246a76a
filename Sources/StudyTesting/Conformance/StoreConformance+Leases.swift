import FlowCore
import StudyModel

extension StoreConformance {
  static let leases: [StoreCheck] = [
    StoreCheck("a participant is leased to one run at a time, which is named; it may be taken again when it was given back", needsLeases: true) { bench in
      let (_, first) = try await bench.leasing("run-1"), (_, second) = try await bench.leasing("run-2", on: "host-2")
      try expect(try await first.acquire("P0001"), is: .acquired)
      try expect(try await first.acquire("P0001"), is: .acquired, "renewed")
      try expect(try await second.acquire("P0002"), is: .acquired, "another participant")
      try await expectHeld(try await second.acquire("P0001"), by: "run run-1 on host-1")
      try expect(try await second.confirm("P0001"), is: false)
      try expect(try await first.confirm("P0001"), is: true)
      try await second.release(["P0001", "P0009"])
      try expect(try await first.confirm("P0001"), is: true, "only the holder gives a lease back")
      try await first.release(["P0001"])
      try expect(try await second.acquire("P0001"), is: .acquired)
      try await expectHeld(try await first.acquire("P0001"), by: "run run-2 on host-2")
    },
    StoreCheck("commands on two hosts exclude each other too", needsLeases: true) { bench in
      let (_, first) = try await bench.leasing(""), (_, second) = try await bench.leasing("")
      try expect(try await first.acquire("P0001"), is: .acquired)
      try await expectHeld(try await second.acquire("P0001"), by: "a command on host-1")
    },
    StoreCheck("when its term is over, a lease may be taken over", needsLeases: true) { bench in
      let (_, first) = try await bench.leasing("run-1"), (_, second) = try await bench.leasing("run-2")
      try expect(try await first.acquire("P0001"), is: .acquired)
      try await bench.home.leasing?.endTerms()
      try expect(try await second.acquire("P0001"), is: .acquired)
      try expect(try await first.confirm("P0001"), is: false)
      try await first.release(["P0001"])
      try expect(try await second.confirm("P0001"), is: true)
    },
    StoreCheck("who has lost a lease changes nothing of that participant, even when the other has given it back; others are written", needsLeases: true) { bench in
      let (store, first) = try await bench.leasing("run-1"), (_, second) = try await bench.leasing("run-2")
      for participant in ["P0001", "P0002"] {
        try expect(try await first.acquire(participant), is: .acquired)
        try await bench.write(Bench.samples(0..<3), Bench.slice(0, 10, of: participant), of: participant, with: store)
      }
      try await bench.home.leasing?.endTerms()
      try expect(try await second.acquire("P0001"), is: .acquired)
      try expect(try await first.acquire("P0002"), is: .acquired)
      for isGivenBack in [false, true] {
        if isGivenBack { try await second.release(["P0001"]) }
        let results = try await store.write(
          ["P0001", "P0002"].map { participant in
            SliceWrite(table: Bench.samples, participant: participant, batch: Bench.samples(10..<13), ledger: Bench.slice(10, 20, of: participant))
          })
        try expect(results.map { $0.isLeftToOthers }, is: [true, false])
        try await expectLost { try await store.record([Bench.slice(20, 30, .deferred, of: "P0002"), Bench.slice(20, 30, .deferred)]) }
        try await expectLost { _ = try await store.recollect([Bench.slice(0, 10).key]) }
        try await expectLost { _ = try await store.erase(participant: "P0001") }
        try expect(try await bench.ledger(), is: ["0-10 written 3/0"])
        try expect(try await bench.ledger(of: "P0002"), is: ["0-10 written 3/0", "10-20 written 3/0"])
        try expect(try await bench.samples().count, is: 3)
      }
      try expect(try await first.acquire("P0001"), is: .acquired, "taken anew, with another number")
      try await bench.write(Bench.samples(10..<13), Bench.slice(10, 20), with: store)
    },
    StoreCheck("a participant of another batch is refused, and told where it is, until it is erased", needsLeases: true) { bench in
      let (store, first) = try await bench.leasing("run-1", batch: "host-1:/batch"), (_, second) = try await bench.leasing("run-2", batch: "host-2:/batch")
      try expect(try await first.acquire("P0001"), is: .acquired)
      try expect(try await second.acquire("P0001"), is: .enrolledElsewhere(batch: "host-1:/batch"))
      try await first.release(["P0001"])
      try expect(try await second.acquire("P0001"), is: .enrolledElsewhere(batch: "host-1:/batch"))
      _ = try await store.erase(participant: "P0001")
      try expect(try await second.acquire("P0001"), is: .acquired)
    },
    StoreCheck("of many that ask at once one gets the lease", needsLeases: true) { bench in
      var all: [any ParticipantLeases] = []
      for number in 1...6 { all.append(try await bench.leasing("run-\(number)").leases) }
      for round in 0..<5 {
        let acquired = try await withThrowingTaskGroup(of: Bool.self) { group in
          for leases in all { group.addTask { try await leases.acquire("P\(round)") == .acquired } }
          return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try expect(acquired, is: 1)
      }
    },
  ]

  private static func expectHeld(_ answer: LeaseAnswer, by holder: String) async throws {
    guard case .heldBy(let found, _) = answer else { throw BrokenPromise(description: "expected a lease of \(holder); found \(answer)") }
    try expect(found, is: holder)
  }

  private static func expectLost(_ body: () async throws -> Void) async throws {
    try await expectFailure("a change without the lease", body) { ($0 as? ProcessorError)?.failure.isLeftToOthers == true }
  }
}

extension Result<SliceWriteResult, ProcessorError> {
  fileprivate var isLeftToOthers: Bool {
    if case .failure(let error) = self { error.failure.isLeftToOthers } else { false }
  }
}
