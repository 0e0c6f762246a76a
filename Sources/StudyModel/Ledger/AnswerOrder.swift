extension LedgerSlice {
  /// Whether this answer was fetched after the other. The latest sync is compared before the time of day, because the
  /// machine's clock may have been set back.
  package func isNewer(than other: LedgerSlice) -> Bool {
    guard state.isAnswered else { return false }
    if let latestSync, let otherSync = other.latestSync, latestSync != otherSync { return latestSync > otherSync }
    guard let fetchedAt, let otherFetchedAt = other.fetchedAt else { return false }
    return fetchedAt > otherFetchedAt
  }

  /// Whether the rows of a ledger tell that answers fetched later cover the whole time of this one: nothing that it says counts any more.
  /// - Parameter known: rows of the participant and data type.
  package func isStale(among known: [LedgerSlice]) -> Bool {
    window.subtracting(known.filter { $0.isNewer(than: self) }.map(\.window)).isEmpty
  }
}

extension Range<Int64> {
  /// The parts of the range that the others do not cover, in order.
  package func subtracting(_ others: [Range<Int64>]) -> [Range<Int64>] {
    var rest: [Range<Int64>] = []
    var start = lowerBound
    for other in others.sorted(by: { $0.lowerBound < $1.lowerBound }) where other.overlaps(self) {
      if other.lowerBound > start { rest.append(start..<other.lowerBound) }
      start = Swift.max(start, other.upperBound)
    }
    if start < upperBound { rest.append(start..<upperBound) }
    return rest
  }
}
