import FlowCore
import StudyModel

/// Keeps responses in memory, and gives out objects that a test has written.
final class MemoryRawStorage: RawKeeping, RawReading {
  /// What an object gives out: answers, and what ends them if it is no ordinary end.
  struct Object: Sendable {
    var answers: [KeptAnswer] = []
    /// Thrown instead of the object.
    var damage: ProcessorError?
    /// Thrown after the answers.
    var end: ProcessorError?
  }
  struct State: Sendable {
    var kept: [RawAnswer] = []
    /// How many of them are durable.
    var durableCount = 0
    var failure: ProcessorError?
    var opened: [String] = []
    var openCount = 0
  }

  let isOn: Bool
  let state = Locked(State())
  private let objects: [String: Object]
  private let whenMadeDurable: @Sendable () async throws -> Void

  init(isOn: Bool = true, objects: [String: Object] = [:], whenMadeDurable: @escaping @Sendable () async throws -> Void = {}) {
    self.isOn = isOn
    self.objects = objects
    self.whenMadeDurable = whenMadeDurable
  }

  var kept: [RawAnswer] { state.withLock { $0.kept } }
  var opened: [String] { state.withLock { $0.opened } }
  func fail(_ failure: ProcessorError?) { state.withLock { $0.failure = failure } }

  func prepare() async throws {}
  func close() async throws {}

  func keep(_ answer: RawAnswer) async throws -> String {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      state.kept.append(answer)
      return "object-of-\(answer.participant)"
    }
  }

  func makeDurable() async throws {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      state.durableCount = state.kept.count
    }
    try await whenMadeDurable()
  }

  func listObjects() async throws -> RawListing { RawListing(objects: [], foreign: []) }

  func open(_ object: RawObject) async throws -> any RawObjectReader {
    state.withLock { state in
      state.opened.append(object.key)
      state.openCount += 1
    }
    guard let content = objects[object.key] else { throw ProcessorError(.notFound, "there is no object \(object.key)") }
    if let damage = content.damage {
      state.withLock { $0.openCount -= 1 }
      throw damage
    }
    return Reader(content, sha256: "sha-\(object.key)") { [state] in state.withLock { $0.openCount -= 1 } }
  }

  private final class Reader: RawObjectReader {
    let sha256: String
    private let rest: Locked<[KeptAnswer]>
    private let end: ProcessorError?
    private let whenClosed: @Sendable () -> Void

    init(_ object: Object, sha256: String, whenClosed: @escaping @Sendable () -> Void) {
      self.sha256 = sha256
      rest = Locked(object.answers)
      end = object.end
      self.whenClosed = whenClosed
    }

    func next() async throws -> KeptAnswer? {
      let next = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      if next == nil, let end { throw end }
      return next
    }
    func close() async throws { whenClosed() }
  }
}
