/// Single file: bodies given to one lane run one after the other, in the order given, never two at once.
///
/// One lane for each thing that only one may use at a time: the writer of a database, an error folder, the files of a batch.
/// A body may block (it does the I/O); it must not wait for the same lane.
package protocol Lane: Sendable {
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
}
