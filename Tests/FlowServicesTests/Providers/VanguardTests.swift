import FlowCore
import Testing

@testable import FlowServices

@Suite("Few requests go first")
struct VanguardTests {
  private let stop = StopRun(.unavailable, .clientRefused, "refused")

  /// Four are under way, the rest waits.
  private func full() -> Vanguard<Int> {
    var vanguard = Vanguard<Int>()
    for waiter in 0..<4 { #expect(vanguard.enter(waiter) == .go) }
    for waiter in 4..<7 { #expect(vanguard.enter(waiter) == .wait) }
    return vanguard
  }

  @Test("as soon as one is answered, all may go")
  func answered() {
    var vanguard = full()
    let left = vanguard.leave(.answered)
    #expect(left.resumed == [4, 5, 6])
    #expect(left.refusal == nil)
    #expect(vanguard.enter(7) == .go)
    // What a slower one learns afterwards holds nobody back: whoever asked tells of it.
    #expect(vanguard.leave(.refused(stop)).resumed == [])
    #expect(vanguard.enter(8) == .go)
  }

  @Test("a refusal of the whole client ends the waiting and lets nobody else go")
  func refused() {
    var vanguard = full()
    let left = vanguard.leave(.refused(stop))
    #expect(left.resumed == [4, 5, 6])
    #expect(left.refusal == stop)
    #expect(vanguard.enter(7) == .refused(stop))
    #expect(vanguard.leave(.lost).resumed == [])
  }

  @Test("one that is lost makes room for the next one, and for no more")
  func lost() {
    var vanguard = full()
    #expect(vanguard.leave(.lost).resumed == [4])
    #expect(vanguard.enter(7) == .wait)
    for next in [5, 6, 7] { #expect(vanguard.leave(.lost).resumed == [next]) }
    for _ in 0..<4 { #expect(vanguard.leave(.lost).resumed == []) }
    #expect(vanguard.enter(8) == .go)
  }
}
