import FlowCore

/// A single-threaded executor that stores jobs and picks the next one pseudo-randomly: equal seeds give equal orders.
///
/// Jobs run only inside `run`, on the calling thread. Nothing in the run may wait for another thread: use an
/// `InlineLane`, a `ManualTime`, and file systems and transports that return at once.
package final class ManualExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var choice: UInt64
    var jobCount = 0

    /// SplitMix64, as in `SeededRandomSource`, but separate: the run's random numbers must not depend on the number of
    /// jobs.
    mutating func takeJob() -> UnownedJob? {
      guard !jobs.isEmpty else { return nil }
      choice &+= 0x9E37_79B9_7F4A_7C15
      var mixed = choice
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      mixed ^= mixed >> 31
      jobCount += 1
      return jobs.remove(at: Int(mixed % UInt64(jobs.count)))
    }
  }

  /// Why a body cannot be run to its end.
  package struct Stuck: Error, CustomStringConvertible, Sendable {
    package var description: String
  }

  package let seed: UInt64
  package let time: ManualTime
  private let state: Locked<State>
  /// More jobs than this are considered an endless loop.
  private let jobLimit: Int

  package init(seed: UInt64 = 1, time: ManualTime = ManualTime(), jobLimit: Int = 20_000_000) {
    self.seed = seed
    self.time = time
    self.jobLimit = jobLimit
    state = Locked(State(choice: seed))
  }

  /// Number of jobs run so far.
  package var jobCount: Int { state.withLock { $0.jobCount } }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  /// Runs a body to its end and returns its result. If no job is ready, time advances to the next timer; if there is
  /// none either, throws `Stuck`.
  package func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    let outcome = Locked<Swift.Result<Result, any Error>?>(nil)
    Task(executorPreference: self) {
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
    }
    try run { outcome.withLock { $0 != nil } }
    runReadyJobs()
    guard let result = outcome.withLock({ $0 }) else { throw Stuck(description: "the body ended without a result") }
    return try result.get()
  }

  /// Runs jobs and advances time until the condition holds; it is checked before each job.
  package func run(until isMet: () -> Bool) throws {
    while !isMet() {
      if jobCount > jobLimit { throw Stuck(description: "\(jobCount) jobs and no end (seed \(seed)): a loop") }
      if runNextJob() { continue }
      if time.advanceToNextTimer() { continue }
      throw Stuck(
        description: "deadlock (seed \(seed)): no job is ready and no timer is set, but the condition is not met; monotonic \(time.monotonic)")
    }
  }

  /// Runs ready jobs without advancing time.
  package func runReadyJobs() {
    while runNextJob() {}
  }

  /// Runs one job; false if none is ready.
  @discardableResult package func runNextJob() -> Bool {
    guard let job = state.withLock({ $0.takeJob() }) else { return false }
    job.runSynchronously(on: asUnownedTaskExecutor())
    return true
  }
}
