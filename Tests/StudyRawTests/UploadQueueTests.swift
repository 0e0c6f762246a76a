import FlowCore
import FlowObjects
import FlowTesting
import Testing

@testable import StudyRaw

/// Which object is uploaded when, and what becomes of one that could not be stored.
@Suite struct UploadQueueTests {
  private static func segments(_ count: Int) -> [SpoolState.Segment] {
    (0..<count).map { SpoolState.Segment(key: RawKey(provider: "fitbit", date: "2026-01-06", run: RawBench.run, participant: "P\($0)")) }
  }
  private static func queue(_ count: Int) -> UploadQueue {
    var queue = UploadQueue(slotCount: 4)
    queue.add(segments(count))
    return queue
  }
  private static func error(_ kind: ObjectStorageError.Kind) -> ObjectStorageError { ObjectStorageError(kind, "no") }

  @Test("As many objects as there are slots go up at once, each in a slot of its own, in order")
  func slots() throws {
    var queue = Self.queue(6)
    let started = (0..<4).compactMap { _ in queue.next(now: .zero) }
    #expect(started.map(\.segment.key.participant) == ["P0", "P1", "P2", "P3"] && Set(started.map(\.slot)).count == 4)
    let fifth = queue.next(now: .zero)
    #expect(fifth == nil && !queue.isIdle)
    queue.stored(in: started[2].slot)
    let next = try queue.started(now: .zero)
    #expect(next.slot == started[2].slot && next.segment.key.participant == "P4" && queue.waitingCount == 1)
  }

  @Test("While the storage is away, nothing is tried for a minute; then one object finds out, and with its success all go up")
  func away() throws {
    var queue = Self.queue(6)
    let first = try queue.started(now: .zero)
    queue.failed(first.segment, in: first.slot, Self.error(.away), now: .zero)
    let early = queue.next(now: .seconds(59))
    #expect(early == nil && queue.isIdle && queue.waitingCount == 6)
    let trial = try queue.started(now: .seconds(60))
    let beside = queue.next(now: .seconds(60))
    #expect(beside == nil)
    queue.stored(in: trial.slot)
    let all = (0..<5).compactMap { _ in queue.next(now: .seconds(60)) }
    #expect(all.count == 4)
  }

  @Test("What is refused is not tried before the run closes", arguments: [ObjectStorageError.Kind.denied, .invalid, .notFound])
  func refused(kind: ObjectStorageError.Kind) throws {
    var queue = Self.queue(3)
    let first = try queue.started(now: .zero)
    queue.failed(first.segment, in: first.slot, Self.error(kind), now: .zero)
    let during = queue.next(now: .seconds(1_000_000))
    #expect(during == nil)
    queue.close()
    let trial = try queue.started(now: .seconds(1_000_000))
    let beside = queue.next(now: .seconds(1_000_000))
    #expect(beside == nil, "one finds out")
    queue.failed(trial.segment, in: trial.slot, Self.error(kind), now: .seconds(1_000_000))
    let later = queue.next(now: .seconds(9_000_000))
    #expect(later == nil && queue.isIdle && queue.waitingCount == 3 && queue.failure?.kind == kind)
  }

  @Test("One object that cannot be stored holds up no other, and is tried once more when the run closes", arguments: [ObjectStorageError.Kind.conflict, .disk])
  func ofItsOwn(kind: ObjectStorageError.Kind) throws {
    var queue = Self.queue(3)
    var tried: [String] = []
    func work() {
      while let (segment, slot) = queue.next(now: .zero) {
        tried.append(segment.key.participant)
        if segment.key.participant == "P0" { queue.failed(segment, in: slot, Self.error(kind), now: .zero) } else { queue.stored(in: slot) }
      }
    }
    work()
    #expect(tried == ["P0", "P1", "P2"] && queue.waitingCount == 1)
    queue.close()
    work()
    #expect(tried == ["P0", "P1", "P2", "P0"] && queue.waitingCount == 1 && queue.failure?.kind == kind && queue.isIdle)
  }

  @Test("With random failures every object is tried again until it is stored, no slot is used twice, and the work ends", arguments: Seeds.chosen(usual: 40))
  func random(seed: UInt64) {
    let dice = SeededRandomSource(seed: seed)
    var queue = UploadQueue()
    var now = Duration.zero
    var underWay: [(segment: SpoolState.Segment, slot: Int)] = [], stored: [String] = []
    var coming = Self.segments(12)
    func start() {
      while let next = queue.next(now: now) {
        #expect(!underWay.contains { $0.slot == next.slot || $0.segment.key == next.segment.key })
        underWay.append(next)
      }
    }
    func step(failing: Bool) {
      start()
      guard !underWay.isEmpty else { return }
      let (segment, slot) = underWay.remove(at: Int(dice.next() % UInt64(underWay.count)))
      if failing, dice.next() % 3 == 0 {
        queue.failed(segment, in: slot, Self.error(dice.next() % 2 == 0 ? .away : .disk), now: now)
      } else {
        stored.append(segment.key.text)
        queue.stored(in: slot)
      }
    }
    for _ in 0..<60 {
      if !coming.isEmpty, dice.next() % 3 == 0 { queue.add([coming.removeFirst()]) }
      now += .seconds(Int64(dice.next() % 40))
      step(failing: true)
    }
    queue.add(coming)
    queue.close()
    start()
    while !queue.isIdle { step(failing: false) }
    #expect(stored.count == 12 && Set(stored).count == 12 && queue.waitingCount == 0 && queue.failure == nil)
  }
}

extension UploadQueue {
  fileprivate struct NothingStarted: Error {}

  fileprivate mutating func started(now: Duration) throws -> (segment: SpoolState.Segment, slot: Int) {
    guard let next = next(now: now) else { throw NothingStarted() }
    return next
  }
}
