import Dispatch

/// Runs every job of a flow's tasks on a concurrent DispatchQueue: the worker pool, as wide as the cores.
///
/// Nothing that runs here may block: files and databases have their lanes, the network has its own queue.
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
