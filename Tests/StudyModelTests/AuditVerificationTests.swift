import FlowCore
import Foundation
import StudyModel
import Testing

@Suite("The audit trail: what verification finds")
struct AuditVerificationTests {
  private static func trail(_ count: Int, from first: AuditEntry? = nil, reason: String? = nil) -> [AuditEntry] {
    var entries: [AuditEntry] = []
    for number in 0..<count {
      let last = (entries.last ?? first).map { (number: $0.number, sha256: $0.sha256) }
      let line = AuditLine(
        .begun, at: Instant(seconds: 1_767_571_200 + Int64(number)), by: AuditAuthor(user: "ann", host: "host-1"), command: "run", parameters: ["flow.yaml"],
        reason: reason)
      entries.append(AuditEntry(line, after: last))
    }
    return entries
  }

  private static func head(_ entry: AuditEntry) -> AuditVerification.Witness {
    AuditVerification.Witness(place: "the report of run R", head: AuditHead(database: "d", id: "1", number: entry.number, sha256: entry.sha256))
  }

  private static func faults(_ entries: [AuditEntry], _ witnesses: [AuditVerification.Witness] = []) -> [AuditVerification.Fault] {
    var verification = AuditVerification(witnesses)
    for entry in entries { verification.take(entry) }
    verification.finish()
    return verification.faults
  }

  @Test("a whole trail has no fault, with and without heads kept elsewhere, empty or not")
  func whole() {
    let trail = Self.trail(6)
    #expect(Self.faults(trail, [Self.head(trail[2]), Self.head(trail[5])]).isEmpty)
    #expect(Self.faults([]).isEmpty)
  }

  enum Tampering: String, CaseIterable, Sendable {
    case changedContent, changedWithHash, missing, missingFirst, inserted, cutOff, emptied, madeAgain, swapped
  }

  @Test("every kind of tampering is found, and says which entry", arguments: Tampering.allCases)
  func tampered(_ tampering: Tampering) {
    let trail = Self.trail(6)
    var found = trail
    let place: Int64, words: String
    switch tampering {
    case .changedContent:
      var line = trail[2].line
      line.author.user = "bob"
      found[2] = AuditEntry(number: 3, line: line, previous: trail[2].previous, sha256: trail[2].sha256)
      (place, words) = (3, "entry 3 was changed")
    case .changedWithHash:
      var line = trail[2].line
      line.author.user = "bob"
      found[2] = AuditEntry(line, after: (2, trail[1].sha256))
      (place, words) = (4, "entry 4 does not follow entry 3")
    case .missing:
      found.remove(at: 3)
      (place, words) = (4, "entry 4 is missing")
    case .missingFirst:
      found.removeFirst(2)
      (place, words) = (1, "entries 1 to 2 are missing")
    case .inserted:
      // The later ones are moved on, as whoever puts one in must do.
      let new = Self.trail(1, from: trail[2], reason: "put in")[0]
      found = trail[...2] + [new] + trail[3...].map { AuditEntry(number: $0.number + 1, line: $0.line, previous: $0.previous, sha256: $0.sha256) }
      (place, words) = (5, "entry 5 does not follow entry 4")
    case .cutOff:
      found.removeLast()
      (place, words) = (6, "the end is cut off: the report of run R knows entry 6, and the trail ends with entry 5")
    case .emptied:
      found = []
      (place, words) = (6, "the trail ends with nothing")
    case .madeAgain:
      found = trail[..<4] + Self.trail(2, from: trail[3], reason: "another")
      (place, words) = (6, "entry 6 is not the one that the report of run R knows")
    case .swapped:
      found.swapAt(2, 3)
      (place, words) = (3, "entry 3 is missing")
    }
    let faults = Self.faults(found, [Self.head(trail[5])])
    #expect(faults.contains { $0.number == place && $0.fault.contains(words) }, "\(faults)")
  }

  @Test("the canonical form is the documented one: any program can compute the hash")
  func canonicalForm() throws {
    var line = AuditLine(
      act: 3, .ended, at: Instant(milliseconds: 1_767_571_200_050), by: AuditAuthor(user: "ann", host: "h"), command: "run", parameters: ["a\"b", "ä\n"], run: "r",
      result: "complete", exit: 0)
    line.reason = nil
    let entry = AuditEntry(line, after: (4, String(repeating: "e", count: 64)))
    // printf %s '["eee…",5,3,"ended","2026-01-05T00:00:00.050Z","ann","h","run",["a\"b","ä\n"],null,null,null,"r","complete",0]' | sha256sum
    #expect(entry.sha256 == "098ad9b6e5f2b59e3b98c1d5825d6516186caa6ff16160182f1df9e81c46c0c1")
    #expect(AuditEntry.parameters(line.parametersText) == line.parameters)
    #expect(AuditEntry.parameters(#"["a\"b", "ä\n"]"#) == [#"["a\"b", "ä\n"]"#], "another form of the same list is a change")
  }
}
