import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// Objects of one participant strictly one after the other; objects of different participants beside each other.
@Suite struct RebuildOrderTests {
  private static func objects(_ counts: [Int]) -> [RawObject] {
    counts.enumerated().flatMap { number, count in (0..<count).map { RawObject(key: "\(number)-\($0)", participant: "P\(number)", run: "\($0)") } }
  }

  @Test("A participant's next object is opened when the rows of the one before are written and noted")
  func strictly() {
    var order = RebuildOrder(Self.objects([2]))
    let first = order.next()
    order.began("P0")
    order.began("P0")
    let afterReading = order.read("P0"), afterOne = order.ended("P0", LineageOutcome()), early = order.next()
    #expect(first?.key == "0-0" && afterReading == nil && afterOne == nil && early == nil && !order.isExhausted)
    let done = order.ended("P0", LineageOutcome()), unnoted = order.next(), outcome = order.noted("P0"), second = order.next()
    #expect(done == first && unnoted == nil && outcome == nil && second?.key == "0-1")
    let read = order.read("P0"), last = order.noted("P0")
    #expect(read == second && last == LineageOutcome() && order.isExhausted)
  }

  @Test("The outcome of a participant is the sum of all its answers'")
  func outcomes() {
    var order = RebuildOrder(Self.objects([2]))
    var sums: [LineageOutcome?] = []
    for finished in [1, 4] {
      _ = order.next()
      order.began("P0")
      _ = order.read("P0")
      var outcome = LineageOutcome()
      outcome.finished = finished
      _ = order.ended("P0", outcome)
      sums.append(order.noted("P0"))
    }
    #expect(sums.map { $0?.finished } == [nil, 5])
  }

  @Test("Whatever the order of events, each object is opened once, in order, and each participant ends once", arguments: Seeds.chosen(usual: 60))
  func random(seed: UInt64) {
    let dice = SeededRandomSource(seed: seed)
    let objects = Self.objects((0..<12).map { _ in Int(1 + dice.next() % 4) })
    var order = RebuildOrder(objects)
    var opened: [String: [RawObject]] = [:]
    var reading: [String: Int] = [:], underWay: [String: Int] = [:], unnoted: Set<String> = [], done: [RawObject] = [], ended: [String] = []
    func take(_ object: RawObject?) {
      guard let object else { return }
      #expect(reading[object.participant] == nil && underWay[object.participant, default: 0] == 0, "its rows are all written")
      #expect(opened[object.participant]?.last == object)
      done.append(object)
      unnoted.insert(object.participant)
    }
    for _ in 0..<100_000 where ended.count < 12 {
      switch dice.next() % 4 {
      case 0:
        guard let object = order.next() else { continue }
        #expect(reading[object.participant] == nil && underWay[object.participant, default: 0] == 0 && !unnoted.contains(object.participant))
        opened[object.participant, default: []].append(object)
        reading[object.participant] = Int(dice.next() % 4)
        #expect(reading.count + unnoted.count <= RebuildOrder.openLimit)
      case 1:
        let names = reading.keys.sorted()
        guard !names.isEmpty else { continue }
        let participant = names[Int(dice.next() % UInt64(names.count))]
        let left = reading[participant] ?? 0
        if left > 0 {
          order.began(participant)
          underWay[participant, default: 0] += 1
          reading[participant] = left - 1
        } else {
          reading[participant] = nil
          take(order.read(participant))
        }
      case 2:
        guard let participant = underWay.filter({ $0.value > 0 }).keys.sorted().first else { continue }
        underWay[participant, default: 0] -= 1
        take(order.ended(participant, LineageOutcome()))
      default:
        guard let participant = unnoted.sorted().first else { continue }
        unnoted.remove(participant)
        if order.noted(participant) != nil { ended.append(participant) }
      }
    }
    #expect(ended.count == 12 && Set(ended).count == 12 && order.isExhausted)
    #expect(done.count == objects.count && opened.values.flatMap { $0 }.count == objects.count)
    #expect(opened == Dictionary(grouping: objects, by: \.participant))
  }
}
