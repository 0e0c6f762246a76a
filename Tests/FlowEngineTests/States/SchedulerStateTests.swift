import FlowCore
import Testing

@testable import FlowEngine

@Suite("scheduler state")
struct SchedulerStateTests {
  /// A run without threads: the test simulates every processor in random order, and counts.
  private struct Play {
    var state: SchedulerState
    var choices: Choices
    var running: [Trigger] = []
    var wakes: [Duration] = []
    var now = Duration.zero
    var created = 0
    var ended: [Int] = []
    var isDrained = false
    var toCreate: Int

    mutating func perform(_ actions: SchedulerActions) {
      running += actions.starts
      if let next = actions.next { running.append(next) }
      ended += actions.ended.map(\.flowFile.number)
      if let due = actions.wakeAt { wakes.append(due) }
      isDrained = actions.isDrained
      for trigger in actions.starts + [actions.next].compactMap({ $0 }) { expectRight(trigger) }
      expectSums()
    }

    private func expectRight(_ trigger: Trigger) {
      let node = state.topology.nodes[trigger.processor]
      #expect(state.processors[trigger.processor].runningCount <= node.concurrency)
      #expect(state.mode < .halted)
      #expect(trigger.first != nil || node.isSource)
      guard trigger.isRelief else { return }
      let connection = trigger.first.map { state.topology.connections[$0.connection] }
      #expect(connection?.isInsideCycle == true, "a blocked cycle takes nothing in")
    }

    private func expectSums() {
      #expect(state.runningCount == running.count)
      let held = state.connections.reduce(0) { $0 + $1.heldCount }
      #expect(created == held + ended.count, "\(created) created, \(held) held, \(ended.count) ended")
    }

    /// Ends a running trigger with one of the possible session results.
    mutating func finishOne() {
      let trigger = running.remove(at: choices.below(running.count))
      let node = state.topology.nodes[trigger.processor]
      var settlement = Settlement()
      if trigger.first == nil {
        let count = min(toCreate, choices.below(4))
        for _ in 0..<count { send(.numbered(created), from: node, &settlement, isNew: true) }
        toCreate -= count
        settlement.isExhausted = toCreate == 0
      }
      var taken = [trigger.first].compactMap { $0 }
      while taken.count < node.batch, !taken.isEmpty, choices.isTrue(oneIn: 2),
        let more = state.take(trigger.processor, isRelief: trigger.isRelief)
      { taken.append(more) }
      for taken in taken { settle(taken, node, &settlement) }
      if choices.isTrue(oneIn: 15) { settlement.yieldUntil = now + .seconds(choices.below(5)) }
      perform(state.finish(trigger.processor, settlement, wantsNext: choices.isTrue(oneIn: 2)))
    }

    private mutating func settle(_ taken: TakenFlowFile, _ node: FlowTopology.Node, _ settlement: inout Settlement) {
      switch choices.below(12) {
      case 0: settlement.putBack.append(taken)
      case 1, 2:
        let until = now + .seconds(choices.below(30))
        settlement.acknowledged.append(taken)
        settlement.arrivals.append(
          .init(
            connection: taken.connection, queued: QueuedFlowFile(taken.flowFile, attempts: 1),
            mode: choices.isTrue(oneIn: 3) ? .requeued : .penalised(until: until)))
      case 3, 4:
        settlement.acknowledged.append(taken)
        ended.append(taken.flowFile.number)
      default:
        settlement.acknowledged.append(taken)
        send(taken.flowFile, from: node, &settlement, isNew: false)
      }
    }

    private mutating func send(
      _ flowFile: FlowFile, from node: FlowTopology.Node, _ settlement: inout Settlement, isNew: Bool
    ) {
      if isNew { created += 1 }
      let ways = node.outputs.flatMap(\.targets)
      switch ways[choices.below(ways.count)] {
      case .connection(let connection):
        settlement.arrivals.append(
          .init(connection: connection, queued: QueuedFlowFile(flowFile), mode: .transferred))
      default: ended.append(flowFile.number)
      }
    }

    mutating func wake() {
      guard let due = wakes.min() else { return }
      wakes.removeAll { $0 == due }
      now = max(now, due)
      perform(state.wake(for: due, at: now))
    }
  }

  /// Any graph: cycles, self-loops, several sources, narrow queues.
  private func sketch(_ choices: inout Choices) -> FlowSketch {
    let count = 2 + choices.below(6)
    var sketch = FlowSketch()
    for index in 0..<count {
      func queue(to target: Int) -> FlowSketch.Target { .to("p\(target)", count: 1 + choices.below(4)) }
      // Sources have no input, so they are not destinations.
      let sources = 1 + count / 4
      let targets = (0..<(1 + choices.below(3))).map { _ in queue(to: sources + choices.below(count - sources)) }
      if index < sources {
        sketch.source("p\(index)", to: ["success": targets], work: Does.passOn)
      } else {
        sketch.processor(
          "p\(index)", choices.isTrue(oneIn: 2) ? BatchProcessor.self : ClosureProcessor.self,
          concurrency: 1 + choices.below(3), to: ["success": targets + [.drop]])
      }
    }
    return sketch
  }

  private func expectEnd(_ play: Play) {
    #expect(play.isDrained)
    #expect(Set(play.ended).count == play.ended.count, "a FlowFile ended twice")
    #expect(play.ended.count == play.created)
  }

  @Test("any graph and any sequence of events terminates without loss, duplication or deadlock", arguments: 1...300)
  func randomEvents(_ seed: UInt64) {
    var choices = Choices(seed: seed)
    let topology = FlowTopology(sketch(&choices).graph)
    var play = Play(state: SchedulerState(topology), choices: choices, toCreate: 120)
    play.perform(play.state.start())
    for _ in 0..<20_000 where !play.isDrained {
      if play.running.isEmpty && play.wakes.isEmpty { break }
      if play.running.isEmpty || (!play.wakes.isEmpty && play.choices.isTrue(oneIn: 20)) { play.wake() } else { play.finishOne() }
    }
    #expect(!(play.running.isEmpty && play.wakes.isEmpty && !play.isDrained), "deadlock")
    expectEnd(play)
    #expect(play.toCreate == 0)
  }

  @Test("a stop at any moment terminates and accounts for every FlowFile", arguments: 1...150)
  func stopped(_ seed: UInt64) {
    var choices = Choices(seed: seed)
    let topology = FlowTopology(sketch(&choices).graph)
    let moment = choices.below(200)
    var play = Play(state: SchedulerState(topology), choices: choices, toCreate: 1_000_000)
    play.perform(play.state.start())
    for step in 0..<20_000 where !play.isDrained {
      if step == moment {
        switch seed % 3 {
        case 0: play.perform(play.state.drain())
        case 1: play.perform(play.state.halt())
        default:
          play.perform(play.state.drain())
          play.perform(play.state.abort())
        }
      } else if play.running.isEmpty || (!play.wakes.isEmpty && play.choices.isTrue(oneIn: 20)) {
        play.wake()
      } else {
        play.finishOne()
      }
    }
    expectEnd(play)
  }
}
