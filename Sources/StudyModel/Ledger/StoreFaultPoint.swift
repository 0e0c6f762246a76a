/// The points at which a test can make a store fail.
package enum StoreBoundary: String, Sendable, CaseIterable {
  case open, begin, statement, commit
  /// After a commit: the data is committed, but the caller gets an error.
  case committed
  case checkpoint
}

/// Called at every boundary; if it throws, the call fails with that error.
package typealias StoreFaultPoint = @Sendable (StoreBoundary) throws -> Void
