import FlowCore
import Testing

@testable import FlowEngine

@Suite("connection state")
struct ConnectionStateTests {
  /// A simple model of a queue: each FlowFile with its state.
  private struct Model {
    var available: [(number: Int, place: Int)] = []
    var inFlight: [(entry: QueueEntry, place: Int)] = []
    var penalised: [(number: Int, until: Duration, isCounted: Bool)] = []
    var bytes = 0
    var lastPlace = 0

    mutating func append(_ number: Int) {
      lastPlace += 1
      available.append((number, lastPlace))
    }
    mutating func release(at now: Duration) {
      // A stable sort: FlowFiles return in the order of their penalties.
      let due = penalised.enumerated().filter { $0.element.until <= now }
        .sorted { ($0.element.until, $0.offset) < ($1.element.until, $1.offset) }
      penalised.removeAll { $0.until <= now }
      for item in due { append(item.element.number) }
    }
  }

  @Test("any sequence of events neither loses nor duplicates FlowFiles, and keeps the order", arguments: 1...60)
  func randomEvents(_ seed: UInt64) {
    var choices = Choices(seed: seed)
    var queue = ConnectionState(QueueLimits(count: choices.below(8), bytes: choices.below(3) * 1000))
    var model = Model()
    var now = Duration.zero
    var made = 0
    var sizes: [Int: Int] = [:]
    var left = 0
    for _ in 0..<600 {
      switch choices.below(8) {
      case 0, 1:
        let queued = QueuedFlowFile(.numbered(made, sizeBytes: choices.below(300)))
        queue.append(queued)
        model.append(made)
        sizes[made] = queued.sizeBytes
        model.bytes += queued.sizeBytes
        made += 1
      case 2, 3:
        let taken = queue.take()
        #expect(taken?.queued.flowFile.number == model.available.first?.number)
        if let taken { model.inFlight.append((taken, model.available.removeFirst().place)) }
      case 4 where !model.inFlight.isEmpty:
        let (entry, _) = model.inFlight.remove(at: choices.below(model.inFlight.count))
        queue.acknowledge(entry)
        model.bytes -= entry.queued.sizeBytes
        left += 1
      case 5 where !model.inFlight.isEmpty:
        let (entry, place) = model.inFlight.remove(at: choices.below(model.inFlight.count))
        queue.putBack(entry)
        let index = model.available.firstIndex { $0.place > place } ?? model.available.endIndex
        model.available.insert((entry.queued.flowFile.number, place), at: index)
      case 6 where !model.inFlight.isEmpty:
        let (entry, _) = model.inFlight.remove(at: choices.below(model.inFlight.count))
        queue.acknowledge(entry)
        let until = now + .seconds(choices.below(20)), isCounted = choices.below(2) == 0
        if !isCounted { model.bytes -= entry.queued.sizeBytes }
        queue.penalise(QueuedFlowFile(entry.queued.flowFile), until: until, isCounted: isCounted)
        model.penalised.append((entry.queued.flowFile.number, until, isCounted))
      default:
        now += .seconds(choices.below(10))
        let due = model.penalised.filter { $0.until <= now && !$0.isCounted }.map(\.number)
        queue.release(at: now)
        model.bytes += due.reduce(0) { $0 + (sizes[$1] ?? 0) }
        model.release(at: now)
      }
      expectAgreement(queue, model)
      #expect(made == left + queue.heldCount)
    }
    #expect(queue.removeAll().map(\.flowFile.number).prefix(model.available.count) == model.available.map(\.number)[...])
    #expect(queue.heldCount == model.inFlight.count && queue.countedCount == model.inFlight.count)
  }

  private func expectAgreement(_ queue: ConnectionState, _ model: Model) {
    #expect(queue.availableCount == model.available.count)
    #expect(queue.inFlightCount == model.inFlight.count)
    #expect(queue.penalisedCount == model.penalised.count)
    #expect(queue.nextRelease == model.penalised.map(\.until).min())
    #expect(queue.countedBytes == model.bytes)
    let isFull =
      (queue.limits.count > 0 && model.available.count + model.inFlight.count + model.penalised.count { $0.isCounted } >= queue.limits.count)
      || (queue.limits.bytes > 0 && model.bytes >= queue.limits.bytes)
    #expect(queue.isFull == isFull)
  }

  @Test("a prioritised queue returns the smallest, even after a FlowFile was put back")
  func prioritised() {
    var queue = ConnectionState(QueueLimits(prioritise: "rank"))
    for (number, rank) in [3, 1, 2, 1].enumerated() {
      queue.append(QueuedFlowFile(.numbered(number, attributes: ["rank": String(rank)])))
    }
    let first = queue.take()
    #expect(first?.queued.flowFile.number == 1)
    if let first { queue.putBack(first) }
    #expect((0..<4).map { _ in queue.take()?.queued.flowFile.number } == [1, 3, 2, 0])
    #expect(queue.take() == nil)
  }
}
