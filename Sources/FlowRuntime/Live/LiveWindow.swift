/// The updates of the last seconds, for rates that do not flicker. Plain state.
package struct LiveWindow: Sendable {
  /// A rate is the mean over this time, in seconds of the run.
  private static let length = 5.0

  package private(set) var present: LiveUpdate?
  /// The newest first.
  private var earlier: [LiveUpdate] = []

  package init() {}

  /// What rates are counted from: the oldest update of the window; nil for the first one.
  package var before: LiveUpdate? { earlier.last }

  package mutating func take(_ update: LiveUpdate) {
    if let present { earlier.insert(present, at: 0) }
    present = update
    // One that is older than the window stays, so that the mean is over the whole of it.
    if let whole = earlier.firstIndex(where: { update.elapsed - $0.elapsed >= Self.length }) { earlier.removeLast(earlier.count - whole - 1) }
  }
}
