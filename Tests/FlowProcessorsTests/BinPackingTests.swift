import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("Bins")
struct BinPackingTests {
  @Test("every item is in exactly one bin, none exceeds a maximum, and none waits that is complete", arguments: Seeds.chosen(usual: 100))
  func invariants(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    let packing = BinPacking(
      minimumEntries: 1 + below(4), maximumEntries: 4 + below(4), minimumBytes: below(30), maximumBytes: 30 + below(30),
      maximumAge: below(2) == 0 ? nil : .seconds(50), maximumBins: 1 + below(5))
    let items = (0..<below(80)).map { BinPacking.Item(index: $0, bytes: below(40), group: "\(below(3))", since: .seconds($0), fragment: nil) }
    let plan = packing.plan(items, at: .seconds(80), isInputEnded: below(4) == 0)
    let bins = plan.complete.map(\.bin) + plan.waiting
    #expect(bins.flatMap(\.items).map(\.index).sorted() == Array(items.indices), "seed \(seed)")
    for bin in bins {
      #expect(bin.bytes == bin.items.reduce(0) { $0 + $1.bytes } && Set(bin.items.map(\.group)).count == 1)
      #expect(bin.items.count <= packing.maximumEntries && (bin.bytes <= packing.maximumBytes || bin.items.count == 1))
      #expect(bin.items.map(\.index) == bin.items.map(\.index).sorted())
    }
    for bin in plan.waiting {
      #expect(bin.items.count < packing.minimumEntries || bin.bytes < packing.minimumBytes)
      if let age = packing.maximumAge { #expect(bin.since + age > .seconds(80)) }
    }
    #expect(plan.waiting.count <= packing.maximumBins)
  }

  @Test("packing again what waits, with more behind it, keeps the bins", arguments: Seeds.chosen(usual: 40))
  func stable(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    let packing = BinPacking(minimumEntries: 5, maximumEntries: 6, maximumBytes: 50)
    let items = (0..<60).map { BinPacking.Item(index: $0, bytes: Int(random.next() % 20), group: "\(random.next() % 4)", since: .zero, fragment: nil) }
    let once = packing.plan(items, at: .zero, isInputEnded: true)
    var waiting: [BinPacking.Item] = [], complete: [[Int]] = []
    for item in items {
      let plan = packing.plan(waiting + [item], at: .zero, isInputEnded: false, isMoreThere: true)
      complete += plan.complete.map { $0.bin.items.map(\.index) }
      waiting = plan.waiting.flatMap(\.items).sorted { $0.index < $1.index }
    }
    complete += packing.plan(waiting, at: .zero, isInputEnded: true).complete.map { $0.bin.items.map(\.index) }
    let whole = once.complete.map { $0.bin.items.map(\.index) }
    #expect(complete.sorted { $0[0] < $1[0] } == whole.sorted { $0[0] < $1[0] })
    #expect(whole.flatMap { $0 }.sorted() == Array(items.indices))
  }

  @Test("says how many further items any bin needs", arguments: [(5, [("a", 3), ("b", 1)], 2), (2, [("a", 1)], 1), (9, [], 1)] as [(Int, [(String, Int)], Int)])
  func missing(_ minimum: Int, _ groups: [(String, Int)], _ expected: Int) {
    let items = groups.flatMap { Array(repeating: $0.0, count: $0.1) }.enumerated().map { BinPacking.Item(index: $0.offset, bytes: 1, group: $0.element, since: .zero, fragment: nil) }
    #expect(BinPacking(minimumEntries: minimum).plan(items, at: .zero, isInputEnded: false).missing == expected)
  }

  @Test("fragments that are more than there are to be fail, all of them")
  func tooMany() {
    var packing = BinPacking()
    packing.isDefragmenting = true
    let items = (0..<3).map { BinPacking.Item(index: $0, bytes: 1, group: "a", since: .zero, fragment: .init(number: $0 + 1, count: 2)) }
    let plan = packing.plan(items, at: .zero, isInputEnded: true)
    #expect(plan.complete.isEmpty && plan.rejected.map(\.problem) == Array(repeating: "there are 3 fragments of 'a'; expected 2, as fragment.count says", count: 3))
  }
}
