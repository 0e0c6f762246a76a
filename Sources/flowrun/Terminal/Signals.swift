import Dispatch
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Handles SIGINT, SIGTERM and SIGHUP instead of letting them end the process. SIGHUP, the end of a terminal, stays ignored where it was when the process
/// began, as under nohup.
final class Signals: Sendable {
  /// Called on its own queue with the signal's number and its position among the signals received, from 1.
  typealias Handler = @Sendable (_ number: Int32, _ place: Int) -> Void

  private let numbers = [SIGINT, SIGTERM] + (Signals.isIgnored(SIGHUP) ? [] : [SIGHUP])
  private let arrived = Locked<[Int32]>([])
  private let sources: QueueConfined<[any DispatchSourceSignal]>
  /// Yields once for each signal whose source has been installed.
  private let installations: AsyncStream<Void>

  /// Await `installed()` before starting work that a signal must not cut off.
  init(_ handler: @escaping Handler) {
    sources = QueueConfined(label: "flowrun.signals", [])
    let arrived = arrived
    let queue = sources.queue, numbers = numbers
    let (installations, installation) = AsyncStream.makeStream(of: Void.self)
    self.installations = installations
    sources.submit { sources in
      for number in numbers {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
          let place = arrived.withLock { arrived in
            arrived.append(number)
            return arrived.count
          }
          handler(number, place)
        }
        // A source is installed asynchronously after `resume`. Ignoring the signal earlier would lose signals that
        // arrive before.
        source.setRegistrationHandler {
          #if canImport(Darwin)
            signal(number, SIG_IGN)
          #else
            // On Linux libdispatch has installed its own handler by now; ignoring the signal would disable the source
            // too.
          #endif
          installation.yield()
        }
        source.resume()
        sources.append(source)
      }
    }
  }

  /// Calls `stop` for the first signal and `stopNow` for later ones.
  convenience init(stop: @escaping @Sendable () -> Void, stopNow: @escaping @Sendable () -> Void) {
    self.init { _, count in if count == 1 { stop() } else { stopNow() } }
  }

  /// Returns once every signal reaches the handler. Before that, a signal ends the process as usual. Call once.
  func installed() async {
    var missing = numbers.count
    for await _ in installations {
      missing -= 1
      if missing == 0 { return }
    }
  }

  /// The first signal received; nil if there was none.
  var first: Int32? { arrived.withLock { $0.first } }

  /// What nohup has ignored stays ignored.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Restores the default action: signals end the process again.
  func end() {
    sources.submit { [numbers] sources in
      for source in sources { source.cancel() }
      sources = []
      for number in numbers { signal(number, SIG_DFL) }
    }
  }
}
