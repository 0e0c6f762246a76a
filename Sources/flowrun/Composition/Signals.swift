import Dispatch
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// SIGINT and SIGTERM: the first asks the run to stop, the second to stop now. Also sees to it that a broken pipe is an error and no end.
final class Signals: Sendable {
  private struct State {
    var count = 0
    var first: Int32?
  }
  private let state = Locked(State())
  private let sources: QueueConfined<[any DispatchSourceSignal]>

  /// The handlers run on a queue of their own.
  init(stop: @escaping @Sendable () -> Void, stopNow: @escaping @Sendable () -> Void) {
    signal(SIGPIPE, SIG_IGN)
    sources = QueueConfined(label: "flowrun.signals", [])
    let state = state
    let queue = sources.queue
    sources.submit { sources in
      for number in [SIGINT, SIGTERM] {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
          let count = state.withLock { state in
            state.count += 1
            if state.first == nil { state.first = number }
            return state.count
          }
          if count == 1 { stop() } else { stopNow() }
        }
        source.resume()
        sources.append(source)
      }
    }
  }

  /// The signal that came first; nil: none.
  var first: Int32? { state.withLock { $0.first } }
}
