import Dispatch

/// Runs every job of a flow's tasks on a concurrent DispatchQueue: a worker pool as wide as the machine has cores.
///
/// Jobs must not block: files and databases have their lanes, and the network has its own queue.
package final class DispatchExecutor: TaskExecutor {
  private let queue: DispatchQueue

  package init(label: String = "flowrun.workers") {
    queue = DispatchQueue(label: label, attributes: .concurrent)
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }
}
