/// The moments at which a test can make a store fail.
package enum StoreBoundary: String, Sendable, CaseIterable {
  case open, begin, statement, commit
  /// After a commit: the data are there, the answer gets lost.
  case committed
  case checkpoint
}

/// Passed at every boundary; throws to make that call fail.
package typealias StoreFaultPoint = @Sendable (StoreBoundary) throws -> Void
