#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A value behind a lock: the only way in which flowrun shares mutable memory between threads.
///
/// `State` is a plain struct whose mutating methods decide and return actions; the caller performs the actions after
/// the lock is released. Never call out, log, do I/O or take a second lock inside `withLock`. The lock is not
/// recursive: re-entry deadlocks.
///
/// Unchecked because the compiler cannot see that `storage` is only accessed between lock and unlock. It uses
/// `pthread_mutex_t` instead of `Synchronization.Mutex` because ThreadSanitizer on Linux does not understand the
/// latter's futex and reports false races.
package final class Locked<State>: @unchecked Sendable {
  private var storage: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init(_ state: sending State) {
    storage = state
    // On the heap, because a mutex must not move and a stored property has no stable address.
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    let status = pthread_mutex_init(mutex, nil)
    precondition(status == 0, "pthread_mutex_init failed with \(status)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deinitialize(count: 1)
    mutex.deallocate()
  }

  /// Runs `body` with exclusive access to the state.
  package func withLock<Result>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&storage)
  }
}
