import FlowObjects

/// Which objects are uploaded when: a few at a time, none while the storage is known to be away, each again until it is stored or the run is over.
struct UploadQueue: Sendable {
  /// At once: the round trips of small objects overlap, or share a commit of the file system, and large ones share the line.
  static let limit = 16
  /// How long nothing is tried after the storage could not be reached. Its own retries have lasted longer before that.
  static let pause: Duration = .seconds(60)

  private enum Pause {
    case until(Duration)
    /// What is refused now will be refused until a person has changed something.
    case untilClosing
    /// One object finds out whether the storage is back.
    case trial
  }

  private var waiting: [SpoolState.Segment] = []
  /// Could not be stored for a reason of their own: they do not hold up others, and are not tried again before the run closes.
  private var left: [SpoolState.Segment] = []
  /// The slots in use, each with a lane of its own.
  private var slots: Set<Int> = []
  private var pause: Pause?
  /// The run is over: each object is tried once more, until the storage turns out to be away.
  private var isClosing = false
  /// Why objects wait that could not be stored; nil once all are.
  private(set) var failure: ObjectStorageError?

  private let slotCount: Int

  /// - Parameter slotCount: how many go up at once.
  init(slotCount: Int = UploadQueue.limit) { self.slotCount = slotCount }

  var isIdle: Bool { slots.isEmpty }
  /// How many objects are not in the storage, besides those that are being uploaded.
  var waitingCount: Int { waiting.count + left.count }
  func isFree(_ slot: Int) -> Bool { !slots.contains(slot) }

  mutating func add(_ segments: [SpoolState.Segment]) { waiting += segments }

  /// The next object to upload, with its slot; nil if none is to be uploaded now.
  mutating func next(now: Duration) -> (segment: SpoolState.Segment, slot: Int)? {
    guard !waiting.isEmpty, slots.count < limit(now), let slot = (0..<slotCount).first(where: { !slots.contains($0) }) else { return nil }
    slots.insert(slot)
    return (waiting.removeFirst(), slot)
  }

  private func limit(_ now: Duration) -> Int {
    switch pause {
    case nil: slotCount
    case .trial: 1
    case .until(let end): now >= end ? 1 : 0
    case .untilClosing: 0
    }
  }

  mutating func stored(in slot: Int) {
    slots.remove(slot)
    pause = nil
    if waitingCount == 0 { failure = nil }
  }

  /// The object waits for another try.
  mutating func failed(_ segment: SpoolState.Segment, in slot: Int, _ error: ObjectStorageError, now: Duration) {
    slots.remove(slot)
    failure = error
    switch error.kind {
    case .conflict, .disk: left.append(segment)
    case .away, .denied, .invalid, .notFound:
      waiting.append(segment)
      pause = error.kind == .away && !isClosing ? .until(now + Self.pause) : .untilClosing
    }
  }

  /// The run is over: what waits is tried once more, now. Call it once.
  mutating func close() {
    isClosing = true
    waiting += left
    left = []
    if pause != nil { pause = .trial }
  }
}
