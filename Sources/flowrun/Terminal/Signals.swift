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
  /// An element for each number whose source has been installed.
  private let installations: AsyncStream<Void>

  /// Await `installed()` before the work begins that a signal must not cut off.
  init(_ handler: @escaping Handler) {
    sources = QueueConfined(label: "flowrun.signals", [])
    let arrived = arrived
    let queue = sources.queue
    let (installations, installation) = AsyncStream.makeStream(of: Void.self)
    self.installations = installations
    sources.submit { sources in
      for number in Self.numbers {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
          let place = arrived.withLock { arrived in
            arrived.append(number)
            return arrived.count
          }
          handler(number, place)
        }
        // A source is installed some time after it was resumed. A signal that is ignored already, but not yet watched, would be lost.
        source.setRegistrationHandler {
          #if canImport(Darwin)
            signal(number, SIG_IGN)
          #else
            // On Linux libdispatch has taken the signal over by now; to ignore it here would keep it from the source too.
          #endif
          installation.yield()
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

  /// Returns once every signal reaches the handler; until then one ends the process, as if flowrun had not been started. To be called once.
  func installed() async {
    var missing = Self.numbers.count
    for await _ in installations {
      missing -= 1
      if missing == 0 { return }
    }
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
