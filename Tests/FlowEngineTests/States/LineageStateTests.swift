import FlowCore
import Testing

@testable import FlowEngine

@Suite("lineage state")
struct LineageStateTests {
  /// A FlowFile of the model: its lineage, and whether it is active.
  private struct Model {
    var flowFiles: [LineageID] = []
    var parents: [LineageID: LineageID] = [:]
    /// The endings of every lineage, including nested ones.
    var finished: [LineageID: Int] = [:]

    mutating func end(_ lineage: LineageID) {
      var next: LineageID? = lineage
      while let current = next {
        finished[current, default: 0] += 1
        next = parents[current]
      }
    }
    func isInside(_ lineage: LineageID, _ ancestor: LineageID) -> Bool {
      var next: LineageID? = lineage
      while let current = next {
        if current == ancestor { return true }
        next = parents[current]
      }
      return false
    }
  }

  @Test("every lineage ends once, after its nested lineages, and receives all outcomes", arguments: 1...60)
  func randomEvents(_ seed: UInt64) {
    var choices = Choices(seed: seed)
    var state = LineageState(maximumPumpCount: 1 + choices.below(3))
    var model = Model()
    var opened: [LineageID] = []
    var running: [EndedLineage] = []
    var handled: Set<LineageID> = []
    var pumps = 0

    func start(_ more: Int) {
      pumps += more
      #expect(pumps <= state.maximumPumpCount)
    }
    func call() {
      guard running.count < pumps else { return }
      if let ended = state.next() {
        #expect(!model.flowFiles.contains { model.isInside($0, ended.lineage) }, "ended while a FlowFile of it is there")
        #expect(opened.filter { $0 != ended.lineage && model.isInside($0, ended.lineage) }.allSatisfy(handled.contains))
        #expect(ended.outcome.finished == model.finished[ended.lineage, default: 0])
        running.append(ended)
      } else {
        pumps -= 1
      }
    }
    func finish() {
      guard !running.isEmpty else { return }
      let ended = running.remove(at: choices.below(running.count))
      #expect(handled.insert(ended.lineage).inserted, "handled twice")
      start(state.handled(ended.lineage))
    }

    for _ in 0..<400 {
      switch choices.below(6) {
      case 0:
        let lineage = state.makeID()
        opened.append(lineage)
        model.flowFiles.append(lineage)
        start(state.apply(LineageChanges(opened: [.init(lineage: lineage, parent: nil, onEnd: { _ in })], created: [lineage])))
      case 1 where !model.flowFiles.isEmpty, 2 where !model.flowFiles.isEmpty:
        // A FlowFile creates a child, optionally with its own lineage, and optionally ends.
        let place = choices.below(model.flowFiles.count)
        let parent = model.flowFiles[place]
        var changes = LineageChanges()
        if choices.isTrue(oneIn: 2) {
          let lineage = state.makeID()
          opened.append(lineage)
          model.parents[lineage] = parent
          changes.opened.append(.init(lineage: lineage, parent: parent, onEnd: { _ in }))
          changes.created.append(lineage)
          model.flowFiles.append(lineage)
        } else {
          changes.created.append(parent)
          model.flowFiles.append(parent)
        }
        if choices.isTrue(oneIn: 2) {
          model.flowFiles.remove(at: place)
          model.end(parent)
          changes.ended.append((parent, .finished))
        }
        start(state.apply(changes))
      case 3 where !model.flowFiles.isEmpty:
        let lineage = model.flowFiles.remove(at: choices.below(model.flowFiles.count))
        model.end(lineage)
        start(state.apply(LineageChanges(ended: [(lineage, .finished)])))
      case 4: call()
      default: finish()
      }
    }
    while let lineage = model.flowFiles.popLast() {
      model.end(lineage)
      start(state.apply(LineageChanges(ended: [(lineage, .finished)])))
    }
    while pumps > 0 {
      call()
      finish()
    }
    #expect(state.isEmpty)
    #expect(handled.count == opened.count)
  }
}
