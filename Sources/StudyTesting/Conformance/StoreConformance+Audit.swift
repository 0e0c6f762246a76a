import FlowCore
import StudyModel

extension StoreConformance {
  static let audit: [StoreCheck] = [
    StoreCheck("the audit trail begins with the making of the tables, and each entry follows the one before") { bench in
      guard let trail = bench.store.audit else { return }
      let first = try await bench.trail()
      try expect(first.contains { $0.line.command == "schema" && $0.line.parameters.contains("made table samples") }, is: true, "the tables")
      let begun = try await trail.append(Bench.act(.begun))
      var end = Bench.act(.ended)
      end.act = begun.number
      end.result = "complete"
      end.exit = 0
      let ended = try await trail.append(end)
      try expect(ended.number, is: begun.number + 1)
      let all = try await bench.trail()
      try expect(all.map(\.number), is: Array(1...ended.number))
      try expect(all.last?.sha256, is: ended.sha256)
      try expect(all.last?.act, is: begun.number)
      try expect(all.last?.line.parameters, is: Bench.awkward)
      try expect(all.last?.line.reason, is: "because \"it\" was wrong\n\u{1}")
      try expect(Bench.faults(all, [begun, ended]), is: [])
    },
    StoreCheck("tables that are there already are no entry of the audit trail; a new column is") { bench in
      guard bench.store.audit != nil else { return }
      let before = try await bench.trail().count
      _ = try await bench.another()
      try expect(try await bench.trail().count, is: before)
      var wider = Bench.days
      wider.columns.append(.init("floors", .integer))
      try await bench.store.prepare(tables: [wider])
      try expect(try await bench.trail().dropFirst(before).map(\.line.parameters), is: [["added to table days: floors"]])
    },
    StoreCheck("entries of several stores at once form one trail") { bench in
      guard bench.store.audit != nil else { return }
      let stores = [bench.store, try await bench.another(), try await bench.another()]
      let before = try await bench.trail().count
      let heads = try await withThrowingTaskGroup(of: [AuditHead].self) { group in
        for (index, store) in stores.enumerated() {
          group.addTask {
            var heads: [AuditHead] = []
            for number in 0..<8 {
              var line = Bench.act(.begun)
              line.parameters = ["store \(index)", "act \(number)"]
              if let head = try await store.audit?.append(line) { heads.append(head) }
            }
            return heads
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let all = try await bench.trail()
      try expect(all.count, is: before + 24)
      try expect(Set(heads.map(\.number)).count, is: 24, "numbers of their own")
      try expect(Bench.faults(all, heads), is: [])
    },
    StoreCheck("the audit trail stays when a participant is erased") { bench in
      guard let trail = bench.store.audit else { return }
      try await bench.write(Bench.samples(0..<3), Bench.slice(0, 10))
      let head = try await trail.append(Bench.act(.begun))
      _ = try await bench.store.erase(participant: "P0001")
      try expect(Bench.faults(try await bench.trail(), [head]), is: [])
    },
  ]
}

extension StoreBench {
  static let awkward = ["--participant", "P0001", "-p", "path=/tmp/a b\\c\"d", "ä€😀"]

  static func act(_ phase: AuditLine.Phase) -> AuditLine {
    AuditLine(
      phase, at: Instant(milliseconds: 1_767_571_200_123), by: AuditAuthor(user: "ann", host: "host-1"), command: "participants withdraw", parameters: awkward,
      reason: "because \"it\" was wrong\n\u{1}", flow: "study", flowSHA256: String(repeating: "a", count: 64), run: "run-1")
  }

  /// The whole trail as a reader sees it, in small parts.
  func trail() async throws -> [AuditEntry] {
    try await store.reading { reader in
      var all: [AuditEntry] = []
      while case let part = try await reader.auditEntries(after: all.last?.number ?? .min, limit: 5), !part.isEmpty { all += part }
      return all
    } ?? []
  }

  static func faults(_ entries: [AuditEntry], _ heads: [AuditHead]) -> [String] {
    var verification = AuditVerification(heads.map { AuditVerification.Witness(place: "a test", head: $0) })
    for entry in entries { verification.take(entry) }
    verification.finish()
    return verification.faults.map(\.fault)
  }
}
