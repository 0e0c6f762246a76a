import CCurl
import Dispatch

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Watches one of libcurl's sockets for readiness.
///
/// Dispatch forbids closing a descriptor that it watches, and libcurl closes when it likes. So each source has a duplicate of its own,
/// closed in the source's cancel handler. Lives on the queue it reports on.
final class SocketWatch {
  /// How often a socket is tried for which there is no descriptor left to watch.
  private static let blindInterval = DispatchTimeInterval.milliseconds(20)

  private let descriptor: Int32
  private let queue: DispatchQueue
  private let report: @Sendable (Int32) -> Void
  private var wantsRead = false
  private var wantsWrite = false
  private var reading: (any DispatchSourceRead)?
  private var writing: (any DispatchSourceWrite)?

  /// `report` takes `CURL_CSELECT_IN` or `CURL_CSELECT_OUT`; after it, `resume` must be called.
  init(_ descriptor: Int32, queue: DispatchQueue, report: @escaping @Sendable (Int32) -> Void) {
    self.descriptor = descriptor
    self.queue = queue
    self.report = report
  }

  func update(read: Bool, write: Bool) {
    wantsRead = read
    wantsWrite = write
    if !read {
      reading?.cancel()
      reading = nil
    }
    if !write {
      writing?.cancel()
      writing = nil
    }
    resume()
  }

  func stop() { update(read: false, write: false) }

  /// Starts what is wanted and not yet watched.
  func resume() {
    if wantsRead, reading == nil, let duplicate = duplicate(orReport: CURL_CSELECT_IN) {
      let source = DispatchSource.makeReadSource(fileDescriptor: duplicate, queue: queue)
      start(source, on: duplicate, reporting: CURL_CSELECT_IN)
      reading = source
    }
    if wantsWrite, writing == nil, let duplicate = duplicate(orReport: CURL_CSELECT_OUT) {
      let source = DispatchSource.makeWriteSource(fileDescriptor: duplicate, queue: queue)
      start(source, on: duplicate, reporting: CURL_CSELECT_OUT)
      writing = source
    }
  }

  private func start(_ source: any DispatchSourceProtocol, on duplicate: Int32, reporting event: Int32) {
    source.setEventHandler { [report] in report(event) }
    source.setCancelHandler { close(duplicate) }
    source.activate()
  }

  /// nil when the process has no descriptor left. The socket is then tried every now and then, as if it were ready: libcurl finds out.
  private func duplicate(orReport event: Int32) -> Int32? {
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if duplicate >= 0 { return duplicate }
    queue.asyncAfter(deadline: .now() + SocketWatch.blindInterval) { [report] in report(event) }
    return nil
  }
}
