import Dispatch

/// libcurl's single timer, on Dispatch.
///
/// libcurl moves it several times per request, mostly to later times, and setting a Dispatch timer is a system call.
/// The Dispatch timer is therefore only set if it would fire too late; if it fires too early, it is set again. Confined
/// to the queue on which it fires.
final class CurlTimer {
  private let source: any DispatchSourceTimer
  /// When libcurl wants to be called, in nanoseconds of uptime.
  private var deadline: UInt64?
  /// When the Dispatch timer fires.
  private var armed: UInt64?

  /// `fire` runs on the queue when a deadline may have passed; it must end with a call of `arm`.
  init(queue: DispatchQueue, fire: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .distantFuture)
    source.setEventHandler(handler: fire)
    source.activate()
  }

  /// Records libcurl's timeout in milliseconds; negative: none.
  func set(milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds) * 1_000_000
  }

  /// Returns whether the deadline has passed, and clears it.
  func takeExpired() -> Bool {
    guard let deadline, deadline <= DispatchTime.now().uptimeNanoseconds else { return false }
    self.deadline = nil
    return true
  }

  /// Ensures that the Dispatch timer fires no later than the deadline.
  func arm() {
    if let armed, armed <= DispatchTime.now().uptimeNanoseconds { self.armed = nil }
    guard let deadline, armed.map({ deadline < $0 }) ?? true else { return }
    armed = deadline
    source.schedule(deadline: DispatchTime(uptimeNanoseconds: deadline), leeway: .milliseconds(1))
  }

  func stop() { source.cancel() }
}
