import FlowBase
import StudyModel

#if DEBUG
  import FlowCore

  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  /// Faults that a test injects into a debug build: at the n-th call at a boundary the process kills itself, receives a
  /// signal, or the call fails.
  ///
  /// The variable holds rules separated by `;`, each of five words: `kill before BOUNDARY PATH N`, `kill after BOUNDARY
  /// PATH N`, `fail ERRNO BOUNDARY PATH N` or `signal NUMBER BOUNDARY PATH N`; failures and signals come before the
  /// call. `BOUNDARY` is one of `GuardedFileSystem`'s, `http.send`, one of `StoreBoundary` such as `sql.commit`
  /// (`before` only), or `*`. `PATH` is part of the path or URL, or `*`. `N` counts from 1; `N+` means every call from
  /// the N-th on.
  final class FaultInjection: Sendable {
    static let variable = "FLOWRUN_INTERFERENCE"

    private enum Action: Equatable {
      case kill(isAfter: Bool)
      case fail(errno: Int32)
      case signal(Int32)
    }
    private struct Rule {
      var action: Action
      var boundary: String
      var path: String
      var call: Int
      var isLasting: Bool
      var count = 0

      /// Parses one rule. Stops the process if it is malformed, because then the test is wrong.
      init(_ text: Substring) {
        let words = text.split(separator: " ").map(String.init)
        precondition(words.count == 5, "'\(text)' is not a fault rule")
        isLasting = words[4].hasSuffix("+")
        guard let call = Int(isLasting ? words[4].dropLast() : words[4][...]) else { preconditionFailure("'\(text)': no count") }
        switch words[0] {
        case "kill": action = .kill(isAfter: words[1] == "after")
        case "signal": action = .signal(Int32(words[1]) ?? SIGTERM)
        default: action = .fail(errno: Int32(words[1]) ?? EIO)
        }
        boundary = words[2]
        path = words[3]
        self.call = call
      }

      /// Counts a call; returns whether the rule applies to it.
      mutating func matches(_ boundary: String, _ path: String, isAfter: Bool) -> Bool {
        guard isAfter == (action == .kill(isAfter: true)), self.boundary == "*" || self.boundary == boundary,
          self.path == "*" || path.contains(self.path)
        else { return false }
        count += 1
        return isLasting ? count >= call : count == call
      }
    }

    private let rules: Locked<[Rule]>

    init(_ rules: String) { self.rules = Locked(rules.split(separator: ";").map(Rule.init)) }

    /// Applies the faults injected at a call. Returns the errno to fail with, if any.
    private func pass(_ boundary: String, _ path: String, isAfter: Bool) -> Int32? {
      let actions = rules.withLock { rules -> [Action] in
        var matched: [Action] = []
        for index in rules.indices where rules[index].matches(boundary, path, isAfter: isAfter) { matched.append(rules[index].action) }
        return matched
      }
      var failure: Int32?
      for action in actions {
        switch action {
        case .kill: kill(getpid(), SIGKILL)
        case .signal(let number): kill(getpid(), number)
        case .fail(let number): failure = failure ?? number
        }
      }
      return failure
    }

    func install(in boundaries: inout Boundaries) {
      boundaries.fileSystem = GuardedFileSystem(boundaries.fileSystem) { [self] boundary, path in
        guard let number = pass(boundary, path, isAfter: false) else { return }
        throw FileSystemError(operation: boundary, path: path, errno: number, reason: String(cString: strerror(number)))
      } after: { [self] boundary, path in
        _ = pass(boundary, path, isAfter: true)
      }
      boundaries.transport = Transport(base: boundaries.transport, faults: self)
      boundaries.faultPoint = { [self] boundary in
        guard pass("sql.\(boundary.rawValue)", "", isAfter: false) != nil else { return }
        throw ProcessorError(.disk, "injected database fault")
      }
    }

    private struct Transport: HTTPTransport {
      let base: any HTTPTransport
      let faults: FaultInjection

      func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if faults.pass("http.send", request.url, isAfter: false) != nil {
          throw TransportError(.connection, "injected network fault")
        }
        let response = try await base.send(request)
        _ = faults.pass("http.send", request.url, isAfter: true)
        return response
      }
    }
  }
#endif
