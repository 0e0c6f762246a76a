import Dispatch
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// SIGINT and SIGTERM while they mean something else than the end of the process.
final class Signals: Sendable {
  /// The handler runs on a queue of its own: the signal's number, and its place among those that came, from 1.
  typealias Handler = @Sendable (_ number: Int32, _ place: Int) -> Void

  private static let numbers = [SIGINT, SIGTERM]
  private let arrived = Locked<[Int32]>([])
  private let sources: QueueConfined<[any DispatchSourceSignal]>

  init(_ handler: @escaping Handler) {
    sources = QueueConfined(label: "flowrun.signals", [])
    let arrived = arrived
    let queue = sources.queue
    sources.submit { sources in
      for number in Self.numbers {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
          let place = arrived.withLock { arrived in
            arrived.append(number)
            return arrived.count
          }
          handler(number, place)
        }
        source.resume()
        sources.append(source)
      }
    }
  }

  /// The first of them, and the later ones.
  convenience init(stop: @escaping @Sendable () -> Void, stopNow: @escaping @Sendable () -> Void) {
    self.init { _, count in if count == 1 { stop() } else { stopNow() } }
  }

  /// The signal that came first; nil: none.
  var first: Int32? { arrived.withLock { $0.first } }

  /// From now on they end the process again.
  func end() {
    sources.submit { sources in
      for source in sources { source.cancel() }
      sources = []
      for number in Self.numbers { signal(number, SIG_DFL) }
    }
  }
}
