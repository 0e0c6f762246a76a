import CCurl
import Dispatch
import FlowCore

/// The multi handle with its sockets and timer. Confined to one queue (`QueueConfined`). libcurl invokes its callbacks
/// on that queue too, while one of its functions runs.
final class CurlMulti {
  private struct Running {
    var transfer: UnsafeMutablePointer<CCurlTransfer>
    var pending: PendingTransfer
  }

  /// libcurl's process-wide initialisation, done once.
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  /// How many times expired timers are served in a row before other events of the queue get a turn.
  private static let roundLimit = 64

  private let maximumTransfers: Int
  private var handle: UnsafeMutableRawPointer?
  private weak var confinement: QueueConfined<CurlMulti>?
  private var watches: [curl_socket_t: SocketWatch] = [:]
  private var timer: CurlTimer?

  private var running: [UInt64: Running] = [:]
  private var identifiers: [TransferTicket: UInt64] = [:]
  private var lastIdentifier: UInt64 = 0
  /// Queued transfers in order. A cancelled transfer leaves nil behind.
  private var waiting: [PendingTransfer?] = []
  private var firstWaiting = 0

  init(maximumConnections: Int) {
    maximumTransfers = maximumConnections
  }

  deinit {
    // No transfer is pending here: a sender retains the transport, and so this object.
    release()
  }

  /// Initialises libcurl. Must be the first call on the queue.
  func start(in confinement: QueueConfined<CurlMulti>) {
    self.confinement = confinement
    guard CurlMulti.isReady else { return }
    timer = CurlTimer(queue: confinement.queue) { [weak confinement] in confinement?.onQueue { $0.settle() } }
    let context = Unmanaged.passUnretained(self).toOpaque()
    handle = ccurl_multi_make(
      maximumTransfers, context,
      { _, descriptor, what, context, assigned in
        guard let context else { return 0 }
        Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
          .watch(descriptor, Int32(what), isNew: assigned == nil)
        return 0
      },
      { _, milliseconds, context in
        guard let context else { return 0 }
        Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().timer?.set(milliseconds: milliseconds)
        return 0
      })
  }

  // MARK: Transfers

  func send(_ pending: PendingTransfer) {
    guard !pending.ticket.isCancelled.withLock({ $0 }) else { return pending.fail(.cancelled(pending.target)) }
    guard handle != nil else {
      return pending.fail(TransportError(.cancelled, "the HTTP client is closed or could not be set up"))
    }
    waiting.append(pending)
    settle()
  }

  /// Ends a running or queued transfer; does nothing if it has ended.
  func cancel(_ ticket: TransferTicket) {
    if let identifier = identifiers[ticket], let ended = running[identifier] {
      end(ended, .failure(.cancelled(ended.pending.target)))
    } else if let index = waiting[firstWaiting...].firstIndex(where: { $0?.ticket == ticket }), let ended = waiting[index] {
      waiting[index] = nil
      ended.fail(.cancelled(ended.target))
    }
    settle()
  }

  /// Ends all transfers; later requests fail.
  func close() {
    endAll { .cancelled($0) }
    release()
  }

  /// Starts queued transfers, delivers finished ones and serves expired timers; then arms the timer.
  private func settle() {
    for _ in 0..<CurlMulti.roundLimit {
      admit()
      guard let timer, timer.takeExpired() else { break }
      act(on: CURL_SOCKET_TIMEOUT, events: 0)
      collect()
    }
    timer?.arm()
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

  private func collect() {
    guard let handle else { return }
    var result = CURLE_OK
    while let transfer = ccurl_multi_next_finished(handle, &result) {
      defer { ccurl_transfer_free(transfer) }
      guard let ended = running[transfer.pointee.identifier] else { continue }
      forget(ended)
      ended.pending.continuation.resume(with: ended.pending.outcome(of: transfer, result))
    }
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
    // First, because libcurl may still report closed sockets through `watch` meanwhile.
    if let handle { ccurl_multi_free(handle) }
    handle = nil
    watches.values.forEach { $0.stop() }
    watches = [:]
    timer?.stop()
    timer = nil
  }

  // MARK: Sockets

  /// libcurl's request to watch a socket. `isNew` distinguishes a newly used descriptor from a known one: a socket that
  /// was closed without notice leaves a watch on a descriptor number that the system then reuses.
  private func watch(_ descriptor: curl_socket_t, _ what: Int32, isNew: Bool) {
    if isNew || what == CURL_POLL_REMOVE { watches.removeValue(forKey: descriptor)?.stop() }
    guard what != CURL_POLL_REMOVE, let handle, let confinement else { return }
    let watch =
      watches[descriptor]
      ?? SocketWatch(descriptor, queue: confinement.queue) { [weak confinement] events in
        confinement?.onQueue { $0.socketIsReady(descriptor, events) }
      }
    watches[descriptor] = watch
    if isNew { curl_multi_assign(handle, descriptor, handle) }  // Any pointer but NULL marks it as known.
    watch.update(read: what & CURL_POLL_IN != 0, write: what & CURL_POLL_OUT != 0)
  }

  private func socketIsReady(_ descriptor: curl_socket_t, _ events: Int32) {
    act(on: descriptor, events: events)
    collect()
    settle()
    watches[descriptor]?.resume()
  }
}

extension PendingTransfer {
  fileprivate func fail(_ error: TransportError) { continuation.resume(throwing: error) }
}
