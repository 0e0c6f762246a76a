import CCurl

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The sockets that libcurl wants watched, and the wait for any of them or for a wake-up.
struct SocketPoll {
  /// How long one wait may take if the process has no descriptor left for wake-ups, in milliseconds.
  private static let blindLimit: Int32 = 20

  private let wakeUp: WakeUp
  private var sockets: [pollfd] = []

  init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

  /// - Parameter what: libcurl's `CURL_POLL_…`.
  mutating func watch(_ descriptor: curl_socket_t, _ what: Int32) {
    let index = sockets.firstIndex { $0.fd == descriptor }
    guard what != CURL_POLL_REMOVE else {
      if let index { sockets.remove(at: index) }
      return
    }
    let events = Int16((what & CURL_POLL_IN != 0 ? POLLIN : 0) | (what & CURL_POLL_OUT != 0 ? POLLOUT : 0))
    if let index { sockets[index].events = events } else { sockets.append(pollfd(fd: descriptor, events: events, revents: 0)) }
  }

  mutating func forgetAll() { sockets = [] }

  /// Waits until a socket is ready, the time has passed or `WakeUp.signal` is called. Returns the ready sockets with libcurl's `CURL_CSELECT_…`.
  /// - Parameter milliseconds: nil: no limit.
  func wait(milliseconds: Int32?) -> [(descriptor: curl_socket_t, events: Int32)] {
    var polled = sockets
    if let descriptor = wakeUp.descriptor { polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
    let limit = wakeUp.descriptor == nil ? min(milliseconds ?? Self.blindLimit, Self.blindLimit) : milliseconds ?? -1
    // An interrupted wait (EINTR) is one that found nothing: the caller waits again.
    guard poll(&polled, nfds_t(polled.count), limit) > 0 else { return [] }
    if polled.count > sockets.count, polled[sockets.count].revents != 0 { wakeUp.clear() }
    return polled.prefix(sockets.count).compactMap { socket in
      // libcurl learns of a hang-up or an error from the operation that it tries next.
      let troubled = Int32(socket.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
      var events: Int32 = 0
      if Int32(socket.revents) & POLLIN != 0 || troubled { events |= CURL_CSELECT_IN }
      if Int32(socket.revents) & POLLOUT != 0 || troubled && Int32(socket.events) & POLLOUT != 0 { events |= CURL_CSELECT_OUT }
      return events == 0 ? nil : (socket.fd, events)
    }
  }
}

/// Ends a wait of `SocketPoll` from another thread, through a pipe.
final class WakeUp: Sendable {
  /// Becomes readable by `signal`; nil if the process had no descriptors left.
  let descriptor: Int32?
  private let signalling: Int32?

  init() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      descriptor = nil
      signalling = nil
      return
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = ends[0]
    signalling = ends[1]
  }

  deinit {
    for end in [descriptor, signalling] { if let end { _ = close(end) } }
  }

  /// Does not block: if the pipe is full, the waiter is being woken already.
  func signal() {
    guard let signalling else { return }
    var byte: UInt8 = 0
    _ = write(signalling, &byte, 1)
  }

  func clear() {
    guard let descriptor else { return }
    var bytes: UInt64 = 0
    while read(descriptor, &bytes, 8) == 8 {}
  }
}
