import CCurl
import Dispatch

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Watches one of libcurl's sockets for readiness.
///
/// Dispatch forbids closing a descriptor that it watches, but libcurl closes sockets at any time. Each source therefore
/// watches its own duplicate, which its cancel handler closes. Confined to the queue on which it reports.
final class SocketWatch {
  /// The polling interval for a socket that cannot be watched for lack of descriptors.
  private static let blindInterval = DispatchTimeInterval.milliseconds(20)

  private let descriptor: Int32
  private let queue: DispatchQueue
  private let report: @Sendable (Int32) -> Void
  private var wantsRead = false
  private var wantsWrite = false
  private var reading: (any DispatchSourceRead)?
  private var writing: (any DispatchSourceWrite)?

  /// `report` receives `CURL_CSELECT_IN` or `CURL_CSELECT_OUT`; `resume` must be called after it.
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

  /// Starts missing sources.
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

  /// nil if the process is out of descriptors. The socket is then reported as ready periodically, and libcurl checks
  /// it.
  private func duplicate(orReport event: Int32) -> Int32? {
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if duplicate >= 0 { return duplicate }
    queue.asyncAfter(deadline: .now() + SocketWatch.blindInterval) { [report] in report(event) }
    return nil
  }
}
