import FlowCore
import FlowCrypto
import FlowRuntime
import HTTPTypes
import Hummingbird
import NIOCore

/// Pages as they were made, for the next readers of the same address.
///
/// A page of a session carries the session's CSRF token. It is made with a stand-in, and each reader's own token is put in its place, so that no page
/// that is kept holds anybody's. May be used from any task.
final class KeptPages: Sendable {
  /// Two readers with the same one are shown the same page, but for the CSRF token.
  struct Address: Hashable, Sendable {
    var flow: String
    /// Path and query.
    var uri: String
    var hasSession: Bool
  }

  typealias Turn = @Sendable (_ body: @Sendable () async throws -> Void) async throws -> Void

  private struct State {
    var shelf = PageShelf<Address, Kept>(limitBytes: 48 << 20)
    var underWay: [Address: (basis: PageAge.Basis, number: Int, task: Task<Kept, any Error>)] = [:]
    var count = 0
  }
  private struct Kept {
    var page: KeptPage
    var age: PageAge
  }

  /// In place of the CSRF token. Nobody can know it, so that no text of a page is taken for it.
  let standIn: String
  private let time: any TimeSource
  private let state = Locked(State())

  init(on machine: Machine) {
    time = machine.time
    standIn = Hexadecimal.text(machine.random.next(), width: 16) + Hexadecimal.text(machine.random.next(), width: 16)
  }

  /// The page that was made for an earlier reader, or else a new one, made once for all who ask meanwhile.
  /// - Parameters:
  ///   - turn: runs its body when it is the reader's turn.
  ///   - make: the page as HTML, with `standIn` as CSRF token if the address has a session.
  /// - Throws: what `make` throws. An earlier page is used once more if there is no turn for a new one now (503) and only soft changes are missing.
  func page(
    _ address: Address, _ basis: PageAge.Basis, isRunUnderWay: Bool, turn: @escaping Turn = { try await $0() },
    _ make: @escaping @Sendable () async throws -> String
  ) async throws -> KeptPage {
    let now = time.monotonic, kept = state.withLock { $0.shelf[address] }
    if let kept, kept.age.isUsable(basis, now: now, isRunUnderWay: isRunUnderWay) { return kept.page }
    let (task, number) = state.withLock { state in
      // While a run is under way there always is something newer.
      if let other = state.underWay[address], other.basis.sharp == basis.sharp, isRunUnderWay || other.basis.soft == basis.soft { return (other.task, nil as Int?) }
      state.count += 1
      let task = Task { [self] in try await newPage(address, basis, turn, make) }
      state.underWay[address] = (basis, state.count, task)
      return (task, state.count)
    }
    let result = await task.result
    guard let number else { return try Self.page(result, or: kept, basis) }
    state.withLock { state in
      if state.underWay[address]?.number == number { state.underWay[address] = nil }
      switch result {
      case .success(let new): state.shelf.keep(new, at: address, bytes: new.page.bytes)
      case .failure: break
      }
    }
    return try Self.page(result, or: kept, basis)
  }

  /// What the page costs is counted from the beginning of its turn.
  private func newPage(_ address: Address, _ basis: PageAge.Basis, _ turn: Turn, _ make: @escaping @Sendable () async throws -> String) async throws -> Kept {
    let time = time, timed = Locked<(html: String, at: Duration, cost: Duration)?>(nil)
    try await turn {
      let begin = time.monotonic, html = try await make()
      timed.withLock { $0 = (html, begin, time.monotonic - begin) }
    }
    guard let made = timed.withLock({ $0 }) else { preconditionFailure("a turn runs its body or throws") }
    return Kept(
      page: KeptPage(html: made.html, standIn: address.hasSession ? standIn : nil), age: PageAge(basis: basis, at: made.at, cost: made.cost))
  }

  private static func page(_ result: Result<Kept, any Error>, or kept: Kept?, _ basis: PageAge.Basis) throws -> KeptPage {
    do {
      return try result.get().page
    } catch let problem as WebProblem where problem.status == .serviceUnavailable {
      guard let kept, kept.age.basis.sharp == basis.sharp else { throw problem }
      return kept.page
    }
  }
}

/// A page without the CSRF token of its reader.
struct KeptPage: Sendable {
  /// What stands between the places of the token.
  private let parts: [ByteBuffer]
  private let digest: String

  /// - Parameter standIn: what stands in the places of the token; nil if there are none.
  init(html: String, standIn: String?) {
    var parts: [ByteBuffer] = [], rest = html.utf8[...]
    while let standIn, let place = rest.firstRange(of: standIn.utf8) {
      parts.append(ByteBuffer(bytes: rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    self.parts = parts + [ByteBuffer(bytes: rest)]
    digest = Hexadecimal.text(SHA256.digest(of: html.utf8).prefix(16))
  }

  var bytes: Int { parts.reduce(0) { $0 + $1.readableBytes } }

  /// The answer to one reader. Who has the page already is told so (304).
  /// - Parameter token: the CSRF token of the reader's session; nil without one.
  func answer(to request: Request, isSignedIn: Bool, token: String?) -> Response {
    let session = token.map { "-" + Hexadecimal.text(SHA256.digest(of: $0.utf8).prefix(8)) }
    let tag = "\"\(digest)\(session ?? "")\""
    // Whoever has signed in may do so on a machine that others use, too: nothing stays there.
    let keeping = isSignedIn ? "no-store" : "private, no-cache"
    var headers: HTTPFields = [.eTag: tag, .cacheControl: keeping]
    if request.knows(tag) { return Response(status: .notModified, headers: headers) }
    headers[.contentType] = "text/html; charset=utf-8"
    guard parts.count > 1, let token else { return Response(status: .ok, headers: headers, body: .inPieces(parts[0])) }
    var whole = ByteBuffer()
    whole.reserveCapacity(bytes + parts.count * token.utf8.count)
    for (index, part) in parts.enumerated() {
      if index > 0 { whole.writeString(token) }
      whole.writeImmutableBuffer(part)
    }
    return Response(status: .ok, headers: headers, body: .inPieces(whole))
  }
}

extension Request {
  /// Whether the client has the answer with this tag.
  func knows(_ tag: String) -> Bool {
    let known = (headers[.ifNoneMatch] ?? "").split(separator: ",").map { entry in String(entry.filter { $0 != " " }) }
    return known.contains { entry in ["*", tag, "W/\(tag)"].contains(entry) }
  }
}
