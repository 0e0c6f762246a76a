import Dispatch

/// The one timer that libcurl asks for, on Dispatch.
///
/// libcurl moves it several times a request, mostly to later. Setting a Dispatch timer is a system call: so it is set only when it would
/// fire too late, and one that fires too early is set again. Lives on the queue it fires on.
final class CurlTimer {
  private let source: any DispatchSourceTimer
  /// When libcurl wants to be called; uptime in nanoseconds.
  private var deadline: UInt64?
  /// When the Dispatch timer will fire.
  private var armed: UInt64?

  /// `fire` runs on the queue when something may have expired; it must end with `arm`.
  init(queue: DispatchQueue, fire: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .distantFuture)
    source.setEventHandler(handler: fire)
    source.activate()
  }

  /// Takes libcurl's wish: call me after so many milliseconds; negative: not at all.
  func set(milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds) * 1_000_000
  }

  /// True if the deadline has passed; it is then done with.
  func takeExpired() -> Bool {
    guard let deadline, deadline <= DispatchTime.now().uptimeNanoseconds else { return false }
    self.deadline = nil
    return true
  }

  /// Sees to it that the Dispatch timer fires no later than the deadline.
  func arm() {
    if let armed, armed <= DispatchTime.now().uptimeNanoseconds { self.armed = nil }
    guard let deadline, armed.map({ deadline < $0 }) ?? true else { return }
    armed = deadline
    source.schedule(deadline: DispatchTime(uptimeNanoseconds: deadline), leeway: .milliseconds(1))
  }

  func stop() { source.cancel() }
}
