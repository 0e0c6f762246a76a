import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import StudyWeb

@Suite("Pages that are made once for many readers")
struct KeptPageTests {
  private static let basis = PageAge.Basis(sharp: ["file 1"], soft: ["database 1"])
  private static let address = KeptPages.Address(flow: "fitbit", uri: "/", hasSession: false)

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var age = Duration.milliseconds(10)
    var cost = Duration.milliseconds(20)
    var basis = KeptPageTests.basis
    var run = false
    var isUsable: Bool
  }

  static let cases = [
    Case(testDescription: "nothing has changed", age: .seconds(59), isUsable: true),
    Case(testDescription: "it is too old", age: .seconds(60), isUsable: false),
    Case(testDescription: "the file has changed", basis: .init(sharp: ["file 2"], soft: ["database 1"]), isUsable: false),
    Case(testDescription: "the file has changed in a run", basis: .init(sharp: ["file 2"], soft: ["database 1"]), run: true, isUsable: false),
    Case(testDescription: "the database has changed", basis: .init(sharp: ["file 1"], soft: ["database 2"]), isUsable: false),
    Case(testDescription: "the database has just changed in a run", age: .milliseconds(2_999), basis: .init(sharp: ["file 1"], soft: ["database 2"]), run: true, isUsable: true),
    Case(testDescription: "the database has changed in a run", age: .seconds(3), basis: .init(sharp: ["file 1"], soft: ["database 2"]), run: true, isUsable: false),
    Case(
      testDescription: "the database has changed in a run, and the page costs a second", age: .seconds(19), cost: .seconds(1),
      basis: .init(sharp: ["file 1"], soft: ["database 2"]), run: true, isUsable: true),
    Case(testDescription: "nobody knows whether the database has changed", basis: .init(sharp: ["file 1"], soft: nil), isUsable: false),
    Case(testDescription: "nobody knows whether the database has changed in a run", basis: .init(sharp: ["file 1"], soft: nil), run: true, isUsable: true),
  ]

  @Test("a page is used as long as nothing that it shows has changed, in a run for some seconds longer", arguments: cases)
  func age(_ example: Case) {
    let age = PageAge(basis: Self.basis, at: .seconds(100), cost: example.cost)
    #expect(age.isUsable(example.basis, now: .seconds(100) + example.age, isRunUnderWay: example.run) == example.isUsable)
  }

  @Test("what was not used for longest makes room")
  func shelf() {
    var shelf = PageShelf<String, Int>(limitBytes: 10)
    shelf.keep(1, at: "a", bytes: 4)
    shelf.keep(2, at: "b", bytes: 4)
    #expect(shelf["a"] == 1)
    shelf.keep(3, at: "c", bytes: 4)
    #expect(shelf["a"] == 1 && shelf["b"] == nil && shelf["c"] == 3 && shelf.bytes == 8)
    shelf.keep(4, at: "a", bytes: 6)
    #expect(shelf["a"] == 4 && shelf.bytes == 10)
    shelf.keep(5, at: "d", bytes: 11)
    #expect(shelf["d"] == nil && shelf.bytes == 10)
    shelf.remove("a")
    #expect(shelf["a"] == nil && shelf.bytes == 4)
  }

  @Test("an unchanged page is made once, also for readers who come while it is made, and a changed one again")
  func count() async throws {
    let pages = KeptPages(on: .here()), made = Locked(0)
    @Sendable func page(_ basis: PageAge.Basis = Self.basis) async throws -> KeptPage {
      try await pages.page(Self.address, basis, isRunUnderWay: false) {
        made.withLock { made in
          made += 1
          return "page \(made)"
        }
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try await page() } }
      try await group.waitForAll()
    }
    #expect(made.withLock { $0 } == 1)
    _ = try await page(.init(sharp: ["file 2"], soft: ["database 1"]))
    #expect(made.withLock { $0 } == 2)
  }

  @Test("a page that could not be made is not kept")
  func failed() async throws {
    struct Broken: Error {}
    let pages = KeptPages(on: .here())
    await #expect(throws: Broken.self) { _ = try await pages.page(Self.address, Self.basis, isRunUnderWay: false) { throw Broken() } }
    let page = try await pages.page(Self.address, Self.basis, isRunUnderWay: false) { "whole" }
    #expect(page.bytes == 5)
  }

  @Test("who finds no turn is shown the earlier page, unless something has changed that is seen at once")
  func noTurn() async throws {
    let pages = KeptPages(on: .here()), refusal = WebProblem(.serviceUnavailable, "too many")
    _ = try await pages.page(Self.address, Self.basis, isRunUnderWay: false) { "earlier" }
    let page = try await pages.page(Self.address, .init(sharp: ["file 1"], soft: ["database 2"]), isRunUnderWay: false) { throw refusal }
    #expect(page.bytes == "earlier".utf8.count)
    await #expect(throws: refusal) { _ = try await pages.page(Self.address, .init(sharp: ["file 2"], soft: ["database 1"]), isRunUnderWay: false) { throw refusal } }
  }

  // MARK: Over HTTP

  private static let browser = ["Accept": "text/html"]

  @Test("a reader who has the page is told so, and who has another one gets it", arguments: ["/", "/participants/P0001", "/errors"])
  func tag(path: String) async throws {
    try await ServerUnderTest.run { server in
      let first = try await server.ask(path, headers: Self.browser), tag = try #require(first.headers["etag"])
      #expect(first.headers["cache-control"] == "private, no-cache")
      let again = try await server.ask(path, headers: Self.browser.merging(["If-None-Match": tag]) { $1 })
      #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
      let other = try await server.ask(path, headers: Self.browser.merging(["If-None-Match": "\"other\""]) { $1 })
      #expect(other.status == 200 && other.body == first.body)
    }
  }

  @Test("what one reader is shown is never another's", arguments: ["/", "/errors", "/participants/P0001"])
  func sessions(path: String) async throws {
    try await ServerUnderTest.run { server in
      func page(_ cookie: String?) async throws -> TestAnswer {
        try await server.ask(path, headers: Self.browser.merging(cookie.map { ["Cookie": $0] } ?? [:]) { $1 })
      }
      func tokens(_ answer: TestAnswer) -> Set<String> { Set(answer.text.matches(of: #/name="csrf_token" value="([^"]*)"/#).map { String($0.1) }) }
      let one = try await server.signIn(), two = try await server.signIn()
      let first = try await page(one), second = try await page(two), stranger = try await page(nil), again = try await page(one)
      #expect(tokens(first).count == 1 && tokens(second).count == 1 && tokens(first).isDisjoint(with: tokens(second)))
      #expect(tokens(stranger).isEmpty && stranger.text.contains("/sign-in?next="))
      #expect(again.body == first.body && !first.text.contains("/sign-in?next="))
      // Their tags differ, so that nobody is told to use the page of an earlier session.
      #expect(Set([first, second, stranger].map { $0.headers["etag"] }).count == 3)
      #expect(first.headers["cache-control"] == "no-store")
      // The token works, so it is the session's.
      let out = try await server.ask(
        "/sign-out", method: "POST", headers: Self.browser.merging(["Cookie": one]) { $1 }, body: "csrf_token=\(tokens(first).first ?? "")", json: false)
      #expect(out.status == 303)
    }
  }

  @Test("a changed participant file is seen at once, on the page and in the API, also while a run is under way", arguments: [false, true])
  func participant(isRunUnderWay: Bool) async throws {
    let batch = try await CollectedBatch(), disk = POSIXFileSystem()
    let file = batch.folder.path("participants/P0004.json"), before = try disk.read(file)
    try await ServerUnderTest.run(serves: [batch.served]) { server in
      if isRunUnderWay { server.desk.show("live-1", [.example(run: "live-1")]) }
      let state = #/<dt>Collection</dt>\s*<dd>([^<]*)</#
      let first = try await server.ask("/participants/P0004", headers: Self.browser)
      #expect(first.text.firstMatch(of: state).map { String($0.1) } == "active", "\(first.text.prefix(4000))")
      let text = String(decoding: before, as: UTF8.self)
      let paused = text.hasPrefix("{") ? "{\"state\": \"paused\"," + text.dropFirst() : text
      try disk.replaceDurably(file, with: Array(paused.utf8), temporary: file + ".new")
      let second = try await server.ask("/participants/P0004", headers: Self.browser)
      #expect(second.text.firstMatch(of: state).map { String($0.1) } == "paused", "\(second.text.prefix(4000))")
      #expect(try await server.ask("/api/v1/participants/P0004").object["state"] as? String == "paused")
    }
  }
}
