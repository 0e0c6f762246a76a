import FlowBase
import StudyModel

#if DEBUG
  import FlowCore

  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  /// Trouble that a test makes inside the program, which a release build does not know: at the n-th call at a boundary the process kills
  /// itself, gets a signal, or the call fails.
  ///
  /// The variable holds rules, separated by `;`, each of five words: `kill before BOUNDARY PATH N`, `kill after BOUNDARY PATH N` or
  /// `fail ERRNO BOUNDARY PATH N` and `signal NUMBER BOUNDARY PATH N`, which comes before the call. `BOUNDARY` is one of `GuardedFileSystem`'s, `http.send`, one of `StoreBoundary` as `sql.commit` (`before`
  /// only), or `*`; `PATH` is a part of the path or URL, or `*`; `N` counts from 1, `N+` means from then on.
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

      /// Of five words as above; stops the process where they are none, for then a test is wrong.
      init(_ text: Substring) {
        let words = text.split(separator: " ").map(String.init)
        precondition(words.count == 5, "'\(text)' is not a rule of faults")
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

      /// Counts a call; true when this is the one.
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

    /// What befalls a call; its error, if it is to fail.
    private func pass(_ boundary: String, _ path: String, isAfter: Bool) -> Int32? {
      let actions = rules.withLock { rules -> [Action] in
        var met: [Action] = []
        for index in rules.indices where rules[index].matches(boundary, path, isAfter: isAfter) { met.append(rules[index].action) }
        return met
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
        throw ProcessorError(.disk, "injected trouble of the database")
      }
    }

    private struct Transport: HTTPTransport {
      let base: any HTTPTransport
      let faults: FaultInjection

      func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if faults.pass("http.send", request.url, isAfter: false) != nil {
          throw TransportError(.connection, "injected trouble of the network")
        }
        let response = try await base.send(request)
        _ = faults.pass("http.send", request.url, isAfter: true)
        return response
      }
    }
  }
#endif
