import FlowCore
import Testing

@testable import FlowHTTP

@Suite("Commands reach the transfers' queue, whatever it is doing")
struct CurlInboxTests {
  private static func cancel() -> CurlInbox.Command { .cancel(TransferTicket()) }

  /// The number of commands to perform; nil for any other turn.
  private static func performed(_ turn: CurlInbox.Turn) -> Int? {
    if case .perform(let commands) = turn { commands.count } else { nil }
  }
  private static func isWait(_ turn: CurlInbox.Turn) -> Bool { if case .wait = turn { true } else { false } }
  private static func isEnd(_ turn: CurlInbox.Turn) -> Bool { if case .end = turn { true } else { false } }

  @Test("the first command starts the queue, and those that come before its next turn need nothing")
  func start() {
    var inbox = CurlInbox()
    #expect(inbox.add(Self.cancel()) == .start)
    #expect(inbox.add(Self.cancel()) == .none)
    #expect(Self.performed(inbox.next(isIdle: true)) == 2)
    #expect(inbox.add(Self.cancel()) == .none, "the queue looks here before it waits")
    #expect(Self.performed(inbox.next(isIdle: false)) == 1)
  }

  @Test("a command wakes a waiting queue once")
  func wake() {
    var inbox = CurlInbox()
    _ = inbox.add(Self.cancel())
    _ = inbox.next(isIdle: false)
    #expect(Self.isWait(inbox.next(isIdle: false)))
    #expect(inbox.add(Self.cancel()) == .wake)
    #expect(inbox.add(Self.cancel()) == .none)
    #expect(Self.performed(inbox.next(isIdle: false)) == 2)
  }

  @Test("without transfers and commands the queue ends, and the next command starts it again")
  func end() {
    var inbox = CurlInbox()
    _ = inbox.add(Self.cancel())
    _ = inbox.next(isIdle: true)
    #expect(Self.isEnd(inbox.next(isIdle: true)))
    #expect(inbox.add(Self.cancel()) == .start)
  }
}

@Suite("Sockets are waited for together")
struct SocketPollTests {
  @Test("a signal ends the wait, also one that came before it", arguments: [1, 3])
  func signal(count: Int) {
    let wakeUp = WakeUp()
    let sockets = SocketPoll(wakeUp: wakeUp)
    for _ in 0..<count { wakeUp.signal() }
    #expect(sockets.wait(milliseconds: nil).isEmpty, "without a limit, this returns only because of the signal")
    #expect(sockets.wait(milliseconds: 0).isEmpty)
  }

  @Test("a socket is reported for what was asked, until it is removed")
  func readiness() throws {
    // The pipe of a wake-up is as good a descriptor as any: its end for reading becomes readable.
    let pipe = WakeUp()
    let descriptor = try #require(pipe.descriptor)
    var sockets = SocketPoll(wakeUp: WakeUp())
    sockets.watch(descriptor, 1)
    #expect(sockets.wait(milliseconds: 0).isEmpty)
    pipe.signal()
    #expect(sockets.wait(milliseconds: nil).map(\.descriptor) == [descriptor])
    sockets.watch(descriptor, 4)
    #expect(sockets.wait(milliseconds: 0).isEmpty, "4 is CURL_POLL_REMOVE")
  }
}
