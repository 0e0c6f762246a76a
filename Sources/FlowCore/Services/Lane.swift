/// A serial queue: bodies submitted to a lane run one at a time, in order.
///
/// There is one lane for each resource with a single user: the writer of a database, an error folder, the files of a
/// batch. A body may block because it does the I/O; it must not wait for its own lane.
package protocol Lane: Sendable {
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
}
