import CCurl
import Dispatch
import FlowCore

/// The multi handle with its transfers, sockets and timer. Confined to one queue (`QueueConfined`), which `serve` occupies while there are
/// transfers. libcurl invokes its callbacks on that queue too, while one of its functions runs.
final class CurlMulti {
  private struct Running {
    var transfer: UnsafeMutablePointer<CCurlTransfer>
    var pending: PendingTransfer
  }

  /// libcurl's process-wide initialisation, done once.
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  /// How many times expired timers are served in a row before sockets get a turn.
  private static let roundLimit = 64

  private let maximumTransfers: Int
  private var handle: UnsafeMutableRawPointer?
  private var sockets: SocketPoll
  /// When libcurl wants to be called, in nanoseconds of uptime.
  private var deadline: UInt64?
  private var isClosed = false

  private var running: [UInt64: Running] = [:]
  private var identifiers: [TransferTicket: UInt64] = [:]
  private var lastIdentifier: UInt64 = 0
  /// Queued transfers in order. A cancelled transfer leaves nil behind.
  private var waiting: [PendingTransfer?] = []
  private var firstWaiting = 0

  init(maximumConnections: Int, wakeUp: WakeUp) {
    maximumTransfers = maximumConnections
    sockets = SocketPoll(wakeUp: wakeUp)
  }

  deinit {
    // No transfer is pending here: a sender retains the transport, and so this object.
    release()
  }

  // MARK: Turns

  /// Performs commands and transfers until there are none left. Waits for sockets and timers meanwhile: the queue has no other user.
  func serve(_ inbox: Locked<CurlInbox>) {
    start()
    while true {
      // What ends frees a connection for one that waits.
      repeat {
        admit()
        serveTimer()
      } while collect() > 0
      switch inbox.withLock({ $0.next(isIdle: running.isEmpty && firstWaiting == waiting.count) }) {
      case .perform(let commands): commands.forEach(perform)
      case .wait:
        for ready in sockets.wait(milliseconds: patience()) { act(on: ready.descriptor, events: ready.events) }
        _ = collect()
      case .end: return
      }
    }
  }

