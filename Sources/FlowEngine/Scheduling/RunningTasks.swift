import FlowCore

/// The tasks that run triggers, tracked so that the second signal can cancel them.
final class RunningTasks: Sendable {
  private let registry = Locked(Registry<Task<Void, Never>>())
  private let executor: any TaskExecutor

  init(executor: any TaskExecutor) { self.executor = executor }

  func start(_ body: @escaping @Sendable () async -> Void) {
    let id = registry.withLock { $0.makeID() }
    let task = Task(executorPreference: executor) {
      await body()
      self.registry.withLock { $0.ended(id) }
    }
    // Closed meanwhile: `cancelAll` has not seen this task.
    if registry.withLock({ $0.note(id, task) }) { task.cancel() }
  }

  /// Cancels the running tasks and all that start later.
  func cancelAll() {
    for task in registry.withLock({ $0.close() }) { task.cancel() }
  }
}
