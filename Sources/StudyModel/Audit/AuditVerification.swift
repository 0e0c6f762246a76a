import FlowCore

/// Checks a trail, entry by entry in the order of their numbers, and then against heads that were kept elsewhere.
package struct AuditVerification: Sendable {
  package struct Fault: Encodable, Sendable, Equatable {
    /// The entry; nil if the fault is none of one entry.
    package var number: Int64?
    package var fault: String
  }

  package private(set) var faults: [Fault] = []
  /// The number of entries.
  package private(set) var count = 0
  private var last: (number: Int64, sha256: String)?
  /// Hashes of the entries whose heads are known elsewhere.
  private var kept: [Int64: String] = [:]
  private let witnesses: [Witness]
  private let witnessed: Set<Int64>

  /// A head that was kept elsewhere.
  package struct Witness: Sendable, Equatable {
    /// Where, such as `run 20261121T030230Z-7e1c04`.
    package var place: String
    package var head: AuditHead

    package init(place: String, head: AuditHead) {
      self.place = place
      self.head = head
    }
  }

  /// - Parameter witnesses: heads of this database's trail.
  package init(_ witnesses: [Witness]) {
    self.witnesses = witnesses
    witnessed = Set(witnesses.map(\.head.number))
  }

  package var witnessCount: Int { witnesses.count }
  /// The last entry's number and hash; nil for an empty trail.
  package var end: (number: Int64, sha256: String)? { last }

  package mutating func take(_ entry: AuditEntry) {
    count += 1
    let expected = (last?.number ?? 0) + 1
    if entry.number > expected {
      let missing = entry.number - 1 == expected ? "entry \(expected) is missing" : "entries \(expected) to \(entry.number - 1) are missing"
      report(expected, missing)
    } else if entry.number < expected {
      report(entry.number, "entry \(entry.number) has a number that cannot come after \(expected - 1)")
    } else if entry.previous != last?.sha256 ?? AuditEntry.beginning {
      report(
        entry.number,
        entry.number == 1
          ? "entry 1 does not begin a trail: it names an entry before it" : "entry \(entry.number) does not follow entry \(entry.number - 1): one of them was changed, or an entry was put in or taken out between them")
    }
    if entry.computedSHA256 != entry.sha256 {
      report(entry.number, "entry \(entry.number) was changed: its content has the hash \(entry.computedSHA256.prefix(12))…, and \(entry.sha256.prefix(12))… was recorded")
    }
    if witnessed.contains(entry.number) { kept[entry.number] = entry.sha256 }
    last = (entry.number, entry.sha256)
  }

  /// Call it once, after the last entry.
  package mutating func finish() {
    let end = last?.number ?? 0
    for witness in witnesses {
      let number = witness.head.number
      if number > end {
        report(number, "the end is cut off: \(witness.place) knows entry \(number), and the trail ends with \(end == 0 ? "nothing" : "entry \(end)")")
      } else if let found = kept[number], found != witness.head.sha256 {
        report(number, "entry \(number) is not the one that \(witness.place) knows: the trail was made again from there or from before")
      }
    }
  }

  private mutating func report(_ number: Int64?, _ fault: String) { faults.append(Fault(number: number, fault: fault)) }
}