  /// Initialises libcurl at the first turn.
  private func start() {
    guard handle == nil, !isClosed, CurlMulti.isReady else { return }
    handle = ccurl_multi_make(
      maximumTransfers, Unmanaged.passUnretained(self).toOpaque(),
      { _, descriptor, what, context, _ in
        if let context { Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().sockets.watch(descriptor, Int32(what)) }
        return 0
      },
      { _, milliseconds, context in
        if let context { Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds) }
        return 0
      })
  }

  private func perform(_ command: CurlInbox.Command) {
    switch command {
    case .send(let pending): send(pending)
    case .cancel(let ticket): cancel(ticket)
    case .close(let continuation):
      close()
      continuation.resume()
    }
  }

  // MARK: Transfers

  private func send(_ pending: PendingTransfer) {
    guard !pending.ticket.isCancelled.withLock({ $0 }) else { return pending.fail(.cancelled(pending.target)) }
    guard handle != nil else {
      return pending.fail(TransportError(.cancelled, "the HTTP client is closed or could not be set up"))
    }
    waiting.append(pending)
  }

  /// Ends a running or queued transfer; does nothing if it has ended.
  private func cancel(_ ticket: TransferTicket) {
    if let identifier = identifiers[ticket], let ended = running[identifier] {
      end(ended, .failure(.cancelled(ended.pending.target)))
    } else if let index = waiting[firstWaiting...].firstIndex(where: { $0?.ticket == ticket }), let ended = waiting[index] {
      waiting[index] = nil
      ended.fail(.cancelled(ended.target))
    }
  }

  /// Ends all transfers; later requests fail.
  private func close() {
    isClosed = true
    endAll { .cancelled($0) }
    release()
  }

  private func admit() {
    while running.count < maximumTransfers, firstWaiting < waiting.count {
      if let next = waiting[firstWaiting] { begin(next) }
      waiting[firstWaiting] = nil
      firstWaiting += 1
    }
    // Drop the served part of the list in bulk, so that the cost per transfer does not depend on the queue's length.
    if firstWaiting > 64, firstWaiting > waiting.count / 2 {
      waiting.removeFirst(firstWaiting)
      firstWaiting = 0
    }
  }

  private func begin(_ pending: PendingTransfer) {
    lastIdentifier += 1
    guard let handle, let transfer = pending.makeTransfer(identifier: lastIdentifier) else {
      return pending.fail(TransportError(.connection, "not enough memory for a request to \(pending.target.place)"))
    }
    if let error = TransportError.ofFiles(transfer, pending.request) {
      ccurl_transfer_free(transfer)
      return pending.fail(error)
    }
    running[lastIdentifier] = Running(transfer: transfer, pending: pending)
    identifiers[pending.ticket] = lastIdentifier
    let code = curl_multi_add_handle(handle, transfer.pointee.easy)
    if code != CURLM_OK, let ended = running[lastIdentifier] { end(ended, .failure(.ofMulti(code, pending.target))) }
  }

  /// Lets libcurl process a socket's events, or expired timeouts.
  private func act(on descriptor: curl_socket_t, events: Int32) {
    guard let handle else { return }
    var runningCount: Int32 = 0
    let code = curl_multi_socket_action(handle, descriptor, events, &runningCount)
    // The multi handle failed (out of memory), so its transfers may never end on their own.
    if code != CURLM_OK { endAll { .ofMulti(code, $0) } }
  }

  /// Delivers the finished transfers; returns their number.
  private func collect() -> Int {
    guard let handle else { return 0 }
    var count = 0
    var result = CURLE_OK
    while let transfer = ccurl_multi_next_finished(handle, &result) {
      defer { ccurl_transfer_free(transfer) }
      guard let ended = running[transfer.pointee.identifier] else { continue }
      forget(ended)
      ended.pending.continuation.resume(with: ended.pending.outcome(of: transfer, result))
      count += 1
    }
    return count
  }

  private func end(_ ended: Running, _ outcome: Result<HTTPResponse, TransportError>) {
    // libcurl requires this order: remove the easy handle from the multi handle, then free it.
    if let handle { curl_multi_remove_handle(handle, ended.transfer.pointee.easy) }
    forget(ended)
    ccurl_transfer_free(ended.transfer)
    ended.pending.continuation.resume(with: outcome)
  }

  private func endAll(_ error: (RequestTarget) -> TransportError) {
    for ended in Array(running.values) { end(ended, .failure(error(ended.pending.target))) }
    for case .some(let pending) in waiting { pending.fail(error(pending.target)) }
    waiting = []
    firstWaiting = 0
  }

  private func forget(_ ended: Running) {
    running[ended.transfer.pointee.identifier] = nil
    identifiers[ended.pending.ticket] = nil
  }

  private func release() {
    // First, because libcurl may still report closed sockets meanwhile.
    if let handle { ccurl_multi_free(handle) }
    handle = nil
    sockets.forgetAll()
    deadline = nil
  }

  // MARK: Timer

  /// Records libcurl's timeout in milliseconds; negative: none.
  private func setTimer(milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds) * 1_000_000
  }

  private func serveTimer() {
    for _ in 0..<CurlMulti.roundLimit {
      guard let due = deadline, due <= DispatchTime.now().uptimeNanoseconds else { return }
      deadline = nil
      act(on: CURL_SOCKET_TIMEOUT, events: 0)
    }
  }

  /// How long to wait for sockets, in milliseconds; nil: no limit. Rounded up, because a timer served too early is served in vain.
  private func patience() -> Int32? {
    guard let deadline else { return nil }
    let now = DispatchTime.now().uptimeNanoseconds
    return deadline <= now ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
  }
}

extension PendingTransfer {
  fileprivate func fail(_ error: TransportError) { continuation.resume(throwing: error) }
}
