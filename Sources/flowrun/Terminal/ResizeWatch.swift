import Dispatch
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Tells of each change of the terminal's size, until it is ended or released.
final class ResizeWatch: Sendable {
  private let sources: QueueConfined<[any DispatchSourceSignal]>

  /// - Parameter changed: called on a queue of its own. It must not keep this object.
  init(_ changed: @escaping @Sendable () -> Void) {
    sources = QueueConfined(label: "flowrun.resize", [])
    let queue = sources.queue
    sources.submit { sources in
      let source = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: queue)
      source.setEventHandler(handler: changed)
      source.resume()
      sources.append(source)
    }
  }

  func end() {
    sources.submit { sources in
      for source in sources { source.cancel() }
      sources = []
    }
  }
}
