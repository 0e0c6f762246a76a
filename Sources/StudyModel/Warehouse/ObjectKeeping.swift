import FlowCore

/// Keeps the rows of slices as Parquet objects, in a folder or a bucket.
///
/// Any method may be called from any task; none blocks a worker thread.
package protocol ObjectKeeping: Service {
  /// As the flow gives it; empty if nothing is kept.
  var location: String { get }
  /// Whether objects are kept: an empty address means that they are not.
  var isOn: Bool { get }
  /// Writes an object over whatever is under its key, and returns its location, `s3://BUCKET/PREFIX/KEY` or a path; durable when it returns.
  ///
  /// Throws `ProcessorError` (`connection` while the storage is away, `disk`, `bad_data` for a key that cannot be used), or `StopRun` if the
  /// storage refuses this user.
  func put(_ object: RecordObject) async throws -> String
}

/// The rows of a slice, as an object.
package struct RecordObject: Sendable {
  /// Parts separated by `/`.
  package var key: String
  package var table: TableSchema
  package var participant: String
  /// Columns that it lacks are NULL in the object.
  package var batch: RecordBatch
  /// Of the whole file: names and values.
  package var metadata: [(key: String, value: String)]
  /// False for an answer that is not finished: it does not take the place of another one.
  package var replaces: Bool

  package init(key: String, table: TableSchema, participant: String, batch: RecordBatch, metadata: [(key: String, value: String)] = [], replaces: Bool = true) {
    self.key = key
    self.table = table
    self.participant = participant
    self.batch = batch
    self.metadata = metadata
    self.replaces = replaces
  }
}
