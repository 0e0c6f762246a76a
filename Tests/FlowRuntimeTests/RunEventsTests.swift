import FlowCore
import FlowEngine
import FlowRuntime
import StudyModel
import Testing

@Suite("The events of a run")
struct RunEventsTests {
  private func note(_ text: String) -> RunEvent { .log(message: text, metadata: [:]) }

  private func texts(_ deliveries: AsyncStream<RunEvents.Delivery>) async -> [String] {
    var texts: [String] = []
    for await delivery in deliveries {
      guard case .log(let message, _) = delivery.event else { continue }
      texts.append(delivery.lost == 0 ? message : "\(message) after \(delivery.lost) lost")
    }
    return texts
  }

  @Test("every listener receives the wanted events, in order, until the run ends")
  func order() async {
    let events = RunEvents()
    let all = events.listen()
    let some = events.listen { if case .log("b", _) = $0 { true } else { false } }
    for text in ["a", "b", "c"] { events.post(note(text)) }
    events.finish()
    #expect(await texts(all) == ["a", "b", "c"])
    #expect(await texts(some) == ["b"])
  }

  @Test("a slow listener loses events and learns how many; the run is not slowed down")
  func slow() async {
    let events = RunEvents()
    let slow = events.listen(buffer: 2)
    var iterator = slow.makeAsyncIterator()
    for number in 1...5 { events.post(note("\(number)")) }
    #expect(await iterator.next()?.lost == 0)
    events.post(note("6"))
    events.finish()
    var left: [Int] = []
    while let delivery = await iterator.next() { left.append(delivery.lost) }
    #expect(left == [0, 3], "2 waited, 3 to 5 were lost, 6 came")
  }

  @Test("a late listener receives what follows, and after the end nothing")
  func late() async {
    let events = RunEvents()
    events.post(note("before"))
    let late = events.listen()
    events.post(note("after"))
    events.finish()
    #expect(await texts(late) == ["after"])
    #expect(await texts(events.listen()) == [])
  }

  @Test("a listener receives the kinds that it subscribed to, and no other", arguments: RunEvent.Kind.allCases)
  func kinds(_ kind: RunEvent.Kind) async {
    let events = RunEvents()
    let heard = events.listen(to: [kind])
    let all: [RunEvent] = [
      note("a"), .flowFiles([]), .bulletins([]), .participant("P1", .complete),
      .errorEntry(participant: nil, processor: "p", failure: FlowFileFailure(cause: .badData, message: "")),
    ]
    #expect(Set(all.map(\.kind)) == Set(RunEvent.Kind.allCases))
    #expect(events.isWanted(kind) && RunEvent.Kind.allCases.count { events.isWanted($0) } == 1)
    for event in all { events.post(event) }
    events.finish()
    var kinds: [RunEvent.Kind] = []
    for await delivery in heard { kinds.append(delivery.event.kind) }
    #expect(kinds == [kind])
  }

  @Test("a listener that stops is removed")
  func gone() async {
    let events = RunEvents()
    let task = Task { [listening = events.listen()] in
      for await _ in listening { return }
    }
    events.post(note("a"))
    await task.value
    for _ in 0..<2000 { events.post(note("b")) }
    events.finish()
  }
}
