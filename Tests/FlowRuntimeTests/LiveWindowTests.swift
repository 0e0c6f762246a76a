import FlowCore
import Testing

@testable import FlowRuntime

@Suite("The window of a rate")
struct LiveWindowTests {
  @Test("begins five seconds ago, whatever the distance of the updates, and at the first one before that")
  func window() {
    var window = LiveWindow()
    #expect(window.present == nil && window.before == nil)
    var begins: [Double?] = []
    for elapsed in [0, 1, 2.5, 4, 5, 6, 6.5, 20, 21] {
      window.take(LiveUpdate(run: "r", flow: "f", time: "", elapsed: elapsed, participants: .init(done: 0, total: 0), flowfiles: .init(), processors: [], queues: []))
      #expect(window.present?.elapsed == elapsed)
      begins.append(window.before?.elapsed)
    }
    #expect(begins == [nil, 0, 0, 0, 0, 1, 1, 6.5, 6.5])
  }
}
